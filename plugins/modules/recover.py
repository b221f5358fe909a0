#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin ``recover``; of it, M(containerhost.network.network_info) runs on hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
module: recover
short_description: Make a lost ledger again of what the hosts have
version_added: "0.2.0"
description:
  - The hosts know which slices and addresses they have. This reads all of them and writes the ledger that gave them
    out, in the place of a ledger that is lost or wrong.
  - What is not on any host, such as what is held for those that have left, is not known any more.
  - The playbook C(containerhost.network.recover) does it for a fleet.
options:
  phase:
    description:
      - V(read) reads what a host has, for each host.
      - V(write) makes the ledger of it, once.
    type: str
    choices: [read, write]
    required: true
extends_documentation_fragment:
  - containerhost.network.attributes.planned
  - containerhost.network.ledger
attributes:
  check_mode:
    description: Can run in check mode and says what the ledger would be.
    support: full
  diff_mode:
    description: Returns what changes in the ledger.
    support: full
  idempotent:
    description: The same hosts give the same ledger.
    support: full
requirements:
  - pyroute2 0.7.2 or newer on the hosts
author:
  - containerhost.network contributors (@containerhost)
seealso:
  - module: containerhost.network.network_info
  - module: containerhost.network.plan
"""

EXAMPLES = r"""
- name: What the hosts have is known
  containerhost.network.recover:
    phase: read

- name: The ledger is as it was
  containerhost.network.recover:
    phase: write
  run_once: true
"""

RETURN = r"""
ledger:
  description: Path of the ledger that was written.
  returned: success, with O(phase=write)
  type: str
  sample: /srv/fleet/containerhost.ledger
"""
