"""Marin's models: parameters without embeddings, from the count that is logged."""

import pandas as pd

#: Tokens of Llama 3's vocabulary; input and output embeddings are not tied.
VOCABULARY = 128256
#: Width of an attention head; every width of the suite is a multiple.
HEAD = 128


def without_embeddings(N: pd.Series) -> pd.Series:
    """Parameters without the embeddings of input and output, from the logged count N.

    A model of width w has 2 * 128256 w parameters in embeddings, 16 w^2 + 2 w + 256 in each layer (attention, a gated
    MLP of four times the width, norms), and w in a last norm. For each of the suite's models, one width gives exactly N
    with a whole number of layers.

    Raises
    ------
    ValueError
        If no width, or more than one, gives an N.
    """
    without = {}
    for count in N.unique():
        widths = [width for width in range(HEAD, 64 * HEAD + 1, HEAD) if _fits(int(count), width)]
        if len(widths) != 1:
            raise ValueError(f"N = {count} is that of {len(widths)} models of Marin's suite; give the count as logged.")
        without[count] = count - 2 * VOCABULARY * widths[0]
    return N.map(without)


def _fits(count: int, width: int) -> bool:
    """Whether a model of this width with a whole number of layers has this many parameters."""
    layers, rest = divmod(count - 2 * VOCABULARY * width - width, 16 * width**2 + 2 * width + 2 * HEAD)
    return layers > 0 and rest == 0
