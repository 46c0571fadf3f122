"""Sphinx's settings: `python -m sphinx -W -n -b html docs BUILD` makes the site. GitHub shows the same files as they are."""

from __future__ import annotations

project = "kis_xl"
author = "The kis_xl authors"
extensions = ["myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["generator"]
html_theme = "furo"
html_title = "kis_xl"
html_show_sphinx = False
html_copy_source = False
smartquotes = False  # messages stand as they are shown
