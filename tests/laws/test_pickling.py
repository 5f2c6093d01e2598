"""Every law pickles, to an equal law that computes the same numbers."""

import pickle
import subprocess
import sys
from dataclasses import replace

import cloudpickle
import numpy as np
import pytest

from bayescale import laws
from bayescale.laws.busbridge2025 import generalised_D
from bayescale.laws.caballero2022 import broken
from bayescale.laws.henighan2020 import L_N
from bayescale.modelling.formula import signature

MADE = {
    "renamed": L_N.rename("mine.L_C", N="C"),
    "renamed twice": L_N.rename("mine.L_C", N="C").rename("mine.L_D", C="D"),
    "with a discrepancy": generalised_D.rename("mine.L_U", D="U"),
    "three breaks": broken("D", 3, "mine.broken"),
    "three breaks, renamed": broken("D", 3, "mine.broken").rename("mine.other", D="S"),
}
EVERY = {**laws.names(), **MADE}


def values(law):
    """The formula and the derived quantities of a law at made-up arguments."""
    parts = [signature(function) for function in (law.formula, *law.derived.values())]
    names = sorted({name for part in parts for name in (*part.columns, *part.reference, *part.parameters)})
    given = dict(zip(names, np.linspace(0.2, 0.9, len(names)), strict=True))
    functions = {"formula": law.formula, **law.derived}
    return {
        key: function(*(given[n] for n in order(function)), **{n: given[n] for n in part.parameters})
        for (key, function), part in zip(functions.items(), parts, strict=True)
    }


def order(function):
    """Positional arguments of a formula, in their order."""
    from inspect import signature as of

    return [p.name for p in of(function).parameters.values() if p.kind is not p.KEYWORD_ONLY]


@pytest.mark.parametrize("packer", [pickle, cloudpickle], ids=lambda packer: packer.__name__)
@pytest.mark.parametrize("law", EVERY.values(), ids=EVERY)
def test_a_law_comes_back_equal(law, packer):
    back = pickle.loads(packer.dumps(law))
    assert back == law and hash(back) == hash(law)
    assert str(back) == str(law)
    assert back.formula.__name__ == law.formula.__name__ and signature(back.formula) == signature(law.formula)
    assert values(back) == values(law)


def test_equal_renamings_are_equal_and_others_are_not():
    assert L_N.rename("mine.L_C", N="C") == MADE["renamed"] != L_N.rename("mine.L_C", N="D")
    assert broken("D", 3, "mine.broken") == MADE["three breaks"] != broken("D", 2, "mine.broken")
    assert len({L_N.rename("mine.L_C", N="C").formula, MADE["renamed"].formula}) == 1
    assert replace(MADE["renamed"], name="another") != MADE["renamed"]


def test_laws_come_back_in_a_new_process(tmp_path):
    path = tmp_path / "laws.pickle"
    path.write_bytes(pickle.dumps(EVERY))
    code = "import pickle, sys; print(*map(str, pickle.load(open(sys.argv[1], 'rb')).values()), sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == "".join(f"{law}\n" for law in EVERY.values())


def test_a_law_of_a_users_file_travels_by_cloudpickle(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from bayescale import Law, Prior\n"
        "def formula(N, N0, *, E):\n    return E * N / N0\n"
        "law = Law(formula, {'E': Prior('Uniform', lower=0, upper=1)}, name='mine.law')\n"
        "other = law.rename('mine.other', N='D')\n"
    )
    packed = tmp_path / "packed"
    code = "import pickle, sys; law = pickle.load(open(sys.argv[1], 'rb')); print(law, law.formula(6.0, 2.0, E=3.0))"
    for name in ("law", "other"):
        law = laws.find(f"{path}:{name}")
        packed.write_bytes(cloudpickle.dumps(law))
        done = subprocess.run([sys.executable, "-c", code, str(packed)], capture_output=True, text=True, check=True)
        assert done.stdout.startswith(f"mine.{name}\n") and done.stdout.endswith(" 9.0\n")
    assert done.stdout == f"{law} 9.0\n"  # a renamed formula brings its text; another has none without its file
