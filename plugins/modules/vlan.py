# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vlan
short_description: Interfaces of VLANs
version_added: 0.1.0
description:
  - Makes, changes and removes the interfaces of VLANs, as C(ip link add type vlan) does, with their addresses. What is
    sent to one leaves by its parent with the VLAN's tag.
  - The kernel takes one for each VLAN of a parent. One that somebody else has made is used as it is, whatever it is
    called, and stays when this module removes it. One that several owners want (tasks with another O(owner), networks
    of the plan) goes when the last of them has let go of it.
  - Everything about a VLAN's interface is changed in place.
options:
  parent: &parent
    description:
      - The interface that the VLAN is on, of any kind. It stays as it is.
    type: str
  id: &id
    description:
      - The VLAN's number, from 1 to 4094.
    type: int
  protocol: &protocol
    description:
      - The tag's protocol, V(802.1ad) for an outer tag (a provider's, Q-in-Q). A parent has the same number once for
        each.
    type: str
    choices: [802.1Q, 802.1ad]
    default: 802.1Q
  name: &name
    description:
      - What the device is called when it is made, at most 15 characters. One that is there keeps its name.
      - By default C(PARENT.ID), such as V(eth1.7), and C(PARENT-ID) with O(protocol=802.1ad). Where that is too long,
        C(ch) and a hash stand for the parent.
    type: str
  mac: &mac
    description:
      - The device's MAC, a unicast one. Write it in quotes, as YAML takes some MACs for numbers.
      - By default the parent's.
    type: str
  mtu: &mtu
    description:
      - The largest packet, in bytes, from 68 to the parent's MTU, which is the default.
    type: int
  up: &up
    description:
      - Whether the device is up.
    type: bool
    default: true
  addresses: &addresses
    description:
      - All addresses of the device with their prefix length, IPv4 and IPv6. Others are removed, except link-local ones.
      - Without this option, addresses are left alone.
    type: list
    elements: str
  state: &state
    description:
      - Whether the device is to be there.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace that the device and its parent are in, by its name in C(/run/netns) or by a path. The
        host's own by default.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of a VLAN needs it.
    type: bool
    default: false
  config:
    suboptions:
      parent:
        <<: *parent
        required: true
      id:
        <<: *id
        required: true
      protocol: *protocol
      name: *name
      mac: *mac
      mtu: *mtu
      up: *up
      addresses: *addresses
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - O(parent), O(id), O(protocol) and O(netns) say which VLAN it is.
  - The mark is the device's alias, C(containerhost:OWNER), which C(ip link) shows. It names one of the owners; the
    others are in C(/run/containerhost/records.json).
  - The parent must be up for packets to pass. A VLAN's interface goes with its parent.
  - The kernel needs the module C(8021q), which it loads by itself where it is installed.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.macvlan
  - module: containerhost.network.dummy
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: An interface is there that has VLANs
  containerhost.network.dummy:
    name: inner0

- name: VLAN 7 is on it, with an address of the host's
  containerhost.network.vlan:
    parent: inner0
    id: 7
    addresses: [192.0.2.1/24]

- name: Both are, one of them inside a provider's tag, and no others of these tasks'
  containerhost.network.vlan:
    config:
      - parent: inner0
        id: 7
      - parent: inner0
        id: 100
        protocol: 802.1ad
        name: provider
      - parent: provider
        id: 7
        name: customer
    purge: true

- name: None is left
  containerhost.network.vlan:
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
    - before_header: 'vlan 7 of inner0: absent'
      after_header: vlan 7 of inner0
      before: ''
      after: "name: inner0.7\naddresses: 192.0.2.1/24\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      vlan 7 of eth9: there is no interface eth9 on this host; name its interface as `parent`
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.vlan import Vlan
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Vlan())


if __name__ == "__main__":
    main()
