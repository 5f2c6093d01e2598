"""SVG: a matplotlib figure as an element of the page, and where its data lie on it."""

import io
import re
from html import escape

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

#: Dots per inch at which matplotlib writes SVG: one unit is a point.
DPI = 72


def inline(figure: Figure, name: str, title: str, overlay: str = "") -> str:
    """A figure as an ``<svg>`` that scales with the page.

    Parameters
    ----------
    figure : Figure
    name : str, prefix of all ids, so that those of several figures differ.
    title : str, what the figure shows, for those who cannot see it.
    overlay : str, elements on top of the figure, in its coordinates (`places`).
    """
    file = io.StringIO()
    figure.set_dpi(DPI)
    with rc_context({"svg.fonttype": "path", "svg.hashsalt": name}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = file.getvalue()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    head, _, rest = text.partition(">")
    box = re.search(r'viewBox="([^"]+)"', head)
    view = box[1] if box else f"0 0 {figure.get_figwidth() * DPI} {figure.get_figheight() * DPI}"
    body = rest.removesuffix("</svg>")
    start = f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{view}" role="img" aria-label="{escape(title)}">'
    return f"{start}{body}{overlay}</svg>"


def places(ax: Axes, x, y) -> tuple[np.ndarray, np.ndarray]:
    """Where data lie in the SVG of a figure that `inline` has written once: x and y [points], y downwards."""
    figure = ax.get_figure(root=True)
    height = figure.get_figheight() * figure.dpi if figure is not None else 0.0
    points = ax.transData.transform(np.column_stack([np.asarray(x, dtype=float), np.asarray(y, dtype=float)]))
    return points[:, 0], height - points[:, 1]
