# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How every module of a kind takes its objects, and whose they are.

A module's own documentation adds to ``config`` the suboptions, which are its options again (YAML aliases of them).
"""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  config:
    description:
      - Many objects at once, each with the options of one. They are compared in one pass and applied in one process,
        so a thousand cost little more than one.
      - Excludes the options of a single object at the top level. An object that is listed twice is an error.
    type: list
    elements: dict
  owner:
    description:
      - Whose the objects are. What this module makes is marked with it, and it changes and removes only what carries
        the mark. What is marked by another owner, or by nobody, is never touched. If it is in the way, the module
        fails and names it.
      - At most 64 letters, digits, C(.), C(_) and C(-). V(plan) is refused, as it is the owner of what
        M(containerhost.network.document) makes.
    type: str
    default: task
  purge:
    description:
      - With O(config), remove all objects of this kind that have the same O(owner) and are not listed. With an empty
        list, remove them all.
      - Looks in the host's own namespace and in those that O(config) names with C(netns).
    type: bool
    default: false
requirements:
  - root on the host
  - pyroute2 0.7.2 or newer on the host
"""
