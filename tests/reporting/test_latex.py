"""What is written for papers compiles, where LaTeX is installed."""

import shutil
import subprocess

import pytest

import bayescale as bs

HEAD = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{amsmath,booktabs,natbib}
\begin{document}
"""


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex (Debian: texlive-latex-recommended)")
def test_everything_compiles_and_every_citation_is_found(post, tmp_path):
    laws = [bs.equation(law) for law in bs.laws.names().values()]
    parts = [bs.methods(post, form="latex"), bs.table(post), bs.equation(post), *laws]
    end = "\\bibliographystyle{plainnat}\n\\bibliography{all}\n\\end{document}\n"
    (tmp_path / "paper.tex").write_text(HEAD + "\n\n".join(parts) + end, encoding="utf-8")
    (tmp_path / "all.bib").write_text(bs.cite(post), encoding="utf-8")
    latex = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper"]
    for command in (latex, ["bibtex", "paper"], latex, latex):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
        assert done.returncode == 0, done.stdout[-2000:]
        assert "Warning--" not in done.stdout, done.stdout
    assert "undefined" not in done.stdout and (tmp_path / "paper.pdf").stat().st_size > 10_000
