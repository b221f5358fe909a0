# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: forwarding
short_description: Routing between containers' networks and the outside
version_added: 0.1.0
description:
  - Lets a host route packets that come in by an interface, without making it a router for anybody else. The kernel's
    setting is borrowed, and given back as it was when the last owner asks for its absence.
  - For IPv4, and for IPv6 since Linux 6.17, the setting of that one interface is switched. An older kernel has a single
    one for all of IPv6. Before that is switched on, C(accept_ra) becomes 2 where an interface lives on router
    advertisements.
  - Where C(rp_filter) is 1 at an uplink, and the way back depends on a packet's mark, C(src_valid_mark) is borrowed for
    it as well, as where O(containerhost.network.isolation#module:direct_by) names it.
  - What was not routed before is not routed now, unless one end is a device of ours. Rules in the nftables table
    C(containerhost) see to that for every interface that is not.
options:
  device: &device
    description:
      - A device of ours, such as a bridge of M(containerhost.network.bridge). Give either this or O(uplink).
    type: str
  uplink: &uplink
    description:
      - An interface that is not ours, by which replies come in.
      - V(auto) stands for every such interface with an address of the family.
    type: str
  family: &family
    description:
      - The family of the packets.
    type: str
    choices: [ipv4, ipv6]
    default: ipv4
  state: &state
    description:
      - Whether packets are to be forwarded. V(absent) gives the setting back.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace that the interface is in, by its name in C(/run/netns) or by a path. The host's own by
        default.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of it needs it.
    type: bool
    default: false
  config:
    suboptions:
      device: *device
      uplink: *uplink
      family: *family
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - Who holds a setting, and what it was before, is remembered in C(/run/containerhost/records.json) on the host.
  - Forwarding that is on already is not borrowed. It stays on.
requirements:
  - libnftables 1.0.2 or newer on the host, for O(uplink)
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.bridge
  - module: containerhost.network.isolation
  - module: containerhost.network.nat_rule
  - module: containerhost.network.sysctl
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: A bridge is there
  containerhost.network.bridge:
    name: br-web
    addresses: [10.80.1.1/24, "fd00:80:1::1/64"]

- name: Its packets are routed
  containerhost.network.forwarding:
    device: br-web

- name: Its packets and the replies to them are routed
  containerhost.network.forwarding:
    config:
      - {device: br-web, family: ipv4}
      - {device: br-web, family: ipv6}
      - {uplink: auto, family: ipv4}
      - {uplink: auto, family: ipv6}
    purge: true

- name: All is as it was
  containerhost.network.forwarding:
    config: []
    purge: true
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
    - before_header: 'forwarding ipv4 on br-web: absent'
      after_header: forwarding ipv4 on br-web
      before: ''
      after: "on: net/ipv4/conf/br-web/forwarding\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      forwarding ipv4 on br-web, there is no device br-web; make it first
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.forwarding import Forwarding
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Forwarding())


if __name__ == "__main__":
    main()
