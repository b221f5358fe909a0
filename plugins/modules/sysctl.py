# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sysctl
short_description: Network settings that are borrowed and given back
version_added: 0.1.0
description:
  - Sets network settings of the kernel, as C(sysctl) does, for as long as somebody wants them. What a setting was
    before is kept, and it is restored when the last owner asks for its absence, unless somebody else has changed it
    meanwhile.
  - Nothing is written to C(/etc/sysctl.conf) or the like. A reboot ends it.
options:
  key: &key
    description:
      - The setting's name, below C(net.). Write it with slashes where a device's name has a dot in it, as in
        V(net/ipv4/conf/eth0.7/rp_filter).
    type: str
  value: &value
    description:
      - Its value, as the kernel shows it. Several words are separated by single spaces. Required, unless
        O(state=absent).
    type: str
  state: &state
    description:
      - Whether the setting is to have the value. V(absent) gives it back.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace whose setting it is, by its name in C(/run/netns) or by a path. The host's own by default.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of a setting needs it.
    type: bool
    default: false
  config:
    suboptions:
      key:
        <<: *key
        required: true
      value: *value
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - Who holds a setting, and what it was before, is remembered in C(/run/containerhost/records.json) on the host.
  - A setting that has the value already is not borrowed. It stays as it is when it is given back.
  - Several owners may hold a setting with the same value. It is restored when the last of them gives it back.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.forwarding
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: A bridge is there
  containerhost.network.bridge:
    name: br-web
    addresses: [10.80.1.1/24]

- name: Packets to published ports may come from the host's own loopback
  containerhost.network.sysctl:
    key: net.ipv4.conf.br-web.route_localnet
    value: 1

- name: These settings are borrowed, and no others by this owner
  containerhost.network.sysctl:
    config:
      - {key: net.ipv4.conf.br-web.route_localnet, value: 1}
      - {key: net/ipv6/conf/br-web/accept_ra, value: 0}
      - {key: net.ipv4.ping_group_range, value: 0 2147483647}
    purge: true

- name: One of them is given back
  containerhost.network.sysctl:
    key: net.ipv4.ping_group_range
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
    - before_header: "sysctl net/ipv4/conf/br-web/route_localnet"
      after_header: "sysctl net/ipv4/conf/br-web/route_localnet"
      before: "value: 0\n"
      after: "value: 1\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      sysctl kernel.panic is not below net.
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.sysctl import Sysctl
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Sysctl())


if __name__ == "__main__":
    main()
