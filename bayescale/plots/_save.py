"""save: one figure as PDF and PNG, whole or not at all."""

from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from bayescale.base.atomic import filling

_FORMATS = {
    "pdf": {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}},
    "png": {"metadata": {"Software": None}, "dpi": 300},
}


def save(figure: Figure | Axes, stem: str | Path) -> tuple[Path, Path]:
    """Write ``stem.pdf`` and ``stem.png`` (300 dpi), with the same bytes each time.

    Fonts are embedded in the PDF as TrueType. Both files are drawn first and then put in place, so an
    interruption leaves whatever was there before.

    Parameters
    ----------
    figure : Figure or Axes
        A figure, or axes in it.
    stem : str or Path
        Path without extension; its folder is made if need be.

    Returns
    -------
    tuple of Path
        The PDF and the PNG.
    """
    if str(stem).endswith((".pdf", ".png")):
        raise ValueError(f"plots.save: stem is {str(stem)!r}, wanted a path without extension: {str(stem)[:-4]!r}")
    root = figure if isinstance(figure, Figure) else figure.get_figure()
    while isinstance(root, SubFigure):
        root = root.figure
    if root is None:
        raise ValueError("plots.save: these axes are in no figure, wanted axes that were not removed; pass the figure")
    target = Path(stem)
    with filling(target.parent) as draft, matplotlib.rc_context({"pdf.fonttype": 42, "savefig.bbox": None}):
        for ending, options in _FORMATS.items():
            root.savefig(draft / f"{target.name}.{ending}", format=ending, **options)
    return Path(f"{target}.pdf"), Path(f"{target}.png")
