# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: foreign_firewall
short_description: Networks of ours that another firewall of the host lets pass
version_added: 0.2.0
description:
  - Has the host's other firewalls let pass what comes to a device of ours and what leaves it, in the place that each of
    them has for its users. These are Docker's chain C(DOCKER-USER), policies of firewalld, and ufw's rules that go
    before those of its command line (C(/etc/ufw/before.rules)), where they filter by nftables.
  - It is what those of them need that filter now. On a host without any of them, nothing is changed.
  - Nothing is accepted without the device or one of its subnets. What may go into them is decided afterwards by the
    table of this collection, see M(containerhost.network.isolation).
options:
  device: &device
    description:
      - The device that containers are on, such as a bridge.
    type: str
  subnets: &subnets
    description:
      - Subnets behind the device. What is sent to them there passes.
    type: list
    elements: str
  outward: &outward
    description:
      - Those of them whose containers have a way out. What they send by the devices of the host's default routes
        passes. Beside Docker these are all interfaces that have an address and are hardware, VLANs or bonds.
    type: list
    elements: str
  peers: &peers
    description:
      - Networks that O(subnets) reach by whichever device, as those of an overlay's other hosts.
    type: list
    elements: str
  host_access: &host_access
    description:
      - Ports of the host that O(subnets) reach, as in V(53/udp).
    type: list
    elements: str
  tunnel_address: &tunnel_address
    description:
      - The host's address that VXLAN packets come to and are sent from. None of them by default.
    type: str
  tunnel_port: &tunnel_port
    description:
      - Their UDP port. 4789 by default, where there is a O(tunnel_address).
    type: int
  carried_address: &carried_address
    description:
      - The same of a VXLAN whose packets go by that tunnel, which is a link-local address there. None by default.
    type: str
    version_added: 0.2.0
  carried_port: &carried_port
    description:
      - Their UDP port. 4789 by default, where there is a O(carried_address).
    type: int
    version_added: 0.2.0
  state: &state
    description:
      - Whether it is to pass. With V(absent), the files and chains of these firewalls are as they were before.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - These firewalls filter in the host's own network namespace, so this is refused.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of it needs it.
    type: bool
    default: false
  config:
    suboptions:
      device:
        <<: *device
        required: true
      subnets: *subnets
      outward: *outward
      peers: *peers
      host_access: *host_access
      tunnel_address: *tunnel_address
      tunnel_port: *tunnel_port
      carried_address: *carried_address
      carried_port: *carried_port
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - In C(DOCKER-USER) the rules come last, so that what is dropped there by its users stays dropped. ufw has them before
    the rules of its command line, and firewalld in policies of priority -1.
  - firewalld learns of a policy by C(firewall-cmd --reload) only, which takes its runtime-only settings along. An
    interface of a default route that has no zone of its own is put into the default one, in the zone's file.
  - The program C(iptables) is not used. Where it is the legacy one, and where a firewall has no such place, nothing is
    changed.
requirements:
  - libnftables 1.0.2 or newer on the host
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.bridge
  - module: containerhost.network.isolation
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: A bridge is there
  containerhost.network.bridge:
    name: br-web
    addresses: [10.80.1.1/24]

- name: Other firewalls let its containers out, and in what may come in
  containerhost.network.foreign_firewall:
    device: br-web
    subnets: [10.80.1.0/24]
    outward: [10.80.1.0/24]

- name: They are as they were before
  containerhost.network.foreign_firewall:
    device: br-web
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
    - before_header: 'foreign_firewall br-web: absent'
      after_header: foreign_firewall br-web
      before: ''
      after: "ip filter DOCKER-USER: oifname \"br-web\" ip daddr 10.80.1.0/24\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      host_access '53' is no port: write it as in 53/udp or 1000-2000/tcp
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.foreign_firewall import ForeignFirewall
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(ForeignFirewall())


if __name__ == "__main__":
    main()
