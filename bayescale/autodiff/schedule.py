"""Schedule: the order in which the steps of a tape are evaluated at one point, in loops over the runs.

Each round evaluates the scalars that can be computed, then accumulates sums in one loop over the runs. Later rounds use
those sums. An elementary function of a run's value also ends a round: two dependent elementary functions in one loop
would stop the processor from working on several runs at once. Expensive values are stored for later loops; cheap values
are recomputed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bayescale.autodiff.node import Node

#: Steps that reduce over the runs; each ends a loop.
REDUCTIONS = ("sum", "scatter", "project")
#: Steps that loops over the runs take from `bayescale.autodiff.simd_math`.
ELEMENTARY = ("exp", "log", "log1p", "expm1", "tanh", "power")
#: Steps of runs whose values are stored if a later loop needs them.
EXPENSIVE = (*ELEMENTARY, "spread", "lgamma", "erf")
#: Any other step is stored too if recomputing it from stored values takes more steps than this.
MAX_RECOMPUTED = 12


@dataclass
class Loop:
    """A loop over the runs.

    Attributes
    ----------
    reductions : the sums that it accumulates.
    steps : what it computes for each run, in order.
    loaded : steps that an earlier loop has stored.
    stored : those of its own steps that it stores for later loops.
    """

    reductions: list[Node]
    steps: list[Node] = field(default_factory=list)
    loaded: list[Node] = field(default_factory=list)
    stored: list[Node] = field(default_factory=list)


def rounds(steps: Sequence[Node]) -> dict[int, int]:
    """The round in which each step can be evaluated, by the step's index."""
    round_of: dict[int, int] = {}
    for node in steps:
        round_of[node.index] = max((round_of.get(a.index, 0) + _ends_a_round(a) for a in node.inputs), default=0)
    return round_of


def _ends_a_round(node: Node) -> bool:
    """Whether steps that depend on this one wait for the next round."""
    return node.op in REDUCTIONS or (node.op in ELEMENTARY and node.per_run and node.free)


def _worth_storing(steps: Sequence[Node]) -> set[int]:
    """Steps of runs that are stored if a later loop needs them; all others are cheap to recompute from these."""
    stored: set[int] = set()
    for last in (node for node in steps if node.per_run):
        pending, seen = [last], set()
        while pending and len(seen) <= MAX_RECOMPUTED:
            node = pending.pop()
            if node.index not in seen and node.index not in stored and node.per_run and node.free:
                seen.add(node.index)
                pending += node.inputs
        if last.op in EXPENSIVE or len(seen) > MAX_RECOMPUTED:
            stored.add(last.index)
    return stored


def loops(steps: Sequence[Node], round_of: Mapping[int, int]) -> dict[int, Loop]:
    """The loop of each round that has one, by round."""
    planned: dict[int, Loop] = {}
    worth_storing = _worth_storing(steps)
    elementary: dict[int, list[Node]] = {}
    for node in filter(_ends_a_round, steps):
        k = round_of[node.index]
        loop = planned.setdefault(k, Loop([]))
        (loop.reductions if node.op in REDUCTIONS else elementary.setdefault(k, [])).append(node)
    home: dict[int, Loop] = {}  # of each step of a run, the first loop that computes it
    for k, loop in sorted(planned.items()):
        pending, seen = [*elementary.get(k, []), *(a for n in loop.reductions for a in n.inputs)], set()
        while pending:
            node = pending.pop()
            if node.index in seen or node.index not in round_of or not node.per_run:
                continue
            seen.add(node.index)
            if node.index in home and node.index in worth_storing:
                loop.loaded.append(node)
            else:
                loop.steps.append(node)
                pending += node.inputs
        for nodes in (loop.steps, loop.loaded):
            nodes.sort(key=lambda node: node.index)
        for node in loop.loaded:
            if node not in home[node.index].stored:
                home[node.index].stored.append(node)
        home |= {n.index: loop for n in loop.steps if n.index not in home}
    return planned
