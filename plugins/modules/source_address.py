# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: source_address
short_description: Under which of its addresses a host sends from a UDP port
version_added: 0.1.0
description:
  - Gives what this host sends from a UDP port one address of the host's as its source, whichever the kernel would take.
    WireGuard, which has no option for it, sends under the address of the route to a peer, and peers answer to there.
  - Where the host does not have the address, as others translate it on the way, packets stay as they are. It is looked
    for whenever a task runs.
options:
  port: &port
    description:
      - The UDP port that packets are sent from.
    type: int
  address: &address
    description:
      - The address, IPv4 or IPv6. Packets of the other family stay as they are. Required unless O(state=absent).
    type: str
  state: &state
    description:
      - Whether the address is to be that.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace in which it holds, by its name in C(/run/netns) or by a path. The host's own by default.
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
      address: *address
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The rules are elements of maps in the nftables table C(containerhost), and the mark is their comment. Other tables
    and their policies are never touched. The table goes with its last element.
  - Packets have the address before connection tracking sees them, and are routed by it.
requirements:
  - libnftables 1.0.2 or newer on the host
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.wireguard
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: A tunnel sends under the second address of its interface
  containerhost.network.source_address:
    port: 51820
    address: 192.0.2.12

- name: It sends under whichever the kernel takes
  containerhost.network.source_address:
    port: 51820
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
    - before_header: 'source_address of UDP port 51820: absent'
      after_header: source_address of UDP port 51820
      before: ''
      after: "address: 192.0.2.12\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      address '192.0.2.0/24' is no IP address
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.source_address import SourceAddress
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(SourceAddress())


if __name__ == "__main__":
    main()
