#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin ``plan_diff``; nothing of it runs on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: plan_diff
short_description: What would change between two revisions of the inventory
version_added: "0.2.0"
description:
  - Plans the fleet by inventory and ledger as they are in two git revisions, and tells as Markdown what would change on
    which host, in sentences and as drawings in the words of Mermaid. A forge shows it as a comment of a merge request.
  - Nothing is touched. No host is connected to, the ledger is not written, and of the repository neither the work tree
    nor the index is changed. Each revision's files are in a temporary folder while they are read.
  - Each revision is loaded as Ansible loads any inventory, with its group and host variables, templates, vault and
    extra variables. What a play defines is no part of it. Templates run programs where they say so, as in any run, so
    have it read only revisions of those whom you would let run the inventory.
  - An inventory that is outside of the repository is the same for both. One that a revision does not have yet counts as
    a fleet without hosts.
options:
  from:
    description: The revision before, as git names it.
    type: str
    default: HEAD
  to:
    description: The revision after. Without it, the work tree as it is.
    type: str
  dest:
    description: A file on the controller to write it to. Without it, it is printed.
    type: path
extends_documentation_fragment:
  - containerhost.network.attributes.planned
attributes:
  check_mode:
    description: Prints the same in check mode, and does not write O(dest).
    support: full
  diff_mode:
    description: Returns what changes in O(dest).
    support: full
  idempotent:
    description: Nothing is changed but O(dest), and that only where it differs.
    support: full
requirements:
  - git on the controller
author:
  - containerhost.network contributors (@containerhost)
seealso:
  - module: containerhost.network.show
"""

EXAMPLES = r"""
- name: What a merge request would change is a comment
  containerhost.network.plan_diff:
    from: origin/main
    to: HEAD
    dest: comment.md
  run_once: true
"""

RETURN = r"""
markdown:
  description: The text.
  returned: success
  type: str
networks:
  description: By network, what becomes of its options. Those that stay as they are are left out.
  returned: success
  type: dict
hosts:
  description: By host, sentences of what would change there. Those where nothing does are left out.
  returned: success
  type: dict
  sample:
    h1: ["`shop` on `web`: `8081:80/tcp` is opened"]
dest:
  description: The file that it was written to.
  returned: when O(dest) is given
  type: str
"""
