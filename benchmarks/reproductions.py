"""Reproductions: every paper's claims, their verdicts, the report and its figures."""

import importlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks import claims as rules
from benchmarks.claims import Claim
from benchmarks.evidence import figures, opening
from benchmarks.store import Store
from benchmarks.table import table
from benchmarks.table import write as write_sections

#: Ticks of an axis of ratios that spans more than a factor of three.
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
#: What the page says of what the command keeps.
NOTE = (
    "The command keeps its posteriors in the user's cache folder, and writes the page from them when it runs again. "
    "They are not in the repository, because they belong to published tables."
)
HEAD = ["quantity", "published", "here: median, 90 %", "verdict", "where", "tag"]


@dataclass(frozen=True)
class Paper:
    """A paper's claims, judged.

    Attributes
    ----------
    fits : what was fitted -> its verdict (R-hat, ESS, divergences).
    beside : further text for the report, in Markdown.
    """

    name: str
    source: str
    claims: Sequence[Claim]
    fits: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    beside: str = ""

    @property
    def verdicts(self) -> list[str]:
        """The verdict of each claim."""
        return [rules.verdict(claim) for claim in self.claims]

    @property
    def unexpected(self) -> list[Claim]:
        """Claims whose verdict is not the expected one."""
        return rules.unexpected(self.claims)


def reproduce(names: Sequence[str], quick: bool, refit: bool, say: Callable[[str], object]) -> list[Paper]:
    """Judge the claims of the papers, and print them."""
    papers = []
    store = Store(quick, refit)
    for name in names:
        began = time.perf_counter()
        store.verdicts = {}
        module = importlib.import_module(f"benchmarks.papers.{name}")
        claims, beside = module.claims(store), getattr(module, "beside", lambda store: "")(store)
        paper = Paper(name, module.SOURCE, claims, dict(store.verdicts), time.perf_counter() - began, beside)
        papers.append(paper)
        say(f"\n{paper.source} ({paper.seconds:.0f} s)")
        for claim, verdict in zip(paper.claims, paper.verdicts, strict=True):
            mark = " " if verdict == claim.expect else "!"
            say(f"{mark} {claim.quantity} | {rules.printed(claim)} | {rules.summary(claim)} | {verdict}")
        for fit, verdict in paper.fits.items():
            say(f"    {fit}: {verdict}")
    count = Counter(verdict for paper in papers for verdict in paper.verdicts)
    say(f"\n{sum(count.values())} claims of {len(papers)} papers: " + ", ".join(f"{n} {v}" for v, n in count.items()))
    return papers


def first(counts: Mapping[str, Mapping[str, int]], measured: str) -> list[str]:
    """The opening of the page, from paper -> verdict -> number of claims."""
    kinds = [kind for kind in rules.VERDICTS if any(kind in each for each in counts.values())]
    total = {kind: sum(each.get(kind, 0) for each in counts.values()) for kind in kinds}
    most = max(counts, key=lambda name: counts[name].get("disagrees", 0))
    conclusion = [
        f"Of {sum(total.values())} printed results of {len(counts)} papers, {total.get('agrees', 0)} agree with the "
        f"posterior of the same quantity on the published runs, and {total.get('disagrees', 0)} disagree.",
        f"The paper with most disagreements is {most} ({counts[most].get('disagrees', 0)} of "
        f"{sum(counts[most].values())} claims).",
        "A claim that disagrees does not show that the paper is wrong: the note below its table gives the reason, "
        "where it is known.",
    ]
    rows = [[name, *(str(each.get(kind, 0)) for kind in kinds)] for name, each in counts.items()]
    return opening(conclusion, table(["paper", *kinds], rows), "python -m benchmarks -o PAGE", measured, NOTE)


def about() -> str:
    """How claims are judged, for the page."""
    rule = " ".join((rules.verdict.__doc__ or "").strip().split("\n\n", 1)[1].split())
    tags = "\n".join(f"- {tag}: {words}" for tag, words in rules.TAGS.items())
    return (
        "## How claims are judged\n\nFits have Student-t noise, default priors and NUTS; many curves at once are "
        f"fitted by Laplace's method where it is accepted.\n\nThe rule of the verdict: {rule}\n\n"
        f"Tags say how far a printed number was traced:\n\n{tags}\n\nFigures show ours over the published value, "
        "with 50 and 90 % intervals; the published interval is grey. Expected verdicts are written in the code of each "
        "paper, so the command is a regression test."
    )


def write(path: Path, papers: Sequence[Paper], measured: str = "") -> None:
    """The report, and a figure for each paper in the folder ``figures/papers`` of the pages."""
    folder = figures(path) / "papers"
    folder.mkdir(parents=True, exist_ok=True)
    sections = [*first({paper.name: Counter(paper.verdicts) for paper in papers}, measured), about()]
    for paper in papers:
        picture(paper, folder / f"{paper.name}.png")
        rows = [
            [c.quantity, rules.printed(c), rules.summary(c), verdict, c.where, c.tag]
            for c, verdict in zip(paper.claims, paper.verdicts, strict=True)
        ]
        notes = [f"- {claim.quantity}: {claim.note}" for claim in paper.claims if claim.note]
        fits = [f"- `{name}`: {verdict}" for name, verdict in paper.fits.items()]
        sections += [
            f"## {paper.name}\n\n{paper.source}",
            table(HEAD, rows, left=6),
            "\n".join(notes),
            paper.beside,
            ("Fits\n\n" + "\n".join(fits)) if fits else "",
            f"![{paper.name}: here over published](../figures/papers/{paper.name}.png)",
        ]
    write_sections(path, "Reproductions of published results", sections)


def picture(paper: Paper, path: Path) -> None:
    """Ours over the published value, a row for each claim: 50 and 90 % intervals; the published interval in grey."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    shown = [(c, v) for c, v in zip(paper.claims, paper.verdicts, strict=True) if c.here is not None and c.value]
    figure = Figure(figsize=(7.0, 0.6 + 0.24 * len(shown)), layout="constrained")
    ax = figure.subplots()
    colours = {"agrees": "#0072B2", "disagrees": "#D55E00", "published interval too narrow": "#CC79A7"}
    ends = [0.9, 1.1]
    for row, (claim, verdict) in enumerate(shown):
        ratio = np.ravel(np.asarray(claim.here, dtype=float)) / claim.value
        low, lower, middle, upper, high = np.quantile(ratio, [0.05, 0.25, 0.5, 0.75, 0.95])
        if claim.interval:
            ax.barh(
                row,
                np.ptp(claim.interval) / abs(claim.value),
                left=min(np.divide(claim.interval, claim.value)),
                height=0.7,
                color="0.85",
            )
        ax.plot([low, high], [row, row], color=colours[verdict], linewidth=1)
        ax.plot([lower, upper], [row, row], color=colours[verdict], linewidth=2.6)
        ax.plot(middle, row, "o", color=colours[verdict], markersize=3.5)
        ends += [low, high]
    ax.axvline(1.0, color="0.4", linewidth=0.8)
    if min(ends) > 0 and max(ends) > 3.0:
        ax.set_xscale("log")
        ticks = [tick for tick in TICKS if min(ends) <= tick <= max(ends)]
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.xaxis.set_minor_locator(NullLocator())
    ax.margins(x=0.03)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.set_yticks(range(len(shown)), [_short(claim.quantity) for claim, _ in shown], fontsize=7)
    ax.tick_params(axis="x", labelsize=7)
    ax.set_xlabel("here / published", fontsize=7)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    figure.savefig(path, dpi=110)


def _short(text: str) -> str:
    return text if len(text) <= 64 else text[:62] + " …"
