# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: neighbour
short_description: Permanent neighbours, which MAC an address has
version_added: 0.1.0
description:
  - Makes, changes and removes permanent entries of the neighbour tables, as C(ip neigh) does. They say which MAC an
    address on a device's link has, so that nobody is asked by ARP or neighbour discovery.
options:
  device: &device
    description:
      - The device whose link it is.
    type: str
  address: &address
    description:
      - The neighbour's address, IPv4 or IPv6, without a prefix length.
    type: str
  lladdr: &lladdr
    description:
      - The neighbour's MAC. Write it in quotes, as YAML takes some MACs for numbers. Required, unless O(state=absent).
    type: str
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
      address:
        <<: *address
        required: true
      lladdr: *lladdr
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The mark is the protocol 143, which C(ip -d neigh) shows. Whose the entry is, its device says where that is ours.
    Otherwise it is remembered in C(/run/containerhost/records.json) on the host.
  - A permanent entry without the mark is never changed or removed. What the kernel has learned by itself is in nobody's
    way, and is replaced.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.vxlan_fdb
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
    addresses: [10.42.11.0/32, "fd00:42:11::/128"]

- name: Another host's end of it is known
  containerhost.network.neighbour:
    device: vx-fabric
    address: 10.42.12.0
    lladdr: "02:00:00:00:42:12"

- name: These ends are known, and no others of this owner
  containerhost.network.neighbour:
    config:
      - {device: vx-fabric, address: 10.42.12.0, lladdr: "02:00:00:00:42:12"}
      - {device: vx-fabric, address: "fd00:42:12::", lladdr: "02:00:00:00:42:12"}
      - {device: vx-fabric, address: 10.42.13.0, lladdr: "02:00:00:00:42:13"}
    purge: true

- name: One of them is gone
  containerhost.network.neighbour:
    device: vx-fabric
    address: 10.42.13.0
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
    - before_header: neighbour 10.42.12.0 on vx-fabric
      after_header: neighbour 10.42.12.0 on vx-fabric
      before: "lladdr: 02:00:00:00:42:12\n"
      after: "lladdr: 02:00:00:00:42:13\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      neighbour 10.42.12.0 on vx-fabric needs an `lladdr`
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.neighbour import Neighbour
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Neighbour())


if __name__ == "__main__":
    main()
