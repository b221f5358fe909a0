# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nat_rule
short_description: Addresses translated for containers, out and in
version_added: 0.1.0
description:
  - Lets a network of containers out under its host's address (masquerade), and leads ports of the host to containers
    (publish).
  - Each is an element or two of sets and maps in the nftables table C(containerhost), whose rules are fixed. A packet's
    way is a few look-ups, however many ports are published, and all changes are one transaction.
options:
  rule: &rule
    description:
      - V(masquerade) takes O(source), O(unless) and O(to_address). V(publish) takes the others.
      - Masqueraded are TCP, UDP, SCTP and ICMP. What has no ports (GRE, ESP, IP in IP) does not leave, as what is for
        the host's own tunnels would be taken for the answer.
      - V(via_gateway) takes O(address) and O(protocol). What published ports lead there comes from the gateway's
        address, and so is answered by the way that it came, although the container has its default route elsewhere.
    type: str
    choices: [masquerade, publish, via_gateway]
  source: &source
    description:
      - The network, in CIDR, whose packets leave under the host's address. Required with O(rule=masquerade).
      - It says which masquerade it is. Two of them must not overlap.
      - What these containers answer at published ports is routed as the host routes what it sends itself from the
        address that was called (C(ip rule add from ADDRESS lookup TABLE)).
    type: str
  unless: &unless
    description:
      - The network, in CIDR, to which they keep their own. By default O(source).
    type: str
  to_address: &to_address
    description:
      - The address of the host that they leave under, of the family of O(source). By default that of the interface that
        they leave by.
    type: str
  protocol: &protocol
    description:
      - The published port's protocol. By default V(tcp).
    type: str
    choices: [tcp, udp, sctp]
  host_address: &host_address
    description:
      - The address of the host whose port it is. By default all addresses, of the family of O(address).
      - Port 80 of one address and port 80 of all are two objects.
    type: str
  host_interface: &host_interface
    description:
      - The interface of the host by which the port is reached from elsewhere, at whichever address it has then. This
        host and its containers reach it at those addresses that the interface has when the rule is made.
      - Neither O(host_address) nor O(host_port_end) goes with it.
    type: str
  host_port: &host_port
    description:
      - The port of the host, from 1 to 65535. Required with O(rule=publish).
      - With O(protocol) and O(host_address), it says which published port it is.
    type: int
  host_port_end: &host_port_end
    description:
      - The last port of a range that begins with O(host_port) and leads to the same ports of the container. It is one
        element of a map, however long it is. By default O(host_port) alone.
    type: int
  address: &address
    description:
      - The container's address. Required with O(rule=publish), unless O(state=absent).
      - To remove a port that is published on all addresses of IPv6, give this or O(host_address=::).
    type: str
  port: &port
    description:
      - The container's port, from 1 to 65535. By default O(host_port).
    type: int
  sources: &sources
    description:
      - The networks, in CIDR, that may reach the published port from outside the host. By default everybody may.
      - It limits this published port, and no other one that leads to the same port of the container.
      - An empty list is refused.
    type: list
    elements: str
  state: &state
    description:
      - Whether the rule is to be there.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace that the rule is in, by its name in C(/run/netns) or by a path. The host's own by default.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of a rule needs it.
    type: bool
    default: false
  config:
    suboptions:
      rule:
        <<: *rule
        required: true
      source: *source
      unless: *unless
      to_address: *to_address
      protocol: *protocol
      host_address: *host_address
      host_interface: *host_interface
      host_port: *host_port
      host_port_end: *host_port_end
      address: *address
      port: *port
      sources: *sources
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The mark is the elements' comment. Other tables are never touched, and what those drop stays dropped. The table goes
    with its last element.
  - Published ports are reached from elsewhere, from other containers and from the host itself. From the host's loopback
    addresses it takes C(net.ipv4.conf.BRIDGE.route_localnet), see M(containerhost.network.sysctl), and C([::1]) cannot
    be had.
  - Packets must be forwarded for any of it, see M(containerhost.network.forwarding).
requirements:
  - libnftables 1.0.2 or newer on the host
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.forwarding
  - module: containerhost.network.isolation
  - module: containerhost.network.bridge
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: A network leaves under the host's address
  containerhost.network.nat_rule:
    rule: masquerade
    source: 10.80.1.0/24

- name: A port of the host leads to a container
  containerhost.network.nat_rule:
    rule: publish
    host_port: 8080
    address: 10.80.1.2
    port: 80

- name: These are all rules of this owner
  containerhost.network.nat_rule:
    config:
      - {rule: masquerade, source: 10.80.1.0/24, unless: 10.80.0.0/16}
      - {rule: masquerade, source: "fd00:80:1::/64"}
      - {rule: publish, host_port: 8080, address: 10.80.1.3, port: 80}
      - {rule: publish, protocol: udp, host_port: 53, address: 10.80.1.3}
      - rule: publish
        host_address: 192.0.2.1
        host_port: 443
        address: 10.80.1.3
        port: 8443
        sources: [198.51.100.0/24, 203.0.113.7/32]
      - {rule: publish, host_port: 8080, address: "fd00:80:1::3", port: 80}
    purge: true

- name: A port is published no longer
  containerhost.network.nat_rule:
    rule: publish
    protocol: udp
    host_port: 53
    state: absent

- name: No rule of this owner is left
  containerhost.network.nat_rule:
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
    - before_header: "nat_rule publish 0.0.0.0:8080/tcp"
      after_header: "nat_rule publish 0.0.0.0:8080/tcp"
      before: "address: 10.80.1.2\n"
      after: "address: 10.80.1.3\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      nat_rule publish 8080 needs an `address`, the container's
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.nat_rule import NatRule
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(NatRule())


if __name__ == "__main__":
    main()
