"""messages: errors and warnings of the package, said on the command line."""

import re
import warnings
from contextlib import contextmanager

import click

#: Cures in Python, and the same on the command line.
CURES = (
    (r"Rename yours: runs\.rename\(columns=\{'yours': '(\w+)'\}\)", r"Name yours: --column \1=yours"),
    (r"runs\.dropna\(subset=\['(\w+)'\]\)", r"--where '\1 == \1'"),
    (r"draw more \(draws=, tune=\)", "draw more (--draws, --tune)"),
    (r"raise nuts=\{'target_accept': 0\.99\}", "raise --target-accept to 0.99"),
)
#: Warnings of other packages that are about their own future, and what our verdict says already.
NOT_OURS = ({"category": DeprecationWarning}, {"category": FutureWarning}, {"module": "arviz_stats"})


def translated(text: str) -> str:
    """A message of the package with its cures as options."""
    for python, shell in CURES:
        text = re.sub(python, shell, text)
    return text


@contextmanager
def spoken():
    """Within this, every warning is one line on stderr, said once."""
    said = set()

    def say(message, category, filename, lineno, file=None, line=None):
        text = translated(str(message))
        if text not in said:
            said.add(text)
            click.echo(f"warning: {text}", err=True)

    with warnings.catch_warnings():
        for which in NOT_OURS:
            warnings.filterwarnings("ignore", **which)
        warnings.showwarning = say
        yield
