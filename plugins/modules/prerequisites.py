#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin ``prerequisites``; nothing of it runs on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: prerequisites
short_description: Install what a host lacks for container networks
version_added: 0.1.0
description:
  - Installs pyroute2 and libnftables from the distribution's packages where M(containerhost.network.prerequisites_info)
    finds them missing, and does nothing else.
  - Where modules run in a virtual environment of somebody's that does not see these packages, pyroute2 goes into
    that by its own pip. For any other Python that a package does not serve, it fails and says what does.
  - M(containerhost.network.document) does the same where it is given O(containerhost.network.document#module:install),
    so playbooks of the collection need no task of this module.
options:
  venv:
    description:
      - A folder for a virtual environment with pyroute2 from PyPI, where the distribution's package is missing or too
        old. Modules find it in C(/usr/local/lib/containerhost/python); for any other folder, set
        C(ansible_python_interpreter) to its C(bin/python).
      - Without it, the distribution's package is used. The distribution's own Python is never written to by pip.
    type: path
attributes:
  action_group:
    description: Use C(group/containerhost.network.all) in C(module_defaults) to set defaults for this module.
    membership:
      - containerhost.network.all
    support: full
  check_mode:
    description: Says what a run would install.
    support: full
  diff_mode:
    description: Shows what is installed.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
  platform:
    description: Linux, with a package manager that C(ansible.builtin.package) knows.
    platforms: linux
    support: full
author:
  - containerhost.network contributors (@containerhost)
seealso:
  - module: containerhost.network.prerequisites_info
  - module: containerhost.network.document
"""

EXAMPLES = r"""
- name: The host has what it takes
  containerhost.network.prerequisites:

- name: The host has a pyroute2 of its own
  containerhost.network.prerequisites:
    venv: /usr/local/lib/containerhost/python
"""

RETURN = r"""
missing:
  description: Packages that were installed, or in check mode would be, by the names of this distribution.
  returned: success
  type: list
  elements: str
  sample: [python3-pyroute2]
plan:
  description: What was to be installed, in words.
  returned: success
  type: str
  sample: python3-pyroute2 and libnftables1
"""
