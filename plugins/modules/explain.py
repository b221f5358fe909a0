# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: explain
short_description: Say at which hop something does not arrive
version_added: 0.2.0
description:
  - Follows one way through the networks, and says at which hop it ends, why, and what mends it. It begins in a
    container, on a host or elsewhere, and leads to a container, be it on another network, to a host, to a port that a
    host publishes, or elsewhere. What the plan does not let arrive is told with what decides it.
  - Used by the playbook C(containerhost.network.explain), in two phases.
  - This is an action of the controller's; on the hosts that are on the way it runs M(containerhost.network.document) in
    check mode, and M(containerhost.network.probe).
options:
  plan_dir:
    description:
      - The folder that M(containerhost.network.plan) wrote its documents to.
    type: str
    required: true
  phase:
    description:
      - V(look) compares the host with its plan, asks what its firewalls drop, and tries its part of the way, where it
        is on it. V(tell) tells of all hosts, and fails if something does not arrive.
    type: str
    choices: [look, tell]
    required: true
  from:
    description:
      - The container that something begins at, as C(HOST/CONTAINER), or C(CONTAINER) where there is one of that name; a
        host; or an address of elsewhere, from where only the way on the host that it leads to is tried.
    type: str
    required: true
  to:
    description:
      - Where it is to arrive, a container in the same words, or by an alias that the other one finds it by; a host, or
        an address. With a port that the host publishes, it is for the container that this leads to.
    type: str
    required: true
  protocol:
    description:
      - What is sent; V(icmp) stands for echo requests, in each family.
      - Of V(udp) it is only seen whether the port is closed, as nobody need answer a datagram.
    type: str
    choices: [icmp, tcp, udp, sctp]
    default: icmp
  port:
    description:
      - The port that it goes to. Required unless O(protocol=icmp).
    type: int
    default: 0
extends_documentation_fragment:
  - containerhost.network.attributes.info
author:
  - containerhost.network contributors (@containerhost)
seealso:
  - module: containerhost.network.verify
  - module: containerhost.network.probe
"""

EXAMPLES = r"""
- name: The fleet's networks are planned
  containerhost.network.plan:
  run_once: true
  check_mode: true
  register: planned

- name: The hosts on the way have looked at it
  containerhost.network.explain:
    plan_dir: "{{ planned.plan_dir }}"
    phase: look
    from: h1/shop
    to: h2/db

- name: Where it ends
  containerhost.network.explain:
    plan_dir: "{{ planned.plan_dir }}"
    phase: tell
    from: h1/shop
    to: h2/db
  run_once: true
"""

RETURN = r"""
hops:
  description: The hops, line by line.
  returned: phase tell, where it arrives
  type: list
  elements: str
problems:
  description: At which hop it ends, why, and what mends it, a sentence for each family.
  returned: phase tell
  type: list
  elements: str
"""
