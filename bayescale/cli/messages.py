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
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        warnings.filterwarnings("ignore", module="arviz_stats")  # the verdict says it
        warnings.showwarning = say
        yield


@contextmanager
def kept(category: type[Warning], into: list):
    """Within this, warnings of `category` are put into a list instead of being said; the others are said."""
    say = warnings.showwarning

    def keep(message, of, filename, lineno, file=None, line=None):
        if issubclass(of, category):
            into.append(warnings.WarningMessage(message, of, filename, lineno))
        else:
            say(message, of, filename, lineno, file, line)

    warnings.showwarning = keep
    try:
        yield
    finally:
        warnings.showwarning = say
