# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: open_port
short_description: Ports of containers that are reached under their own address
version_added: 0.1.0
description:
  - Lets a container's port be reached from outside its network under the container's own address, without any
    translation, where M(containerhost.network.isolation) keeps the rest out.
options:
  protocol: &protocol
    description:
      - The port's protocol.
    type: str
    choices: [tcp, udp, sctp]
    default: tcp
  address: &address
    description:
      - The container's address, IPv4 or IPv6.
    type: str
  port: &port
    description:
      - The container's port.
    type: int
  sources: &sources
    description:
      - Networks in CIDR that may reach the port. By default everybody may. An empty list is refused.
    type: list
    elements: str
  state: &state
    description:
      - Whether the port is to be open.
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
      protocol: *protocol
      address:
        <<: *address
        required: true
      port:
        <<: *port
        required: true
      sources: *sources
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The rules are elements of sets in the nftables table C(containerhost), and the mark is their comment. Other tables
    and their policies are never touched, and what those drop stays dropped. The table goes with its last element.
requirements:
  - libnftables 1.0.2 or newer on the host
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.isolation
  - module: containerhost.network.nat_rule
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: The web server is reached by everybody, the metrics by one network
  containerhost.network.open_port:
    config:
      - {address: 10.80.1.2, port: 80}
      - {address: 10.80.1.2, port: 9100, sources: [192.0.2.0/24]}
    purge: true

- name: The metrics are not reached any more
  containerhost.network.open_port:
    address: 10.80.1.2
    port: 9100
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
    - before_header: 'open_port 10.80.1.2:80/tcp: absent'
      after_header: open_port 10.80.1.2:80/tcp
      before: ''
      after: "to: everybody\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      port 65536 is not between 1 and 65535
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.open_port import OpenPort
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(OpenPort())


if __name__ == "__main__":
    main()
