# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wireguard
short_description: Ends of encrypted tunnels
version_added: 0.2.0
description:
  - Makes, changes and removes WireGuard devices, as C(ip link add type wireguard) and C(wg set) do.
  - Where the kernel has no WireGuard, wireguard-go makes a TUN device that is the same to C(wg) and to all others.
  - Everything about a device is changed in place.
options:
  name: &name
    description:
      - The device's name, of at most 15 characters.
      - It says which device it is.
    type: str
  port: &port
    description:
      - The UDP port that peers send to.
    type: int
    default: 51820
  key: &key
    description:
      - The name of its key, which M(containerhost.network.wireguard_key) has made.
      - By default the device's own name.
    type: str
  local: &local
    description:
      - The host's address that peers send to. WireGuard sends by whatever way there is to a peer; this says which
        interface O(mtu) has to fit. M(containerhost.network.source_address) has it send from that address.
    type: str
  link: &link
    description:
      - That interface itself.
    type: str
  mtu: &mtu
    description:
      - The largest packet, in bytes, from 68 to 65535. A tunnel over IPv4 adds 60 bytes to it, over IPv6 80. The
        kernel's default is 1420.
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
  link_local: &link_local
    description:
      - Its link-local address, of fe80::/64. The kernel gives a tunnel none by itself. A VXLAN at this address, with
        the device as its C(link), is carried by the tunnel and takes packets from nowhere else.
      - Without this option, link-local addresses are left alone.
    type: str
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
      - Allows what cannot be changed in place to be re-created. Nothing of a WireGuard device needs it.
    type: bool
    default: false
  config:
    suboptions:
      name:
        <<: *name
        required: true
      port: *port
      key: *key
      local: *local
      link: *link
      mtu: *mtu
      up: *up
      addresses: *addresses
      link_local: *link_local
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The mark is the device's alias, C(containerhost:OWNER), which C(ip link) shows. A device of that name without the
    mark is never changed or removed.
  - Its key is handed to C(wg) by its standard input.
requirements:
  - wg of the package wireguard-tools on the host
  - the kernel's module wireguard, or wireguard-go
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.wireguard_key
  - module: containerhost.network.wireguard_peer
  - module: containerhost.network.source_address
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: The host has a key
  containerhost.network.wireguard_key:
    name: wg-site

- name: It has an end of a tunnel
  containerhost.network.wireguard:
    name: wg-site
    addresses: [10.99.0.1/32]
    mtu: 1440

- name: It has none
  containerhost.network.wireguard:
    name: wg-site
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
    - before_header: 'wireguard wg-site: absent'
      after_header: wireguard wg-site
      before: ''
      after: "mtu: 1440\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      wireguard wg-site cannot be made: dnsmasq (process 4711) has UDP port 51820 on this host: stop it, or give this
      one another `port`
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.wireguard import Wireguard
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Wireguard())


if __name__ == "__main__":
    main()
