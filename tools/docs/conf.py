# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx' configuration of the documentation site; ``build`` runs it on a copy of docs/."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Where ansible_collections/ is: the inventory's reference is made of the plan's own schema.
sys.path[:0] = [str(HERE), *os.environ["ANSIBLE_COLLECTIONS_PATH"].split(":")]

project = "containerhost.network"
version = release = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
author = "containerhost.network contributors"
copyright = f"2026, {author}"

extensions = ["myst_parser", "sphinx_antsibull_ext", "sphinx_copybutton"]
# Of a console, what is typed: without prompts and without what is answered.
copybutton_exclude = ".linenos, .gp, .go"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = f"containerhost.network {version}"
html_static_path = [str(HERE / "static")]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_use_index = False
highlight_language = "none"
# Their colours are site.css' business: they must follow the theme's switch between light and dark.
antsibull_ext_color_scheme = "none"

# What antsibull-docs' pages refer to in Ansible's own documentation. A site is built offline, so the places are
# written here, and no index of them is fetched.
ANSIBLE = "https://docs.ansible.com/projects/ansible-core/2.19/"
ANSIBLE_PLACES = {
    "ANSIBLE_PIPELINING": "reference_appendices/config.html#envvar-ANSIBLE_PIPELINING",
    "action_plugins": "plugins/action.html#action-plugins",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}


def link_to_ansible(app: Any, env: Any, node: Any, content: nodes.Node) -> nodes.Node | None:
    place = ANSIBLE_PLACES.get(node.get("reftarget"))
    return nodes.reference("", "", content, refuri=ANSIBLE + place, internal=False) if place else None


def setup(app: Any) -> None:
    app.connect("missing-reference", link_to_ansible)
