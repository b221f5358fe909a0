#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin ``report``; nothing of it runs on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: A fleet's networks as one HTML file
version_added: "0.2.0"
description:
  - Draws hosts, their containers, networks and published ports, and tells in tables who reaches whom, what differs from
    the plan, the MTU of each path, and which addresses are used and free.
  - The file needs no other and fetches nothing. It is read in any browser, in the dark, on paper and on a phone, and is
    whole without JavaScript.
  - Without O(plan_dir) all of it comes from inventory and ledger, and no host is connected to. The ledger is not
    written.
  - With O(plan_dir) it has what hosts have answered to M(containerhost.network.verify) in this run, and begins with
    what is broken. The role P(containerhost.network.report#role) and the playbook of that name do both.
  - Hosts that C(--limit) leaves out are left out here as well.
options:
  dest:
    description: The file on the controller.
    type: path
    required: true
  plan_dir:
    description:
      - What M(containerhost.network.plan) returned as such, after the phases V(listen) and V(probe) of
        M(containerhost.network.verify).
    type: path
extends_documentation_fragment:
  - containerhost.network.attributes.planned
  - containerhost.network.ledger
attributes:
  check_mode:
    description: Returns the same in check mode, and does not write O(dest).
    support: full
  diff_mode:
    description: Returns no diff; a page is for eyes.
    support: none
  idempotent:
    description: From the plan alone, the same inventory and ledger make the same file. Measured times differ each time.
    support: partial
author:
  - containerhost.network contributors (@containerhost)
seealso:
  - module: containerhost.network.show
  - module: containerhost.network.verify
"""

EXAMPLES = r"""
- name: The fleet's networks are a page, as they are planned
  containerhost.network.report:
    dest: /srv/www/networks.html
  run_once: true
"""

RETURN = r"""
dest:
  description: The file that it was written to.
  returned: success
  type: str
verified:
  description: Whether hosts have been asked.
  returned: success
  type: bool
problems:
  description: What is wrong, a sentence for each cause. Nothing where no host has been asked.
  returned: success
  type: list
  elements: str
report_warnings:
  description: What may become a problem, as the page has it.
  returned: success
  type: list
  elements: str
endpoints:
  description: Who has addresses, as M(containerhost.network.show) returns it.
  returned: success
  type: list
  elements: dict
"""
