"""Rounds: in which order the steps of a tape are worked out for one point, in loops over the runs.

Numbers, then a loop over the runs that adds up sums, then the numbers that need the sums; and so on, until no sum needs
another. Elementary functions of runs end a loop too: one that waits for another in the same loop keeps the processor
from working on the next runs meanwhile. What is dear is kept for later loops.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bayescale.autodiff.tape import Node

#: Steps that end a loop over the runs.
ENDS = ("sum", "scatter", "project")
#: Steps that a loop over the runs takes from `bayescale.autodiff.simd_math`.
IN_LOOP = ("exp", "log", "log1p", "expm1", "tanh", "power")
#: Steps of runs whose values are kept where a later loop needs them; others are worked out anew, from these,
DEAR = (*IN_LOOP, "spread", "lgamma", "erf")
#: unless that takes more steps than this.
LONG = 12


@dataclass
class Loop:
    """A loop over the runs.

    Attributes
    ----------
    sums : what it adds up.
    steps : what it works out of each run, in this order.
    given : steps that an earlier loop has kept.
    kept : steps, of its own, that it keeps for later ones.
    """

    sums: list[Node]
    steps: list[Node] = field(default_factory=list)
    given: list[Node] = field(default_factory=list)
    kept: list[Node] = field(default_factory=list)


def rounds(steps: Sequence[Node]) -> dict[int, int]:
    """The round in which each step can be worked out: a sum ends one, and an elementary function of runs."""
    found: dict[int, int] = {}
    for node in steps:
        found[node.at] = max((found.get(a.at, 0) + _ends(a) for a in node.inputs), default=0)
    return found


def _ends(node: Node) -> bool:
    """Whether later steps wait for the end of the loop that works a step out."""
    return node.op in ENDS or (node.op in IN_LOOP and node.per_run and node.free)


def _kept(steps: Sequence[Node]) -> set[int]:
    """Steps of runs that are kept where a later loop needs them: from these, no other is far."""
    found: set[int] = set()
    for last in (node for node in steps if node.per_run):
        todo, seen = [last], set()
        while todo and len(seen) <= LONG:
            node = todo.pop()
            if node.at not in seen and node.at not in found and node.per_run and node.free:
                seen.add(node.at)
                todo += node.inputs
        if last.op in DEAR or len(seen) > LONG:
            found.add(last.at)
    return found


def loops(steps: Sequence[Node], round_of: Mapping[int, int]) -> dict[int, Loop]:
    """The loop of each round that has one, by round."""
    found: dict[int, Loop] = {}
    kept = _kept(steps)
    waited: dict[int, list[Node]] = {}
    for node in filter(_ends, steps):
        loop = found.setdefault(round_of[node.at], Loop([]))
        (loop.sums if node.op in ENDS else waited.setdefault(round_of[node.at], [])).append(node)
    home: dict[int, Loop] = {}  # of each step of a run, the first loop that works it out
    for k, loop in sorted(found.items()):
        todo, seen = [*waited.get(k, []), *(a for n in loop.sums for a in n.inputs)], set()
        while todo:
            node = todo.pop()
            if node.at in seen or node.at not in round_of or not node.per_run:
                continue
            seen.add(node.at)
            if node.at in home and node.at in kept:
                loop.given.append(node)
            else:
                loop.steps.append(node)
                todo += node.inputs
        for nodes in (loop.steps, loop.given):
            nodes.sort(key=lambda node: node.at)
        for node in loop.given:
            if node not in home[node.at].kept:
                home[node.at].kept.append(node)
        home |= {n.at: loop for n in loop.steps if n.at not in home}
    return found
