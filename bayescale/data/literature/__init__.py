"""Tables of the literature, by name: bundled ones copied from papers, published ones downloaded at first use.

A data set is one module of this folder that defines ``DATASET``, and one line in `bayescale.data.literature.catalogue`.
May be touched: every module. May import: `bayescale.data`, and below.
"""

from bayescale.data.literature.catalogue import info, load, names
from bayescale.data.literature.record import Dataset

__all__ = ["Dataset", "info", "load", "names"]
