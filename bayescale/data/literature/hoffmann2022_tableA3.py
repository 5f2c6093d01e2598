"""Chinchilla, Table A3: compute-optimal sizes and tokens by Approaches 2 and 3."""

from dataclasses import replace

from bayescale.data.literature.hoffmann2022_table3 import DATASET as TABLE3

DATASET = replace(
    TABLE3,
    name="hoffmann2022_tableA3",
    title="Chinchilla: compute-optimal FLOP and tokens of nine model sizes, Approaches 2 and 3",
    rows=18,
    columns={"approach": ("label", "Approach 2: IsoFLOP parabolas; Approach 3: parametric loss"), **TABLE3.columns},
    source="Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, Table A3",
    notes=(
        "Estimates of a fitted frontier, not runs: there is no loss.",
        "Approach 3, 175B: the paper prints 1.26e24 FLOP, a misprint; the table has 1.26e25 (6ND).",
    ),
)
