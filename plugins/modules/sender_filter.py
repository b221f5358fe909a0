# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sender_filter
short_description: With which MAC and addresses a container sends
version_added: 0.2.0
description:
  - Drops what comes in by a port of a bridge under another MAC or address than those of who is behind it, before the
    bridge learns anything of it. That is so of frames and of packets, of ARP and of neighbour discovery.
  - Router advertisements and redirects are dropped, what multicast routers ask (queries of IGMP and MLD), and whatever
    is neither IP nor ARP, such as frames with a VLAN's tag. What somebody sends who has no address yet gets through,
    such as C(DHCP), reports of C(IGMP) and C(MLD), and the question whether an address of his is taken.
options:
  port: &port
    description:
      - The bridge's port, the host's end of a container's veth pair. It need not be there yet.
    type: str
  mac: &mac
    description:
      - The MAC of who is behind it. Required unless O(state=absent) or O(elsewhere=true).
    type: str
  elsewhere: &elsewhere
    description:
      - Whether there are containers of other hosts behind it, as behind a VXLAN. From there, everything comes in but
        what no container may send anywhere, and what speaks for the addresses of those who are behind other ports here,
        by filters of the same O(owner).
    type: bool
    default: false
  sources: &sources
    description:
      - His addresses, IPv4 and IPv6. With IPv6 his link-local one is among them. By default none.
    type: list
    elements: str
  relays: &relays
    description:
      - Networks in CIDR that he routes for. Packets may come from there, and he is nobody's neighbour under their
        addresses.
    type: list
    elements: str
  state: &state
    description:
      - Whether there is to be a filter. Without one, whoever is behind the port sends what he likes.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace that the bridge is in, by its name in C(/run/netns) or by a path. The host's own by
        default.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of it needs it.
    type: bool
    default: false
  config:
    suboptions:
      port:
        <<: *port
        required: true
      mac: *mac
      elsewhere: *elsewhere
      sources: *sources
      relays: *relays
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - A bridge learns MACs from frames for link-local groups as well, which no filter sees. So set
    O(containerhost.network.bridge#module:no_linklocal_learn).
  - The rules are elements of sets in an nftables table C(containerhost) of family bridge, and the mark is their
    comment. Other tables and their policies are never touched, and what those drop stays dropped. The table goes with
    its last element.
requirements:
  - libnftables 1.0.2 or newer on the host
  - a kernel with nftables for bridges (C(CONFIG_NF_TABLES_BRIDGE))
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.veth
  - module: containerhost.network.isolation
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: Who is behind a port sends under his own MAC and addresses
  containerhost.network.sender_filter:
    port: chv-shop
    mac: 02:50:27:89:8e:e2
    sources: [10.80.1.2, fd00:80:1::2, fe80::50:27ff:fe89:8ee2]

- name: He sends what he likes
  containerhost.network.sender_filter:
    port: chv-shop
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
    - before_header: 'sender_filter chv-shop: absent'
      after_header: sender_filter chv-shop
      before: ''
      after: "02:50:27:89:8e:e2 with 10.80.1.2\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - 'sender_filter chv-shop: `mac` is missing: say which one is behind it'
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.sender_filter import SenderFilter
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(SenderFilter())


if __name__ == "__main__":
    main()
