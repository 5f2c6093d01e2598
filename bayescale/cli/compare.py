"""``bayescale compare``: which of several laws predicts left-out runs best."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bayescale.cli import options, show

if TYPE_CHECKING:
    import xarray as xr


@click.command()
@click.argument("folders", metavar="DIR DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
def compare(folders):
    """Compare fits of the same runs by leave-one-out cross-validation (`az.compare`), best first.

    \b
    elpd, se       expected log predictive density of left-out runs, summed (higher is better); its standard error
    diff, diff se  elpd minus that of the best fit; its standard error
    p              effective number of parameters
    weight         of the law in a stacked mixture
    k > 0.7        number of runs for which the estimate is unreliable

    The last lines say which law to use, or that they tie: a difference below 2 standard errors or below 4 is a tie,
    which goes to a law with a discrepancy. How well laws extrapolate is for `bayescale backtest` or `advise`.
    """
    names = [str(folder) for folder in folders]
    _different(folders)  # before the imports, which take seconds

    import arviz as az

    from bayescale.inference.diagnostics.verdict import sentence
    from bayescale.inference.storage import load

    posts = {name: load(name) for name in names}
    for name, post in posts.items():
        absent = [group for group in ("log_likelihood", "observed_data") if group not in post.children]
        if absent:
            raise ValueError(f"The posterior in '{name}' has no group {absent}; fit again with bayescale fit.")
    _same_runs(posts)
    comparison = az.compare(posts, var_name="loss", round_to="none")
    rows = []
    for name, line in comparison.iterrows():
        k = az.loo(posts[name], pointwise=True).pareto_k  # pyright: ignore[reportAttributeAccessIssue]
        numbers = [f"{line[key]:.1f}" for key in ("elpd", "se", "elpd_diff", "dse", "p")]
        rows.append([str(name), *numbers, f"{line['weight']:.2f}", str(int((k > 0.7).sum()))])
    show.table(["DIR", "elpd", "se", "diff", "diff se", "p", "weight", "k > 0.7"], rows, fold=(0,))
    show.say()
    for name in comparison.index:
        attrs = posts[name].attrs
        show.say(f"{name}: {attrs['law']}, noise {attrs.get('noise', 'unknown')}; {sentence(posts[name])}")
    _advise(posts)
    if not all(options.converged(post) for post in posts.values()):
        click.get_current_context().exit(options.NOT_CONVERGED)


def _advise(posts: dict[str, "xr.DataTree"]) -> None:
    """Print which fit to use by leave-one-out, or that they tie."""
    import arviz as az
    import pandas as pd

    from bayescale.cli.advise import say
    from bayescale.forecasting.trust.choice import chosen

    left_out, facts = {}, {}
    for name, post in posts.items():
        elpd = az.loo(post, pointwise=True).elpd_i  # pyright: ignore[reportAttributeAccessIssue]
        left_out[name] = elpd.to_numpy().ravel()
        facts[name] = {"discrepancy": "discrepancy" in post.children, "converged": options.converged(post)}
    laws = pd.DataFrame.from_dict(facts, orient="index")
    laws = laws[laws["converged"]] if laws["converged"].any() else laws
    untested = "leave-one-out scores gaps between runs; for larger runs, use bayescale backtest or advise"
    choice = chosen(laws, left_out, untested=untested)
    say(choice.take, choice.reasons)


def _different(folders: Sequence[Path]) -> None:
    """Refuse fewer than two folders, one folder named twice, and paths where nothing is."""
    names = [str(folder) for folder in folders]
    if len(folders) < 2 or len({folder.resolve() for folder in folders}) < len(folders):
        raise ValueError(f"The folders are {names}; give two or more different ones.")
    absent = [name for name, folder in zip(names, folders, strict=True) if not folder.exists()]
    if absent:
        raise FileNotFoundError(f"There is no folder {absent}; give folders that bayescale fit has written.")


def _same_runs(posts: dict[str, "xr.DataTree"]) -> None:
    """Refuse posteriors of different runs, whose elpd cannot be compared."""
    import numpy as np

    (first, reference), *others = (
        (name, post["observed_data"].to_dataset()["loss"].values) for name, post in posts.items()
    )
    for name, loss in others:
        if loss.shape != reference.shape or not np.allclose(loss, reference, rtol=1e-9, atol=0):
            differ = "" if loss.shape != reference.shape else f" ({int((loss != reference).sum())} losses differ)"
            raise ValueError(
                f"'{first}' was fitted to {reference.size} runs, '{name}' to {loss.size}{differ}; a comparison needs "
                "the same runs in the same order. Fit both to one table, with the same --where."
            )
