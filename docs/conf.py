"""Configuration of the site; see the development section of the README for the command that builds it.

The build needs no network. `SITE_LINKS=1` also resolves names of NumPy, pandas, xarray, ArviZ and PyMC, and makes
``-b linkcheck`` look at external addresses.
"""

import os
import sys
from pathlib import Path

import bayescale

# Fits of the gallery and of the notebook are small: threads of BLAS would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
# `bs.scores` is a module of another place; autodoc imports it by its public name.
for name in ("baselines", "datasets", "noises", "scores", "stacking", "storage"):
    sys.modules[f"bayescale.{name}"] = getattr(bayescale, name)

project = "bayescale"
author = "The bayescale developers"
copyright = "The bayescale developers, Apache-2.0"
release = version = bayescale.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_nb",
    "sphinx_click",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "laws",
]
exclude_patterns = ["_build", "_ext", "gallery/*", "generated/**/*.ipynb", "**.ipynb_checkpoints"]
root_doc = "index"
default_role = "code"
suppress_warnings = ["toc.empty_glob"]  # a section of the front page may be absent
nitpicky = False  # types in docstrings are prose; MyST checks links between pages by itself

myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
# MyST warns of a link that leads nowhere; `-W` makes that an error.
nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE / "_build" / "notebooks")
nb_execution_timeout = 240
nb_execution_raise_on_error = True
nb_execution_show_tb = True

autosummary_generate = True
autodoc_typehints = "none"  # the Parameters section has them
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "generated/gallery",
    "filename_pattern": r"/plot_",
    "within_subsection_order": "FileNameSortKey",
    "image_srcset": ["2x"],
    "capture_repr": (),
    "abort_on_example_error": True,
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "write_computation_times": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "bayescale"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {
    "github_url": "https://github.com/bayescale/bayescale",
    "header_links_before_dropdown": 7,
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}
copybutton_exclude = ".linenos, .gp, .go"

linkcheck_anchors = False
linkcheck_timeout = 20
if os.environ.get("SITE_LINKS"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "arviz": ("https://python.arviz.org/en/stable/", None),
        "matplotlib": ("https://matplotlib.org/stable/", None),
        "numpy": ("https://numpy.org/doc/stable/", None),
        "pandas": ("https://pandas.pydata.org/docs/", None),
        "pymc": ("https://www.pymc.io/projects/docs/en/stable/", None),
        "xarray": ("https://docs.xarray.dev/en/stable/", None),
    }
else:
    linkcheck_ignore = [r"https?://"]
