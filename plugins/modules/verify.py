# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify
short_description: Verify a plan, from inside the containers
version_added: 0.1.0
description:
  - Compares each host with its document, tries who reaches whom from inside the containers, and tells of it in a
    table. Used by the playbook C(containerhost.network.verify), in four phases, so that all hosts answer while all
    hosts ask.
  - This is an action of the controller's; on the hosts it runs M(containerhost.network.document) in check mode, and
    M(containerhost.network.probe).
  - While ports are tried, it answers for those containers in namespaces of our own making in which nobody listens.
options:
  plan_dir:
    description:
      - The folder that M(containerhost.network.plan) wrote its documents to.
    type: str
    required: true
  phase:
    description:
      - V(listen) compares the host and begins to answer on its published ports, V(probe) tries what the host should
        reach, V(follow) follows hop by hop what has failed there and is not explained by what hosts say of themselves,
        V(report) tells of all hosts, and fails if something does not work.
    type: str
    choices: [listen, probe, follow, report]
    required: true
extends_documentation_fragment:
  - containerhost.network.attributes.info
author:
  - containerhost.network contributors (@containerhost)
seealso:
  - module: containerhost.network.plan
  - module: containerhost.network.probe
"""

EXAMPLES = r"""
- name: The fleet's networks are planned
  containerhost.network.plan:
  run_once: true
  check_mode: true
  register: planned

- name: The host is compared with its plan
  containerhost.network.verify:
    plan_dir: "{{ planned.plan_dir }}"
    phase: listen

- name: The host has tried what it should reach
  containerhost.network.verify:
    plan_dir: "{{ planned.plan_dir }}"
    phase: probe

- name: What has failed has been followed to the hop where it ends
  containerhost.network.verify:
    plan_dir: "{{ planned.plan_dir }}"
    phase: follow

- name: Who reaches whom
  containerhost.network.verify:
    plan_dir: "{{ planned.plan_dir }}"
    phase: report
  run_once: true
"""

RETURN = r"""
drift:
  description: What differs from the plan on this host.
  returned: phase listen
  type: list
  elements: str
report:
  description: The table, line by line.
  returned: phase report
  type: list
  elements: str
problems:
  description: What does not work, a sentence each.
  returned: phase report
  type: list
  elements: str
"""
