# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: isolation
short_description: What may be forwarded to a device, and out of it
version_added: 0.1.0
description:
  - Keeps a device of ours from being reached by whatever the host forwards. Replies, what a port is published for
    (M(containerhost.network.nat_rule)), and what comes in by the named devices get through. Everything else is dropped.
  - What containers on one bridge send each other directly is not forwarded, so it is not concerned.
options:
  device: &device
    description:
      - The device, one of ours, such as a bridge of M(containerhost.network.bridge).
    type: str
  accept_from: &accept_from
    description:
      - Devices from which packets are forwarded to it. It may name itself, for what its own containers send each other
        by way of the host. By default none.
    type: list
    elements: str
  internal: &internal
    description:
      - Whether what comes in by it is forwarded nowhere, except to devices that accept it.
    type: bool
    default: false
  protect: &protect
    description:
      - Whether what is not asked for is kept out. If not, the host forwards to the device whatever is routed to it.
    type: bool
    default: true
  sources: &sources
    description:
      - Networks in CIDR that packets from it may come from. What comes in by it under another address is not forwarded,
        replies excepted. By default any address is taken.
    type: list
    elements: str
  way_out: &way_out
    description:
      - Whether what comes in by it may leave the host by devices that are not ours. A VTEP leads to containers only.
    type: bool
    default: true
  only_switched: &only_switched
    description:
      - Families of IP, V(ipv4) or V(ipv6), of which what comes in by it is switched only, where it is a bridge. What is
        routed by the host, or is for the host itself, is dropped. By default none.
    type: list
    elements: str
    version_added: 0.2.0
  host_access: &host_access
    description:
      - Ports of this host that senders behind the device reach, on all of the host's addresses, as in V(53/udp) or
        V(8000-8010/tcp). An empty list closes the host to them. By default they reach whatever listens there.
      - Replies to what the host begins are let in, and published ports are no concern of it.
    type: list
    elements: str
  sealed: &sealed
    description:
      - Whether packets from and to the addresses in O(sources) pass by devices of ours only, as a tunnel encrypts them
        that leads there. In plain text, they are taken from no other interface, and sent out by none, but for
        O(direct).
    type: bool
    default: false
    version_added: 0.2.0
  own_ports: &own_ports
    description:
      - Ports of the host that are the network's own, as those of its tunnels are, such as C(51820/udp). What a
        container begins does not leave by them, as what comes there would be taken for the answer.
    type: list
    elements: str
    version_added: 0.2.0
  direct: &direct
    description:
      - Networks whose packets come to it, and go from it, by the host's own interface O(direct_by), without a tunnel.
    type: list
    elements: str
    version_added: 0.2.0
  direct_by: &direct_by
    description:
      - That interface, or an address of the host's that says which one it is.
    type: str
    version_added: 0.2.0
  state: &state
    description:
      - Whether the device is to be isolated.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace that the device is in, by its name in C(/run/netns) or by a path. The host's own by
        default.
      - With O(device), it says which device it is.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of it needs it.
    type: bool
    default: false
  config:
    suboptions:
      device:
        <<: *device
        required: true
      accept_from: *accept_from
      internal: *internal
      protect: *protect
      sources: *sources
      way_out: *way_out
      only_switched: *only_switched
      host_access: *host_access
      own_ports: *own_ports
      sealed: *sealed
      direct: *direct
      direct_by: *direct_by
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The rules are elements of sets in the nftables table C(containerhost), and the mark is their comment. Other tables
    and their policies are never touched, and what those drop stays dropped. The table goes with its last element.
requirements:
  - libnftables 1.0.2 or newer on the host
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.bridge
  - module: containerhost.network.forwarding
  - module: containerhost.network.nat_rule
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: Bridges are there
  containerhost.network.bridge:
    config:
      - name: br-web
        addresses: [10.80.1.1/24]
      - name: br-db
        addresses: [10.80.2.1/24]

- name: Nothing unasked for is forwarded to a bridge
  containerhost.network.isolation:
    device: br-web
    accept_from: [br-web]

- name: The database is reached from the web's bridge, and has no way out
  containerhost.network.isolation:
    config:
      - {device: br-web, accept_from: [br-web]}
      - {device: br-db, accept_from: [br-db, br-web], internal: true}
    purge: true

- name: A bridge is reached by everybody again
  containerhost.network.isolation:
    device: br-web
    state: absent
"""

RETURN = r"""
counts:
  description: How many objects were added, changed, re-created (recreated) and removed.
  returned: success
  type: dict
  sample: {"added": 1, "changed": 0, "recreated": 0, "removed": 0}
diff:
  description: For each object that changes, what it was and what it is, named in the headers.
  returned: success, in diff mode
  type: list
  elements: dict
  sample:
    - before_header: 'isolation br-web: absent'
      after_header: isolation br-web
      before: ''
      after: "accept from: br-web\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      isolation docker0, there is a device of that name that is not ours
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.isolation import Isolation
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Isolation())


if __name__ == "__main__":
    main()
