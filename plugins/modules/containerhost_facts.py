#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin ``containerhost_facts``; nothing of it runs on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: containerhost_facts
short_description: A fleet's addresses, names and ports as facts
version_added: "0.2.0"
description:
  - Sets the fact C(containerhost), by which templates of other roles find the addresses, interfaces, MACs, names and
    ports of this host's containers, and of all others of the fleet.
  - All of it comes from inventory and ledger, as with M(containerhost.network.show). No host is connected to, and the
    ledger is not written; what it does not know yet is told as the next run gives it, and marked as C(new).
  - The plan never reads this fact, nor anything else that a task has set, so that no host plans for the fleet.
  - The fact is the same for all hosts. Use C(run_once), which gives it to all hosts of the play, so that a large fleet
    is planned once.
extends_documentation_fragment:
  - containerhost.network.attributes.planned
  - containerhost.network.ledger
attributes:
  check_mode:
    description: Sets the same facts in check mode.
    support: full
  diff_mode:
    description: Nothing is changed.
    support: none
  idempotent:
    description: The same inventory and ledger give the same facts.
    support: full
author:
  - containerhost.network contributors (@containerhost)
seealso:
  - module: containerhost.network.show
"""

EXAMPLES = r"""
- name: Addresses of containers are known
  containerhost.network.containerhost_facts:
  run_once: true

- name: A proxy leads to every container called app
  ansible.builtin.copy:
    dest: /etc/haproxy/conf.d/app.cfg
    content: |
      backend app
      {% for each in containerhost.networks.fabric.containers if 'app' in each.names %}
        server {{ each.host }} {{ each.address }}:80
      {% endfor %}
    mode: "0644"

- name: A program on this host knows its container's address
  ansible.builtin.debug:
    msg: "{{ containerhost.hosts[inventory_hostname].containers.db.networks.fabric.address }}"
"""

RETURN = r"""
ansible_facts:
  description: Facts of this name only.
  returned: success
  type: dict
  contains:
    containerhost:
      description: The fleet.
      returned: success
      type: dict
      contains:
        version:
          description: Of this form. With the same one, fields may be added, and none goes.
          returned: success
          type: int
        hosts:
          description:
            - By host, its C(containers) by name, each with C(engine), C(ref) and C(networks), and the host's own
              C(devices) on networks.
            - Of each network a container has C(interface), C(address) (its first one), C(addresses) with prefix
              lengths, C(mac), C(names), C(new), and C(ports), each with C(protocol), C(port), C(host_port) and
              C(host_address).
          returned: success
          type: dict
        networks:
          description:
            - By name, its C(driver) and its C(containers), each with C(host), C(container) and the same fields.
          returned: success
          type: dict
  sample:
    containerhost:
      version: 1
      hosts:
        h2:
          containers:
            db:
              engine: docker
              ref: db
              networks:
                fabric:
                  interface: eth0
                  address: 10.42.1.2
                  addresses: [10.42.1.2/24]
                  mac: "02:42:1f:27:60:16"
                  names: [db, postgres]
                  ports: [{protocol: tcp, port: 5432, host_port: 5432, host_address: ""}]
                  new: false
          devices: []
"""
