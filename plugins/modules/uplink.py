# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: uplink
short_description: An interface of the host's as a port of a bridge, on which the host's addresses are then
version_added: 0.2.0
description:
  - Makes an interface of the host's a port of a bridge of ours, as C(ip link set eth0 master br-lan) does, so that what
    is plugged into the bridge is on the interface's LAN. Addresses, routes, permanent neighbours and settings of the
    interface move to the bridge, in an order in which there is no moment without a way.
  - When it goes, what the bridge has by then moves back. If a step is refused, those before it are taken back.
  - An interface that systemd-networkd, NetworkManager or a DHCP client holds is refused, as they would give it its
    addresses back.
options:
  device: &device
    description:
      - The host's interface on the LAN.
    type: str
  vlan: &vlan
    description:
      - Its VLAN (802.1Q) that becomes the port, whose interface is there or made by M(containerhost.network.vlan).
    type: int
  bridge: &bridge
    description:
      - The bridge, which M(containerhost.network.bridge) makes with the same interface as its C(uplink).
    type: str
  mtu: &mtu
    description:
      - The largest packet, in bytes, of what else is plugged into the bridge; more than the interface takes is refused.
    type: int
  state: &state
    description:
      - Whether the interface is to be a port.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace that both are in, by its name in C(/run/netns) or by a path. The host's own by default.
      - With O(device) and O(vlan), it says which interface it is.
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
      vlan: *vlan
      bridge: *bridge
      mtu: *mtu
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - Rules of a firewall that name the interface do not see what comes in by the bridge. In a document, a change that
    cuts the way by which its run came is undone by the host itself; a task has no such guard.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.bridge
  - module: containerhost.network.vlan
  - module: containerhost.network.veth
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: There is a bridge for the LAN, with the MAC and MTU of eth0
  containerhost.network.bridge:
    name: br-lan
    uplink: eth0

- name: The host is on the LAN by the bridge
  containerhost.network.uplink:
    device: eth0
    bridge: br-lan

- name: The host is on the LAN by its interface again
  containerhost.network.uplink:
    device: eth0
    state: absent

- name: The bridge is gone
  containerhost.network.bridge:
    name: br-lan
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
    - before_header: 'uplink eth0: absent'
      after_header: uplink eth0
      before: ''
      after: "port of br-lan, which has what the interface had\nmoves: 192.0.2.11/24\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      uplink eth0: there is no bridge br-lan; make it first (module bridge)
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.uplink import Uplink
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Uplink())


if __name__ == "__main__":
    main()
