"""The picture of the rooms of the package and their imports."""

from collections.abc import Mapping
from pathlib import Path

from tests.rooms import FLOORS, arrows

#: Width and height of a room in the picture, where the next room is one to the right and one down.
WIDE, HIGH = 1.46, 0.64
#: Colour of the lines from room to room.
LINE = "#c4c4c4"
#: How to read the picture.
READING = """A dot: the room of its row imports
the room at the foot of its column.
The number: how many modules it imports, summed over its files."""


def picture(path: Path, rooms: Mapping[str, tuple[int, int]]) -> None:
    """Draw the rooms as a staircase; a dot says that the room of its row imports the room at the foot of its column.

    Parameters
    ----------
    path : Path
        Where to write it; the suffix is the format.
    rooms : mapping
        Room -> its files and their lines, from the top to the bottom.
    """
    import matplotlib
    from matplotlib.figure import Figure

    imports = arrows()
    at = {room: (i, -i) for i, room in enumerate(rooms)}
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "house"}):
        figure = Figure(figsize=(10, 8.8), layout="constrained")
        ax = figure.add_subplot()
        ax.set_axis_off()
        ax.set_aspect("equal")
        ax.set_xlim(-1.7, len(rooms))
        for floor in set(FLOORS.values()):
            ys = [at[room][1] for room in rooms if FLOORS[room] == floor]
            ax.axhspan(min(ys) - 0.5, max(ys) + 0.5, color="#f4f4f1" if floor % 2 == 0 else "white", lw=0, zorder=0)
            ax.text(-1.2, sum(ys) / len(ys), f"floor {floor}", ha="center", va="center", color="#777777", fontsize=8)
        for room, (x, y) in at.items():
            draw_room(ax, room, (x, y), rooms[room])
            reach = [at[other][0] for importer, other in imports if importer == room]
            ax.plot([x, max(reach, default=x)], [y, y], color=LINE, lw=1, zorder=1)
            if start := [at[importer][1] for importer, other in imports if other == room]:
                arrow = {"arrowstyle": "-|>", "color": LINE, "lw": 1, "shrinkA": 0, "shrinkB": 0}
                ax.annotate("", (x, y + HIGH / 2), (x, max(start)), arrowprops=arrow, zorder=1)
        for (room, other), count in imports.items():
            place = at[other][0], at[room][1]
            ax.scatter(*place, s=110 + 20 * count, color="#0072B2", lw=0, zorder=3)
            ax.text(*place, f"{count}", ha="center", va="center", color="white", fontsize=8, zorder=4)
        ax.text(-0.7, min(y for _, y in at.values()) + 1.3, READING, va="center", fontsize=9, linespacing=1.6)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def draw_room(ax, room: str, centre: tuple[int, int], size: tuple[int, int]) -> None:
    """A box with the name of a room, the number of its files, and their lines."""
    from matplotlib.patches import Rectangle

    x, y = centre
    box = {"facecolor": "white", "edgecolor": "#333333", "lw": 1, "zorder": 2}
    ax.add_patch(Rectangle((x - WIDE / 2, y - HIGH / 2), WIDE, HIGH, **box))
    ax.text(x, y + 0.12, room, ha="center", va="center", fontsize=9.5, weight="bold", zorder=3)
    text = f"{size[0]} file{'s' * (size[0] > 1)}, {size[1]:,} lines"
    ax.text(x, y - 0.14, text, ha="center", va="center", fontsize=6.5, zorder=3)
