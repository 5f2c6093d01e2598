"""The page of thirteen decades: what the picture shows, and how the forecasts came out."""

from pathlib import Path

from benchmarks.evidence import opening
from benchmarks.frontier.decades import PANELS, forecasts
from benchmarks.table import table, write

#: What the picture leaves out, and why.
LEFT_OUT = """
## What is not in the picture

- **GPT-4.** The report (arXiv:2303.08774) says that its loss was forecast from runs of at most 1/10,000 of its compute.
  It publishes no loss, no constant and no compute, so there is no point. The axis ends at 1e26 FLOP to leave room for
  models of that size.
- **Kaplan's runs.** The paper publishes fits, no table of runs. The panel has its line L = (C_c/C)^0.050 (Eq 1.3). The
  solid part spans the sizes of its models, from 1e12 to 3e20 FLOP without embeddings.
- **Chinchilla and Gopher.** Their training losses are not published. The line in their panel is Hoffmann's own fit
  (Eq 10) up to Gopher's budget.
- **Pythia, GPT-J and GPT-NeoX.** They count tokens by another vocabulary than Cerebras-GPT, and the published tables
  have no bytes per token. Without those, their losses cannot be put into bits per byte and set next to Cerebras-GPT's.
  For the same reason no panel is in bits per byte: each has one tokenizer.

## What may be read from it

- Compare within a panel, not between panels: corpora, test sets and tokenizers differ.
- Bands are for the median loss of the compute-optimal run, with discrepancy, without the noise of a single run. For
  GPT-3 and Cerebras-GPT the law is in C alone. GPT-3's models all saw 300 billion tokens, so the band there continues
  that family, and is no compute-optimal frontier.
- Points read off a figure have the error of the reading: about 0.01 nats for MassiveText, 0.003 to 0.01 for GPT-3.
- C counts no embeddings for WebText2 and in the line of GPT-3. It is the authors' count of all FLOP for Cerebras-GPT,
  and 6ND elsewhere.
- RedPajama's 1.4B model with 640 tokens per parameter is left out: it is larger than the fitted runs and far from
  compute-optimal.
- The choice of corpora was made after seeing some bands: RefinedWeb (Porian et al. 2024) was drawn first, and replaced
  by RedPajama because its band spans two decades of loss at 1e26 FLOP.
- No band is narrow at 1e26 FLOP. The runs of none of these papers determine the loss there.
"""


def page(path: Path, bands: dict[str, dict], command: str, measured: str) -> None:
    """Write the page.

    Parameters
    ----------
    path : Path of the page.
    bands : panel -> band, as of `benchmarks.frontier.decades.measure`.
    command, measured : str, what wrote the page, and when the bands were fitted.
    """
    rows, inside = [], []
    for name, record in bands.items():
        for _, run in forecasts(name, record).iterrows():
            hit = run["0.05"] <= run["loss"] <= run["0.95"]
            inside.append(hit)
            numbers = [f"{run['loss']:.3f}", f"{run['0.5']:.3f}", f"{run['0.05']:.3f} to {run['0.95']:.3f}"]
            times = run["C"] / record["largest"]
            words = [PANELS[name].corpus, PANELS[name].source, f"{run['C']:.2g}", f"{times:.3g}"]
            rows.append([*words, *numbers, "yes" if hit else "no"])
    head = ["corpus", "runs", "C [FLOP]", "times the largest fitted", "loss", "forecast", "90 %", "inside"]
    first = (
        f"On five corpora, {sum(inside)} of {len(inside)} published runs that were not fitted lie inside the 90 % band "
        "that the default law draws from the smaller runs of the same paper."
    )
    second = "The bands leave out the noise of a single run, and runs of one panel share their errors."
    sections = opening([first, second], table(head, rows, left=2), command, measured)
    sections.append("![Loss against compute on six corpora](../figures/decades.png)")
    sections.append(LEFT_OUT.strip())
    fits = [[PANELS[n].corpus, r["law"], str(r["runs"]), f"{r['largest']:.2g}", r["verdict"]] for n, r in bands.items()]
    sections.append("## The fits")
    sections.append(table(["corpus", "law", "runs", "largest C [FLOP]", "verdict"], fits, left=2))
    write(path, "Loss over thirteen decades of compute", sections)
