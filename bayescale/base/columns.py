"""Columns: unit, label and plausible range of what a table of runs holds, and training compute as 6ND.

A law may have columns that are not listed here: `column` describes them as dimensionless, with their symbol as label.
"""

import math
from dataclasses import dataclass

#: FLOP that training spends on one parameter and one token: two forward, four backward (Kaplan et al. 2020, Sec 2.1).
FLOP_PER_PARAMETER_AND_TOKEN = 6.0


@dataclass(frozen=True)
class Column:
    """What is known of a column of runs, or of a quantity computed from them.

    Attributes
    ----------
    symbol : str, the column's name in tables, formulas and results.
    unit : str, "1" where it has none.
    label : str, what an axis or a table's head calls it, without the unit.
    size : bool, whether it measures the size of a run. The product of a law's size columns orders its runs.
    span : (float, float), where the largest value of a column plausibly lies [unit]; a value outside suggests another
        unit.
    """

    symbol: str
    unit: str = "1"
    label: str = ""
    size: bool = False
    span: tuple[float, float] = (0.0, math.inf)

    @property
    def heading(self) -> str:
        """The label with its unit: ``Training data D [tokens]``."""
        return with_unit(self.label or self.symbol, self.unit)


#: Symbol -> Column: first the columns of runs, then quantities that are computed from them.
COLUMNS = {
    known.symbol: known
    for known in (
        Column("N", "parameters", "Model size N", size=True, span=(1e3, math.inf)),
        Column("D", "tokens", "Training data D", size=True, span=(1e4, math.inf)),
        Column("C", "FLOP", "Training compute C", size=True, span=(1e9, math.inf)),
        Column("S", "parameter updates", "Training steps S", size=True),
        Column("U", "unique tokens", "Data U"),
        # 13 nats is the logarithm of a vocabulary of 400,000: the loss of guessing at random.
        Column("loss", "nats/token", "Loss", span=(0.0, 13.0)),
        Column("loss_se", "nats/token", "Standard error of the loss"),
        Column("E", "nats/token", "Irreducible loss E"),
        Column("tokens_per_param", "1", "Tokens per parameter D/N"),
        Column("slope", "1", "Slope d ln L / d ln C"),
        Column("curvature", "1", "Curvature d²ln L / d(ln C)²"),
        Column("a", "1", "Exponent a = d ln N* / d ln C"),
        Column("b", "1", "Exponent b = d ln D* / d ln C"),
        Column("reducible", "1", "Reducible share (L - E) / L"),
        Column("slope_reducible", "1", "Slope d ln(L - E) / d ln C"),
        Column("C_E", "FLOP", "Compute where L - E = E"),
    )
}


def column(symbol: str) -> Column:
    """What is known of a column; for an unknown one, unit "1" and the symbol as label."""
    return COLUMNS.get(symbol) or Column(symbol, label=symbol)


def with_unit(words: str, unit: str) -> str:
    """Words with a unit in brackets; a dimensionless quantity (unit "1" or none) has no brackets."""
    return f"{words} [{unit}]" if unit not in ("", "1") else words


def training_flop(N, D):
    """Training compute C = 6ND [FLOP] of N parameters on D tokens (Kaplan et al. 2020, Eq 2.2).

    `N` and `D` are floats or float arrays of any library; integers may overflow.
    """
    return FLOP_PER_PARAMETER_AND_TOKEN * N * D


def budget_tokens(C, N):
    """Tokens D that a budget of C = 6ND [FLOP] buys for N parameters."""
    return C / (FLOP_PER_PARAMETER_AND_TOKEN * N)


def budget_parameters(C, D):
    """Parameters N that a budget of C = 6ND [FLOP] buys for D tokens."""
    return C / (FLOP_PER_PARAMETER_AND_TOKEN * D)
