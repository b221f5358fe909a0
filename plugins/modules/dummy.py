# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dummy
short_description: Interfaces that lead nowhere
version_added: 0.1.0
description:
  - Makes, changes and removes dummy interfaces, as C(ip link add type dummy) does. What is sent to one is dropped.
  - As the parent of macvlans it makes a network that does not leave the host. As the holder of an address it makes one
    that is there whatever cable is plugged in.
  - Everything about a dummy is changed in place.
options:
  name: &name
    description:
      - The device's name, of at most 15 characters.
    type: str
  mac: &mac
    description:
      - The device's MAC, a unicast one. Write it in quotes, as YAML takes some MACs for numbers.
      - By default a random one.
    type: str
  mtu: &mtu
    description:
      - The largest packet, in bytes, from 68 to 65535. The kernel's default is 1500.
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
      - The network namespace that the device is in, by its name in C(/run/netns) or by a path. The host's own by
        default.
      - With O(name), it says which device it is.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of a dummy needs it.
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
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The mark is the device's alias, C(containerhost:OWNER), which C(ip link) shows. A device of that name without the
    mark is never changed or removed.
  - The kernel needs the module C(dummy), which it loads by itself where it is installed.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.macvlan
  - module: containerhost.network.bridge
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: An interface that leads nowhere is there
  containerhost.network.dummy:
    name: inner0

- name: Both are there, one with an address that no cable can take away, and no others of these tasks'
  containerhost.network.dummy:
    config:
      - name: inner0
      - name: service0
        mac: "02:00:5e:00:53:10"
        addresses: [192.0.2.80/32, "2001:db8::80/128"]
    purge: true

- name: None is left
  containerhost.network.dummy:
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
    - before_header: 'dummy inner0: absent'
      after_header: dummy inner0
      before: ''
      after: "mtu: 1400\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      dummy inner0 cannot be made: there is one already that is not ours (mtu: 1500); rename or remove one of the two
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.dummy import Dummy
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Dummy())


if __name__ == "__main__":
    main()
