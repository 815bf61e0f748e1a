# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Sphinx. `make docs` puts the pages of this directory and the generated reference together and builds the site."""

from __future__ import annotations

project = "authoritative.dns"
author = "The authoritative.dns maintainers"
copyright = f"2026, {author}"

extensions = ["myst_parser", "sphinx_antsibull_ext"]
exclude_patterns = ["reference/environment_variables.rst"]

# A link that leads nowhere ends the build. These three are in the documentation of ansible-core, and no build asks the network.
nitpicky = True
nitpick_ignore = [("std:ref", target) for target in ("action_plugins", "ansible_configuration_settings", "common_return_values")]
myst_heading_anchors = 3

# Its colours come from the theme, light or dark: _static/site.css.
antsibull_ext_color_scheme = "none"

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_use_index = False
html_domain_indices = False
html_theme_options = {"navigation_with_keys": True}
