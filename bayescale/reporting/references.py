"""References: BibTeX entries of the laws' papers, of the methods and of the packages that a posterior depends on."""

import re

#: arXiv number -> data set whose record has the entry of that paper.
RECORDS = {
    "2001.08361": "kaplan2020_constants",
    "2010.14701": "henighan2020_table1",
    "2202.01169": "clark2022",
    "2203.15556": "hoffmann2022_table3",
    "2209.06640": "alabdulmohsin2022",
    "2305.16264": "muennighoff2023",
    "2403.08540": "gadre2024",
}
#: arXiv number -> entry, for papers without a data set here.
PAPERS = {
    "1905.10843": """@misc{spigler2019,
  title = {Asymptotic learning curves of kernel methods: empirical data versus {T}eacher-{S}tudent paradigm},
  author = {Spigler, Stefano and Geiger, Mario and Wyart, Matthieu},
  year = {2019},
  eprint = {1905.10843},
  archivePrefix = {arXiv},
}""",
    "2004.10802": """@misc{sharma2020,
  title = {A Neural Scaling Law from the Dimension of the Data Manifold},
  author = {Sharma, Utkarsh and Kaplan, Jared},
  year = {2020},
  eprint = {2004.10802},
  archivePrefix = {arXiv},
}""",
    "2102.04074": """@misc{hutter2021,
  title = {Learning Curve Theory},
  author = {Hutter, Marcus},
  year = {2021},
  eprint = {2102.04074},
  archivePrefix = {arXiv},
}""",
    "2102.06701": """@misc{bahri2021,
  title = {Explaining Neural Scaling Laws},
  author = {Bahri, Yasaman and Dyer, Ethan and Kaplan, Jared and Lee, Jaehoon and Sharma, Utkarsh},
  year = {2021},
  eprint = {2102.06701},
  archivePrefix = {arXiv},
}""",
    "2210.14891": """@misc{caballero2022,
  title = {Broken Neural Scaling Laws},
  author = {Caballero, Ethan and Gupta, Kshitij and Rish, Irina and Krueger, David},
  year = {2022},
  eprint = {2210.14891},
  archivePrefix = {arXiv},
}""",
    "2303.13506": """@misc{michaud2023,
  title = {The Quantization Model of Neural Scaling},
  author = {Michaud, Eric J. and Liu, Ziming and Girit, Uzay and Tegmark, Max},
  year = {2023},
  eprint = {2303.13506},
  archivePrefix = {arXiv},
}""",
    "2403.16952": """@misc{ye2024,
  title = {Data Mixing Laws: Optimizing Data Mixtures by Predicting Language Modeling Performance},
  author = {Ye, Jiasheng and Liu, Peiju and Sun, Tianxiang and Zhan, Jun and Zhou, Yunhua and Qiu, Xipeng},
  year = {2024},
  eprint = {2403.16952},
  archivePrefix = {arXiv},
}""",
    "2502.03009": """@misc{liew2025,
  title = {Scaling Laws for Upcycling Mixture-of-Experts Language Models},
  author = {Liew, Seng Pei and Kato, Takuya and Takase, Sho},
  year = {2025},
  eprint = {2502.03009},
  archivePrefix = {arXiv},
}""",
    "2505.10475": """@misc{chen2025,
  title = {Parallel Scaling Law for Language Models},
  author = {Chen, Mouxiang and Hui, Binyuan and Cui, Zeyu and Yang, Jiaxi and Liu, Dayiheng and Sun, Jianling and
            Lin, Junyang and Liu, Zhongxin},
  year = {2025},
  eprint = {2505.10475},
  archivePrefix = {arXiv},
}""",
    "2502.08606": """@misc{busbridge2025,
  title = {Distillation Scaling Laws},
  author = {Busbridge, Dan and Shidani, Amitis and Weers, Floris and Ramapuram, Jason and Littwin, Etai and
            Webb, Russ},
  year = {2025},
  eprint = {2502.08606},
  archivePrefix = {arXiv},
}""",
    "2506.10972": """@misc{farseer2025,
  title = {Predictable Scale: Part {II}, {Farseer}: A Refined Scaling Law in Large Language Models},
  author = {Li, Houyi and Zheng, Wenzhen and Wang, Qiufeng and others},
  year = {2025},
  eprint = {2506.10972},
  archivePrefix = {arXiv},
}""",
}
#: Packages and methods -> entry.
TOOLS = {
    "bayescale": """@misc{bayescale,
  title = {bayescale: {B}ayesian inference for neural scaling laws},
  author = {{The bayescale developers}},
  year = {YEAR},
  note = {Python package, version VERSION},
  url = {https://github.com/bayescale/bayescale},
}""",
    "pymc": """@article{pymc2023,
  title = {{PyMC}: a modern, and comprehensive probabilistic programming framework in {Python}},
  author = {Abril-Pla, Oriol and Andreani, Virgile and Carroll, Colin and Dong, Larry and Fonnesbeck, Christopher J. and
            Kochurov, Maxim and Kumar, Ravin and Lao, Junpeng and Luhmann, Christian C. and Martin, Osvaldo A. and
            Osthege, Michael and Vieira, Ricardo and Wiecki, Thomas and Zinkov, Robert},
  journal = {PeerJ Computer Science},
  volume = {9},
  pages = {e1516},
  year = {2023},
  doi = {10.7717/peerj-cs.1516},
}""",
    "arviz": """@article{arviz2019,
  title = {{ArviZ} a unified library for exploratory analysis of {B}ayesian models in {Python}},
  author = {Kumar, Ravin and Carroll, Colin and Hartikainen, Ari and Martin, Osvaldo A.},
  journal = {Journal of Open Source Software},
  volume = {4},
  number = {33},
  pages = {1143},
  year = {2019},
  doi = {10.21105/joss.01143},
}""",
    "nuts": """@article{hoffman2014,
  title = {The {No-U-Turn} Sampler: Adaptively Setting Path Lengths in {Hamiltonian} {Monte} {Carlo}},
  author = {Hoffman, Matthew D. and Gelman, Andrew},
  journal = {Journal of Machine Learning Research},
  volume = {15},
  pages = {1593--1623},
  year = {2014},
}""",
    "psis": """@article{vehtari2024,
  title = {Pareto Smoothed Importance Sampling},
  author = {Vehtari, Aki and Simpson, Daniel and Gelman, Andrew and Yao, Yuling and Gabry, Jonah},
  journal = {Journal of Machine Learning Research},
  volume = {25},
  number = {72},
  pages = {1--58},
  year = {2024},
}""",
    "rhat": """@article{vehtari2021,
  title = {Rank-normalization, folding, and localization: An improved $\\widehat{R}$ for assessing convergence of
           {MCMC}},
  author = {Vehtari, Aki and Gelman, Andrew and Simpson, Daniel and Carpenter, Bob and B{\\"u}rkner, Paul-Christian},
  journal = {Bayesian Analysis},
  volume = {16},
  number = {2},
  pages = {667--718},
  year = {2021},
  doi = {10.1214/20-BA1221},
}""",
}


def key_of(entry: str) -> str:
    """The key of an entry: ``hoffmann2022`` of ``@misc{hoffmann2022, …}``."""
    found = re.search(r"@\w+\{([^,\s]+),", entry)
    return found[1] if found else ""


def of_source(name: str, source: str) -> list[str]:
    """Entries of the papers that a law's source names by their arXiv number.

    A paper that is not known here gets an entry of what the source says of it.
    """
    from bayescale.data.literature.catalogue import info

    entries = []
    for number in re.findall(r"arXiv:(\d{4}\.\d{4,5})", source):
        if number in RECORDS:
            entries.append(info(RECORDS[number]).cite.strip())
        else:
            entries.append(PAPERS.get(number) or _bare(f"arxiv{number.replace('.', '_')}", source, number))
    return entries if entries or not source else [_bare(re.sub(r"\W+", "_", name), source)]


def _bare(key: str, source: str, number: str = "") -> str:
    """An entry of which only the words of the source are known."""
    more = f"  eprint = {{{number}}},\n  archivePrefix = {{arXiv}},\n" if number else ""
    return f"@misc{{{key},\n  note = {{{source}}},\n{more}}}"
