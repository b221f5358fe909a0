#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin ``plan``; nothing of it runs on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: plan
short_description: Plan the networks of all container hosts
version_added: "0.1.0"
description:
  - Reads C(containerhost_networks) and C(containerhost_containers) of every host of the inventory, checks them against
    each other, and works out what each host shall have. One file per host is left in a private directory on the
    controller, for M(containerhost.network.document) to apply.
  - It is a function of the inventory and of the ledger alone. It connects to no host and gathers no facts, so it plans
    for the whole fleet under C(--limit) as well.
  - Every problem is found before any host is touched, and all of them are reported at once.
  - Addresses never move by themselves. A pin wins, then the ledger, then the lowest free one. The ledger is one file
    for the fleet, meant for version control; it is the only thing that this module changes.
options:
  drivers:
    description:
      - Hand over only the networks of these drivers, with the namespaces that their containers need.
      - The whole fleet is checked and remembered all the same.
    type: list
    elements: str
  dest:
    description:
      - Directory on the controller to write the plan to, made if missing.
      - By default a private one among Ansible's own temporary files, which is gone at the end of the run.
    type: path
extends_documentation_fragment:
  - containerhost.network.attributes.planned
  - containerhost.network.ledger
attributes:
  check_mode:
    description: Can run in check mode and predicts what it would change. Documents are planned all the same.
    support: full
  diff_mode:
    description: Returns what changes in the ledger.
    support: full
  idempotent:
    description: The same inventory and ledger give the same plan, and change nothing.
    support: full
notes:
  - Use C(run_once), as one plan is for all hosts. Where a strategy runs it for each host, the work is done once.
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: Networks are planned
  containerhost.network.plan:
  run_once: true
  register: planned

- name: Only the overlays are planned, into a directory to look at
  containerhost.network.plan:
    drivers: [overlay]
    dest: build/plan
  run_once: true
"""

RETURN = r"""
plan_dir:
  description: The directory with one C(HOST.json) a host, and C(plan.json) for the fleet.
  returned: success
  type: str
  sample: /root/.ansible/tmp/ansible-local-4711/containerhost-plan/0f3a9c1be2d4a7c8
digest:
  description: Names the plan. It is the same for the same inventory, ledger and drivers.
  returned: success
  type: str
  sample: 1533083e97bf7f1647d4d0d90fc0d136
keyed:
  description:
    - Whether hosts are to tell their public keys (M(containerhost.network.document), C(phase=keys)) before the plan is
      made again with them.
  returned: success
  type: bool
  sample: false
  version_added: 0.2.0
ledger:
  description: Path of the ledger that was used.
  returned: success
  type: str
  sample: /srv/fleet/containerhost.ledger
networks:
  description: The planned networks by name, each with its driver and whether its hosts depend on each other for it.
  returned: success
  type: dict
  sample:
    fabric: {driver: overlay, shared: true}
    web: {driver: bridge, shared: false}
"""
