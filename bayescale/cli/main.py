"""The command ``bayescale``. Commands import what they need when they run, so that help is quick."""

import click

from bayescale.cli import advise, backtest, compare, data, fit, forecast, report
from bayescale.cli.decisions import design, multiplier, score
from bayescale.cli.frontiers import bend, frontier, isoflop, reach
from bayescale.cli.messages import warnings_as_lines


class Tidy(click.Group):
    """A group that prints errors and warnings as single lines, without traceback, file and line number."""

    def invoke(self, ctx: click.Context):
        """Run the command; an error that the user can mend ends it with exit status 2."""
        with warnings_as_lines():
            try:
                return super().invoke(ctx)
            except (BrokenPipeError, click.exceptions.Exit, click.Abort):
                raise
            except (ValueError, TypeError, OSError, RuntimeError, MemoryError, ImportError) as error:
                from bayescale.cli.messages import translated

                text = str(error) or type(error).__name__
                if isinstance(error, RuntimeError):  # a sampler's may continue with its stack
                    text = text.strip().splitlines()[0]
                click.echo(f"error: {translated(text)}", err=True)
                ctx.exit(2)


@click.group(cls=Tidy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(None, "--version", package_name="bayescale")
def main():
    """Bayesian inference for neural scaling laws.

    \b
    bayescale fit sweep.csv --law chinchilla -o sweep
    bayescale forecast sweep --N 70e9 --D 1.4e12
    bayescale frontier sweep --C 1e22 --C 1e24

    Units: N in parameters, D in tokens, C in FLOP, loss in nats/token. Exit status: 0 done; 2 not done, for the reason
    printed; 3 done, but a posterior has not converged.
    """


for command in (
    fit.fit,
    forecast.forecast,
    frontier.frontier,
    bend.curvature,
    bend.entropy,
    reach.reach,
    isoflop.isoflop,
    multiplier.multiplier,
    design.design,
    score.score,
    advise.advise,
    backtest.backtest,
    compare.compare,
    report.show_words,
    report.report,
    data.data,
):
    main.add_command(command)
