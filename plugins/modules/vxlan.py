# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vxlan
short_description: VXLAN devices, a host's ends of an overlay
version_added: 0.1.0
description:
  - Makes, changes and removes VXLAN devices (RFC 7348), as C(ip link add type vxlan) does, with their addresses. Each
    is its host's VXLAN tunnel endpoint (VTEP). It learns nothing by default. Where frames go is said with
    M(containerhost.network.vxlan_fdb).
options:
  name: &name
    description:
      - The device's name, of at most 15 characters.
    type: str
  vni: &vni
    description:
      - The overlay's number (VXLAN network identifier), from 0 to 16777215. Required, unless O(state=absent).
      - Another one needs O(recreate). In a namespace, only one device can have it on a port.
    type: int
  port: &port
    description:
      - The UDP port that other hosts' VTEPs send to. Another one needs O(recreate).
      - The default is IANA's number. The kernel's own is the older 8472.
    type: int
    default: 4789
  local: &local
    description:
      - The address of this host that packets are sent from, IPv4 or IPv6. By default the route's.
      - Another one of its family is taken in place, one of the other family needs O(recreate).
    type: str
  link: &link
    description:
      - The device that packets are sent by (the lower device). By default the route's.
    type: str
  master: &master
    description:
      - The bridge that the device is a port of. Without this option, that is left alone.
    type: str
  learning: &learning
    description:
      - Whether it learns from the packets that it gets where MACs are.
    type: bool
    default: false
  mac: &mac
    description:
      - The device's MAC, a unicast one. Write it in quotes, as YAML takes some MACs for numbers.
      - By default a random one.
    type: str
  mtu: &mtu
    description:
      - The largest packet, in bytes, from 68 to 65535. It has room in the lower device's if it is less by 50, or by 70
        over IPv6. The kernel's default is that if it knows the lower device, or else 1500.
    type: int
  up: &up
    description:
      - Whether the device is up.
    type: bool
    default: true
  group: &group
    description:
      - A multicast address of the underlay, which gets the frames that are for everybody or for unknown MACs. It needs
        a O(link).
    type: str
    version_added: 0.2.0
  port_learning: &port_learning
    description:
      - As a port of its O(master), whether the bridge learns MACs by it.
    type: bool
    version_added: 0.2.0
  unicast_flood: &unicast_flood
    description:
      - As a port of its O(master), whether it gets frames for MACs that the bridge does not know.
    type: bool
    version_added: 0.2.0
  neigh_suppress: &neigh_suppress
    description:
      - As a port of its O(master), whether the bridge itself answers for neighbours that it knows to be behind it, so
        that ARP and neighbour discovery stay on this host.
    type: bool
    version_added: 0.2.0
  addresses: &addresses
    description:
      - All addresses of the device with their prefix length, IPv4 and IPv6. Others are removed, except link-local ones.
      - Without this option, addresses are left alone.
    type: list
    elements: str
  ipv6: &ipv6
    description:
      - Whether the device has IPv6. By default, it has if one of O(addresses) is of IPv6; without O(addresses), it is
        left as it is.
      - Whichever it is, the device takes nothing from router advertisements and follows no redirects.
    type: bool
  state: &state
    description:
      - Whether the device is to be there.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace that the device is in, by its name in C(/run/netns) or by a path. The host's own by
        default.
      - With O(name), it says which device it is.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. O(vni) and O(port) need it, and O(local) when its
        family changes.
    type: bool
    default: false
  config:
    suboptions:
      name:
        <<: *name
        required: true
      vni: *vni
      port: *port
      local: *local
      link: *link
      master: *master
      learning: *learning
      group: *group
      port_learning: *port_learning
      unicast_flood: *unicast_flood
      neigh_suppress: *neigh_suppress
      mac: *mac
      mtu: *mtu
      up: *up
      addresses: *addresses
      ipv6: *ipv6
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The mark is the device's alias, C(containerhost:OWNER), which C(ip link) shows. A device of that name without the
    mark is never changed or removed.
  - The entries of its forwarding table (FDB), its routes and its neighbours go with the device.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.vxlan_fdb
  - module: containerhost.network.neighbour
  - module: containerhost.network.route
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: The host has an end of overlay 42
  containerhost.network.vxlan:
    name: vx-fabric
    vni: 42
    local: 192.0.2.11
    mac: "02:00:00:00:42:11"
    mtu: 1450
    addresses: [10.42.11.0/32]

- name: It sends from another address, which is changed in place
  containerhost.network.vxlan:
    name: vx-fabric
    vni: 42
    local: 192.0.2.12
    mac: "02:00:00:00:42:11"

- name: Its number is another, for which it is re-created
  containerhost.network.vxlan:
    name: vx-fabric
    vni: 43
    local: 192.0.2.12
    recreate: true

- name: A bridge for an overlay on layer 2 is there
  containerhost.network.bridge:
    name: br-stretched

- name: These are the ends of overlays on this host, and no others of this owner
  containerhost.network.vxlan:
    config:
      - name: vx-stretched
        vni: 44
        local: "2001:db8::12"
        master: br-stretched
        mtu: 1430
    purge: true

- name: It is gone
  containerhost.network.vxlan:
    name: vx-stretched
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
    - before_header: vxlan vx-fabric
      after_header: vxlan vx-fabric
      before: "local: 192.0.2.11\n"
      after: "local: 192.0.2.12\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      vxlan vx-fabric would have to be re-created to change vni (42 → 43); allow it with recreate: true
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.vxlan import Vxlan
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Vxlan())


if __name__ == "__main__":
    main()
