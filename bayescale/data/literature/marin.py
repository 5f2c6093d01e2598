"""Marin's models: parameters without embeddings, from the count that is logged."""

import pandas as pd

#: Tokens of Llama 3; embeddings of input and output are not tied.
VOCABULARY = 128256
#: Widths of the suite are multiples of this, which is the width of a head, too.
HEAD = 128


def without_embeddings(N: pd.Series) -> pd.Series:
    """N without the embeddings of input and output.

    A model of width w and L layers has 2 * 128256 w of embeddings, 16 w^2 + 2 w + 256 a layer (attention, a gated MLP
    of four times the width, norms) and a last norm of w. That is N to the last digit for each of the suite's models,
    for one width alone.

    Raises
    ------
    ValueError
        If an N is that of no model, or of several.
    """
    left = {}
    for count in N.unique():
        widths = [width for width in range(HEAD, 64 * HEAD + 1, HEAD) if _is(int(count), width)]
        if len(widths) != 1:
            raise ValueError(f"N = {count} is that of {len(widths)} models of Marin's suite; wanted the logged count.")
        left[count] = count - 2 * VOCABULARY * widths[0]
    return N.map(left)


def _is(count: int, width: int) -> bool:
    layers, rest = divmod(count - 2 * VOCABULARY * width - width, 16 * width**2 + 2 * width + 2 * HEAD)
    return layers > 0 and rest == 0
