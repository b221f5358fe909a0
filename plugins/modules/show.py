#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin ``show``; nothing of it runs on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: show
short_description: Who has which address where
version_added: "0.1.0"
description:
  - Tells of each container on each network its host, interface, addresses, MAC, published ports and aliases, and of
    each host the addresses of its own devices on these networks.
  - All of it comes from inventory and ledger. No host is connected to, and the ledger is not written; what it does not
    know yet is told as the next run gives it.
  - Hosts that C(--limit) leaves out are left out here as well.
options:
  format:
    description:
      - V(table) is for people, V(json) and V(csv) are for programs, V(hosts) are lines of a hosts file,
        V(mermaid) and V(dot) are drawings, in the words of Mermaid and of Graphviz.
      - V(prometheus) is a file for Prometheus' C(file_sd_configs), with a target for each published TCP port of a
        container. It was added in 0.2.0.
      - What V(json) has is described by C(schemas/show.json) of this collection.
      - In V(csv), several values of a field are divided by spaces.
    type: str
    choices: [table, json, csv, hosts, mermaid, dot, prometheus]
    default: table
  networks:
    description: Only these networks.
    type: list
    elements: str
    default: []
  hosts:
    description: Only these hosts.
    type: list
    elements: str
    default: []
  containers:
    description: Only containers of these names.
    type: list
    elements: str
    default: []
  dest:
    description:
      - A file on the controller to write it to. Without it, it is printed.
    type: path
extends_documentation_fragment:
  - containerhost.network.attributes.planned
  - containerhost.network.ledger
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
author:
  - containerhost.network contributors (@containerhost)
seealso:
  - module: containerhost.network.plan
"""

EXAMPLES = r"""
- name: Who has which address where
  containerhost.network.show:
  run_once: true

- name: The containers of one network are in a hosts file
  containerhost.network.show:
    format: hosts
    networks: [fabric]
    dest: /srv/dns/fabric.hosts
  run_once: true

- name: The address of a container is known
  containerhost.network.show:
    containers: [db]
  run_once: true
  register: shown
"""

RETURN = r"""
endpoints:
  description: Who has addresses. C(container) is empty for a host's own devices.
  returned: success
  type: list
  elements: dict
  sample:
    - network: fabric
      driver: overlay
      host: h2
      container: db
      engine: docker
      ref: db
      interface: eth0
      addresses: [10.42.1.2/24]
      mac: "02:42:1f:27:60:16"
      publish: ["5432:5432/tcp"]
      names: [db, postgres]
      new: false
dest:
  description: The file that it was written to.
  returned: when O(dest) is given
  type: str
"""
