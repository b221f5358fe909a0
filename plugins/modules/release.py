#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin ``release``; nothing of it runs on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release
short_description: Release addresses that are held for what has left the inventory
version_added: "0.1.0"
description:
  - A host, network or container that leaves the inventory stays in the ledger as absent since that day, and what it had
    is given to nobody else. This makes it free again.
  - Only what is absent is released. What is in the inventory, and what M(containerhost.network.plan) has not yet seen
    leave it, is not.
  - At least one of O(networks), O(hosts), O(containers) and O(older_than) is needed.
  - It works on the controller and connects to no host.
options:
  networks:
    description: Release what is held on these networks, and the subnets that they got from the pools.
    type: list
    elements: str
  hosts:
    description: Release what is held for these hosts.
    type: list
    elements: str
  containers:
    description: Release the addresses of containers of these names.
    type: list
    elements: str
  older_than:
    description:
      - Release what has been absent for so many days. V(0) is everything that is absent.
      - Where more than one criterion is given, all of them must hold.
    type: int
extends_documentation_fragment:
  - containerhost.network.attributes.planned
  - containerhost.network.ledger
attributes:
  check_mode:
    description: Can run in check mode and predicts what it would release.
    support: full
  diff_mode:
    description: Returns what changes in the ledger.
    support: full
  idempotent:
    description: What has been released is not there to be released again.
    support: full
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: A host has been retired for good
  containerhost.network.release:
    hosts: [h3]
  run_once: true

- name: What left more than a month ago is free again
  containerhost.network.release:
    older_than: 30
  run_once: true

- name: The addresses of one container on one network are free again
  containerhost.network.release:
    networks: [fabric]
    containers: [cache]
  run_once: true
"""

RETURN = r"""
released:
  description: The ledger's entries that were released.
  returned: success
  type: list
  elements: str
  sample: ["endpoints/fabric/h3/cache", "slices/fabric/h3"]
ledger:
  description: Path of the ledger that was used.
  returned: success
  type: str
  sample: /srv/fleet/containerhost.ledger
"""
