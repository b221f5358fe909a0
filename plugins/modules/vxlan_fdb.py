# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vxlan_fdb
short_description: Entries of VXLAN devices' and bridges' forwarding tables
version_added: 0.1.0
description:
  - Makes, changes and removes entries of forwarding tables (FDB), as C(bridge fdb) does. An entry of a VXLAN device's
    table says to which VTEP frames for a MAC are sent. One of a bridge's table says by which port.
options:
  device: &device
    description:
      - The VXLAN device, or with O(table=master) a bridge's port.
    type: str
  lladdr: &lladdr
    description:
      - The MAC that frames are for. Write it in quotes, as YAML takes some MACs for numbers.
      - V(00:00:00:00:00:00) is for all that is not known. It has an entry for each VTEP, and all get a copy.
    type: str
  table: &table
    description:
      - Whose table it is. V(self) is the VXLAN device's, V(master) that of the bridge whose port O(device) is.
    type: str
    choices: [self, master]
    default: self
  dst: &dst
    description:
      - The VTEP's address, IPv4 or IPv6. An entry with O(table=self) needs this or O(nh_id).
      - With O(lladdr=00:00:00:00:00:00), it says which entry it is.
    type: str
  port: &port
    description:
      - The VTEP's UDP port. By default the device's own.
    type: int
  vni: &vni
    description:
      - The VNI to send with, from 0 to 16777215. By default the device's own.
    type: int
  nh_id: &nh_id
    description:
      - The number of a group of nexthops, one of which gets the frame, instead of O(dst) (C(ip nexthop), C(fdb)).
    type: int
  via: &via
    description:
      - The device of the underlay that packets leave by (C(via)). By default that of the VXLAN device.
    type: str
  src_vni: &src_vni
    description:
      - On a device without a VNI of its own (C(external)), the VNI that the entry is for.
    type: int
  fdb_state: &fdb_state
    description:
      - How long it lasts. V(permanent) and V(static) stay, V(dynamic) is forgotten when it is not used.
    type: str
    choices: [permanent, static, dynamic]
    default: permanent
  extern_learn: &extern_learn
    description:
      - Marks the entry as one that a controller has learned (C(extern_learn)). The kernel keeps such entries, and does
        not move them by what it learns itself.
      - On a device that is not ours, needed with O(table=self).
    type: bool
    default: false
  sticky: &sticky
    description:
      - Keeps a bridge from moving the entry to another port (C(sticky)). Only with O(table=master), and not with
        O(fdb_state=permanent).
    type: bool
    default: false
  router: &router
    description:
      - Marks the MAC as a router's (C(router)), for a VXLAN device that short-circuits routes. Only with O(table=self).
    type: bool
    default: false
  state: &state
    description:
      - Whether the entry is to be there.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace that the device is in, by its name in C(/run/netns) or by a path. The host's own by
        default.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of an entry needs it.
    type: bool
    default: false
  config:
    suboptions:
      device:
        <<: *device
        required: true
      lladdr:
        <<: *lladdr
        required: true
      table: *table
      dst: *dst
      port: *port
      vni: *vni
      nh_id: *nh_id
      via: *via
      src_vni: *src_vni
      fdb_state: *fdb_state
      extern_learn: *extern_learn
      sticky: *sticky
      router: *router
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - An entry has no room for a mark. On a VXLAN device of ours, all lasting entries are its owner's, also those that
    somebody else added. Everywhere else the owner's entries are those that this module wrote. They are remembered in
    C(/run/containerhost/records.json) on the host, until they are removed.
  - What a device has learned by itself is in nobody's way, and is replaced.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.vxlan
  - module: containerhost.network.neighbour
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: The host has an end of overlay 42
  containerhost.network.vxlan:
    name: vx-fabric
    vni: 42
    local: 192.0.2.11

- name: Frames for a MAC go to a VTEP
  containerhost.network.vxlan_fdb:
    device: vx-fabric
    lladdr: "02:00:00:00:42:12"
    dst: 192.0.2.12

- name: Two hosts are known, unknown frames go to both of them, and there is no other entry
  containerhost.network.vxlan_fdb:
    config:
      - {device: vx-fabric, lladdr: "02:00:00:00:42:12", dst: 192.0.2.12}
      - {device: vx-fabric, lladdr: "02:00:00:00:42:13", dst: 192.0.2.13, port: 8472}
      - {device: vx-fabric, lladdr: "00:00:00:00:00:00", dst: 192.0.2.12}
      - {device: vx-fabric, lladdr: "00:00:00:00:00:00", dst: 192.0.2.13, port: 8472}
    purge: true

- name: One of them gets no more copies of unknown frames
  containerhost.network.vxlan_fdb:
    device: vx-fabric
    lladdr: "00:00:00:00:00:00"
    dst: 192.0.2.13
    state: absent

- name: A bridge is there
  containerhost.network.bridge:
    name: br-stretched

- name: The end of another overlay is its port
  containerhost.network.vxlan:
    name: vx-stretched
    vni: 44
    master: br-stretched

- name: The bridge sends frames for a MAC into the overlay, and the overlay to a VTEP
  containerhost.network.vxlan_fdb:
    config:
      - {device: vx-stretched, lladdr: "02:00:00:00:44:12", table: master, extern_learn: true, fdb_state: static}
      - {device: vx-stretched, lladdr: "02:00:00:00:44:12", dst: 192.0.2.12, extern_learn: true, fdb_state: static}
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
    - before_header: "vxlan_fdb 02:00:00:00:42:12 on vx-fabric"
      after_header: "vxlan_fdb 02:00:00:00:42:12 on vx-fabric"
      before: "dst: 192.0.2.12\n"
      after: "dst: 192.0.2.13\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      FDB entry 02:00:00:00:42:12 on vx-fabric needs a `dst`, a VTEP's address
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.vxlan_fdb import VxlanFdb
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(VxlanFdb())


if __name__ == "__main__":
    main()
