"""save: one figure as PDF and PNG."""

from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from bayescale.base.atomic import filling

#: Ending -> options of `savefig`; without dates and versions, so that the bytes are the same each time.
_FORMATS = {
    "pdf": {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}},
    "png": {"metadata": {"Software": None}, "dpi": 300},
}


def save(figure: Figure | Axes, stem: str | Path) -> tuple[Path, Path]:
    """Write ``stem.pdf`` and ``stem.png`` (300 dpi); the same figure gives the same bytes.

    Fonts are embedded in the PDF as TrueType. Existing files are replaced once both new ones are complete.

    Parameters
    ----------
    figure : Figure or Axes
        Figure, or axes of it.
    stem : str or Path
        Path without extension; its folder is made if it does not exist.

    Returns
    -------
    tuple of Path
        The PDF and the PNG.

    Raises
    ------
    ValueError
        If `stem` has the extension already, or the axes belong to no figure.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> [path.name for path in bs.plots.save(bs.plots.prior_posterior(post, "E"), "figures/entropy")]
    ['entropy.pdf', 'entropy.png']
    """
    if str(stem).endswith((".pdf", ".png")):
        raise ValueError(f"plots.save: stem is {str(stem)!r}, wanted a path without extension: {str(stem)[:-4]!r}")
    root = figure if isinstance(figure, Figure) else figure.get_figure()
    while isinstance(root, SubFigure):
        root = root.figure
    if root is None:
        raise ValueError("plots.save: these axes belong to no figure (were they removed?); pass the figure")
    target = Path(stem)
    with filling(target.parent) as draft, matplotlib.rc_context({"pdf.fonttype": 42, "savefig.bbox": None}):
        for ending, options in _FORMATS.items():
            root.savefig(draft / f"{target.name}.{ending}", format=ending, **options)
    return Path(f"{target}.pdf"), Path(f"{target}.png")
