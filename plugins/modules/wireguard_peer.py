# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wireguard_peer
short_description: Whom a WireGuard device knows
version_added: 0.2.0
description:
  - Has a device of M(containerhost.network.wireguard) know another end of its tunnel, as C(wg set DEVICE peer) does, by
    which key, where it is, and which addresses are behind it.
options:
  device: &device
    description:
      - The WireGuard device, one of ours.
      - With O(public_key), it says which peer it is.
    type: str
  public_key: &public_key
    description:
      - The peer's public key, 44 characters as C(wg pubkey) prints them.
    type: str
  endpoint: &endpoint
    description:
      - Where it is, an address and a port, as in V(192.0.2.12:51820) or V([2001:db8::12]:51820).
      - Without it, it is where it first sends from.
    type: str
  roams: &roams
    description:
      - Whether it is left where it has last answered from, as that is not always O(endpoint) for one behind NAT. Once
        it has not answered for three minutes, it is looked for at O(endpoint) again.
    type: bool
    default: false
  allowed_ips: &allowed_ips
    description:
      - Networks in CIDR that are behind it. What is sent there goes to it, and what comes from it under any other
        address is dropped.
    type: list
    elements: str
  keepalive: &keepalive
    description:
      - So often, in seconds, it is sent an empty packet, which keeps a way back open through NAT. 0 is never.
    type: int
    default: 0
  state: &state
    description:
      - Whether the device is to know it.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace that the device is in, by its name in C(/run/netns) or by a path. The host's own by
        default.
      - With O(device) and O(public_key), it says which peer it is.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of a peer needs it.
    type: bool
    default: false
  config:
    suboptions:
      device:
        <<: *device
        required: true
      public_key:
        <<: *public_key
        required: true
      endpoint: *endpoint
      roams: *roams
      allowed_ips: *allowed_ips
      keepalive: *keepalive
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - Peers are their device's owner's. Those of devices that are not ours are never changed.
requirements:
  - wg of the package wireguard-tools on the host
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.wireguard
  - module: containerhost.network.wireguard_key
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

- name: It knows two others, and no more
  containerhost.network.wireguard_peer:
    config:
      - device: wg-site
        public_key: yHcRHtx1qSLKxbCRNvoL0iROyTo1LZSiWnSXbDj2lEA=
        endpoint: 192.0.2.12:51820
        allowed_ips: [10.99.0.2/32]
      - device: wg-site
        public_key: qsaidm0B0hBl9dmcCooG/EPfdRz/X5wlI9fOqvrmB0w=
        endpoint: "[2001:db8::13]:51820"
        allowed_ips: [10.99.0.3/32, "fd00:99::3/128"]
        keepalive: 25
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
    - before_header: 'wireguard_peer yHcRHtx1qSLKxbCRNvoL0iROyTo1LZSiWnSXbDj2lEA= on wg-site: absent'
      after_header: wireguard_peer yHcRHtx1qSLKxbCRNvoL0iROyTo1LZSiWnSXbDj2lEA= on wg-site
      before: ''
      after: "endpoint: 192.0.2.12:51820\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      wireguard_peer on wg-site: public_key 'abc' is no key: it has 44 characters, as `wg pubkey` prints them
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.wireguard_peer import WireguardPeer
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(WireguardPeer())


if __name__ == "__main__":
    main()
