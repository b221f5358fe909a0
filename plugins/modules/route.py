# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: route
short_description: Routes of a host or namespace
version_added: 0.1.0
description:
  - Makes, changes and removes unicast routes, as C(ip route) does. The routes in a container belong to its attachment,
    see O(containerhost.network.veth#module:routes).
options:
  dst: &dst
    description:
      - The destination, a network in CIDR. The default routes are V(0.0.0.0/0) and V(::/0).
    type: str
  device: &device
    description:
      - The device that packets leave by. Without it, it is the one that O(via) is on the segment of. Required without
        O(via), unless O(state=absent).
    type: str
  via: &via
    description:
      - The gateway, of the destination's family. By default the destination is on the link.
    type: str
  onlink: &onlink
    description:
      - Whether the gateway counts as on the link, though no address of the device says so.
    type: bool
    default: false
  metric: &metric
    description:
      - Of several routes to one destination, that with the lowest metric is taken. It is part of the route's identity.
      - The kernel's default is 0 for IPv4 and 1024 for IPv6.
    type: int
  src: &src
    description:
      - The address that this host sends from to that destination, of its family.
    type: str
  table: &table
    description:
      - The number of the routing table. It is part of the route's identity. The default is the main table.
    type: int
    default: 254
  state: &state
    description:
      - Whether the route is to be there.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace that the route is in, by its name in C(/run/netns) or by a path. The host's own by
        default.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of a route needs it.
    type: bool
    default: false
  config:
    suboptions:
      dst:
        <<: *dst
        required: true
      device: *device
      via: *via
      onlink: *onlink
      metric: *metric
      src: *src
      table: *table
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The mark is the routing protocol 143, which C(ip route) shows. Whose the route is, its device says where that is
    ours. Otherwise it is remembered in C(/run/containerhost/records.json) on the host.
  - A route without the mark is never changed or removed, and neither is one that the kernel made for an address.
  - A route goes with its device, and when that is set down.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.neighbour
  - module: containerhost.network.vxlan
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: A bridge is there
  containerhost.network.bridge:
    name: br-web
    addresses: [10.80.1.1/24, "fd00:80:1::1/64"]

- name: A network is reached by a container on the bridge
  containerhost.network.route:
    dst: 10.99.0.0/16
    device: br-web
    via: 10.80.1.2

- name: These routes are there, and no others of this owner
  containerhost.network.route:
    config:
      - {dst: 10.99.0.0/16, device: br-web, via: 10.80.1.3, src: 10.80.1.1}
      - {dst: 10.98.7.0/24, device: br-web, via: 192.0.2.7, onlink: true, metric: 1024}
      - {dst: "fd00:99::/48", device: br-web, via: "fd00:80:1::2"}
      - {dst: 10.97.0.0/16, device: br-web, table: 1000}
    purge: true

- name: One of them is gone
  containerhost.network.route:
    dst: 10.98.7.0/24
    metric: 1024
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
    - before_header: route 10.99.0.0/16
      after_header: route 10.99.0.0/16
      before: "via: 10.80.1.2\n"
      after: "via: 10.80.1.3\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      dst '10.99.1.0/16' is no network (10.99.1.0/16 has host bits set), the network is 10.99.0.0/16
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.route import Route
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Route())


if __name__ == "__main__":
    main()
