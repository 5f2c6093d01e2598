"""Messages: errors and warnings of the package, worded for the command line."""

import re
import warnings
from contextlib import contextmanager

import click

#: Cures of errors on tables: the pattern in Python, and the same cure as an option.
CURES = (
    (r"Rename yours: runs\.rename\(columns=\{'yours': '(\w+)'\}\)", r"Name yours: --column \1=yours"),
    (r"runs\[runs\['(\w+)'\] > 0\]", r"--where '\1 > 0'"),
    (r"bayescale\.best_of\(runs, by=\([^)]*\)\)", "--best"),
    (r"columns=\{'(\w+)': '([^']*)'\}", r"--column \1='\2'"),
    (r"Give pattern=, a", "Give --pattern, a"),
    (r"given=\{'(\w+)': ([^{}]+)\}, or \{'\w+': \{'([^']*)': [^{}]*\}\}", r"--given \1=\2, or --given '\1:\3=\2'"),
    (r"given=\{'(\w+)': ([^{}]+)\}", r"--given \1=\2"),
    (r"runs\.dropna\(subset=\['(\w+)'\]\)", r"--where '\1 == \1'"),
)


def translated(text: str) -> str:
    """A message of the package, with its cures as options of the command line."""
    for python, shell in CURES:
        text = re.sub(python, shell, text)
    return text


@contextmanager
def warnings_as_lines():
    """Print every warning once, as one line on stderr, while this context is active."""
    printed = set()

    def show(message, category, filename, lineno, file=None, line=None):
        text = translated(str(message))
        if text not in printed:
            printed.add(text)
            click.echo(f"warning: {text}", err=True)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        warnings.filterwarnings("ignore", module="arviz_stats")  # the verdict has the same facts
        warnings.showwarning = show
        yield
