# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bridge
short_description: Bridges, the kernel's switches
version_added: 0.1.0
description:
  - Makes, changes and removes bridges, as C(ip link add type bridge) does, with the addresses that they have as
    gateways of what is plugged into them. Everything about a bridge is changed in place, with its ports plugged in.
options:
  name: &name
    description:
      - The device's name, of at most 15 characters.
    type: str
  mac: &mac
    description:
      - The device's MAC, a unicast one. Write it in quotes, as YAML takes some MACs for numbers.
      - A bridge that is given none takes the lowest MAC of its ports, which changes as they come and go.
    type: str
  mtu: &mtu
    description:
      - The largest packet, in bytes, from 68 to 65535. By default the smallest MTU of the ports.
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
  ipv6: &ipv6
    description:
      - Whether the device has IPv6. By default, it has if one of O(addresses) is of IPv6; without O(addresses), it is
        left as it is.
      - Whichever it is, the device takes nothing from router advertisements and follows no redirects.
    type: bool
  link_local: &link_local
    description:
      - With IPv6, whether the bridge has a link-local address. V(false) is for a bridge that only switches, while it
        has neighbours for others to be answered by.
    type: bool
    default: true
    version_added: 0.2.0
  stp: &stp
    description:
      - Whether it takes part in the Spanning Tree Protocol (C(stp_state)). The kernel's default is V(false).
    type: bool
  priority: &priority
    description:
      - The bridge's priority in the election of the root, from 0 to 65535. The kernel's default is 32768.
    type: int
  ageing_time: &ageing_time
    description:
      - How many seconds a MAC is remembered after its last frame. The kernel's default is 300.
    type: int
  forward_delay: &forward_delay
    description:
      - How many seconds a port listens and learns before it forwards, from 2 to 30. The kernel's default is 15.
    type: int
  multicast_snooping: &multicast_snooping
    description:
      - Whether multicast goes only to the ports that have asked for it (C(mcast_snooping)). The kernel's default is
        V(true).
    type: bool
  group_fwd_mask: &group_fwd_mask
    description:
      - Which link-local groups are forwarded, C(01-80-C2-00-00-0X), a bit for each X, from 0 to 65535. The kernel's
        default is 0 and it refuses the bits 0, 1 and 2.
    type: int
  no_linklocal_learn: &no_linklocal_learn
    description:
      - Whether it learns no MACs from frames for link-local groups, which it does not forward and which
        M(containerhost.network.sender_filter) does not see. The kernel's default is V(false).
    type: bool
    version_added: 0.2.0
  vlan_filtering: &vlan_filtering
    description:
      - Whether it keeps VLANs apart. The kernel's default is V(false).
    type: bool
  uplink: &uplink
    description:
      - The host's interface on a LAN that is to be its port (M(containerhost.network.uplink)). It has the MAC and the
        MTU of that, and the host's addresses there, so that O(mac), O(addresses) and O(ipv6) are not for it.
    type: str
    version_added: 0.2.0
  vlan: &vlan
    description:
      - The VLAN of O(uplink) that is to be its port.
    type: int
    version_added: 0.2.0
  state: &state
    description:
      - Whether the bridge is to be there.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace that the bridge is in, by its name in C(/run/netns) or by a path. The host's own by
        default.
      - With O(name), it says which bridge it is.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of a bridge needs it.
    type: bool
    default: false
  config:
    suboptions:
      name:
        <<: *name
        required: true
      mac: *mac
      mtu: *mtu
      up: *up
      addresses: *addresses
      ipv6: *ipv6
      link_local: *link_local
      stp: *stp
      priority: *priority
      ageing_time: *ageing_time
      forward_delay: *forward_delay
      multicast_snooping: *multicast_snooping
      group_fwd_mask: *group_fwd_mask
      no_linklocal_learn: *no_linklocal_learn
      vlan_filtering: *vlan_filtering
      uplink: *uplink
      vlan: *vlan
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The mark is the device's alias, C(containerhost:OWNER), which C(ip link) shows. A device of that name without the
    mark is never changed or removed.
  - Its ports stay when a bridge goes. They have no master then.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.veth
  - module: containerhost.network.vxlan
  - module: containerhost.network.forwarding
  - module: containerhost.network.nat_rule
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: A bridge is there, with the addresses that its containers use as gateways
  containerhost.network.bridge:
    name: br-web
    addresses: [10.80.1.1/24, "fd00:80:1::1/64"]

- name: It carries larger frames and forgets MACs after a minute
  containerhost.network.bridge:
    name: br-web
    addresses: [10.80.1.1/24, "fd00:80:1::1/64"]
    mtu: 9000
    ageing_time: 60

- name: These bridges are there, and no others of this owner
  containerhost.network.bridge:
    config:
      - name: br-web
        addresses: [10.80.1.1/24]
      - name: br-db
        mac: "02:00:00:00:80:02"
        stp: true
        forward_delay: 4
    purge: true

- name: Both are gone
  containerhost.network.bridge:
    config:
      - name: br-web
        state: absent
      - name: br-db
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
    - before_header: bridge br-web
      after_header: bridge br-web
      before: "mtu: 1500\n"
      after: "mtu: 9000\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      bridge docker0 cannot be made: there is one already that is not ours (mtu: 1500); rename or remove one of the two
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.bridge import Bridge
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Bridge())


if __name__ == "__main__":
    main()
