# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ipvlan
short_description: Interfaces of containers on the LAN, under the host's MAC
version_added: 0.1.0
description:
  - Makes, changes and removes ipvlans, as C(ip link add type ipvlan) does. Each is an interface on the parent's LAN
    with the parent's MAC, in a container's network namespace, with its addresses, routes and settings, ready for use.
    The LAN sees one MAC for all of them, as it has to where a switch or an access point takes no more.
  - In mode V(l2), its addresses are announced to the LAN, so that neighbours know at once where they are now.
  - A host does not reach its own ipvlans through their parent. One without O(sandbox), the host's own, does that.
options:
  parent: &parent
    description:
      - The host's interface on the LAN. Required, unless O(state=absent). It stays as it is, with its own addresses.
      - Another parent needs O(recreate). A parent carries ipvlans or macvlans, not both.
    type: str
  vlan: &vlan
    description:
      - The VLAN of the parent that it is on (802.1Q), from 1 to 4094, whatever that VLAN's interface is called. The
        module M(containerhost.network.vlan) makes one. By default it is on the parent itself.
      - Another VLAN needs O(recreate).
    type: int
  mode: &mode
    description:
      - The layer that the parent's ipvlans share. V(l2) is a switch, with ARP and broadcasts. With V(l3) and V(l3s) the
        host routes, without ARP, broadcasts and multicast, the latter with the host's netfilter and connection
        tracking; the LAN needs routes to the host for them, and their own are to be on the link, without a gateway.
      - The kernel keeps one mode for all ipvlans of a parent. It is changed in place, for all of them.
    type: str
    choices: [l2, l3, l3s]
    default: l2
  flag: &flag
    description:
      - How ipvlans of one parent reach each other. V(bridge) directly; V(vepa) by way of the switch outside, which must
        send frames back (802.1Qbg); V(private) not at all.
      - The kernel keeps one for all ipvlans of a parent. It is changed in place, for all of them.
    type: str
    choices: [bridge, private, vepa]
    default: bridge
  sandbox: &sandbox
    description:
      - Whose network namespace the interface is in. By default it is the host's own, a shim by which the host reaches
        its ipvlans.
    type: dict
    suboptions:
      engine:
        description:
          - What runs the container, and how its namespace is found.
          - V(netns) is a named namespace (C(ip netns), M(containerhost.network.netns)), V(docker), V(podman),
            V(containerd), V(nspawn), V(lxc), V(lxd) and V(incus) are running containers, V(systemd) is a service,
            V(pid) is a process, V(path) is a file such as C(/proc/4711/ns/net).
        type: str
        choices: [netns, docker, containerd, incus, lxc, lxd, nspawn, path, pid, podman, systemd]
        default: netns
      ref:
        description:
          - The namespace's, container's or unit's name, the process's number, or the file's path.
        type: str
        required: true
  interface: &interface
    description:
      - The interface's name in the sandbox, of at most 15 characters.
    type: str
    default: eth0
  mtu: &mtu
    description:
      - The largest packet, in bytes, from 68 to the parent's MTU, which is the default.
    type: int
  up: &up
    description:
      - Whether the interface is up.
    type: bool
    default: true
  addresses: &addresses
    description:
      - All addresses of the interface with their prefix length, IPv4 and IPv6. Others are removed, except
        link-local ones.
    type: list
    elements: str
  routes: &routes
    description:
      - All routes by the interface, besides those that the kernel makes for its addresses. Others that this module
        made are removed.
    type: list
    elements: dict
    suboptions:
      dst:
        description:
          - The destination, a network in CIDR. The default routes are V(0.0.0.0/0) and V(::/0).
        type: str
        required: true
      via:
        description:
          - The gateway. By default the destination is on the link.
        type: str
      metric:
        description:
          - Of several routes to one destination, that with the lowest metric is taken.
        type: int
      type:
        description:
          - Drops what is sent there, without a word (V(blackhole)), or with an ICMP message to the sender, that the
            destination is not reachable (V(unreachable)) or forbidden (V(prohibit)). It excludes O(routes[].via), and
            needs an address of its family in O(addresses).
        type: str
        choices: [blackhole, unreachable, prohibit]
        version_added: 0.2.0
  sysctls: &sysctls
    description:
      - Settings in the sandbox, below C(net.). In a name, C(IFNAME) stands for O(interface), as it does in Docker's.
      - They go with the sandbox. What they were before is not kept.
    type: dict
  state: &state
    description:
      - Whether the interface is to be there.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace that the parent is in, by its name in C(/run/netns) or by a path. The host's own by
        default.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Only O(parent), O(vlan), and O(mode)
        V(passthru), need it.
    type: bool
    default: false
  config:
    suboptions:
      parent: *parent
      vlan: *vlan
      mode: *mode
      flag: *flag
      sandbox: *sandbox
      interface: *interface
      mtu: *mtu
      up: *up
      addresses: *addresses
      routes: *routes
      sysctls: *sysctls
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - O(sandbox) and O(interface) say which ipvlan it is.
  - The mark is the alias of the interface, C(containerhost:OWNER). One of that name without the mark is never changed
    or removed.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.macvlan
  - module: containerhost.network.vlan
  - module: containerhost.network.netns
  - module: containerhost.network.veth
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: Two namespaces are there
  containerhost.network.netns:
    config: [{name: printer}, {name: camera}]

- name: One of them is on the LAN of eth0
  containerhost.network.ipvlan:
    parent: eth0
    sandbox: {ref: printer}
    interface: lan0
    addresses: [192.168.7.130/24]
    routes: [{dst: 0.0.0.0/0, via: 192.168.7.1}]

- name: Both are, and the host reaches them by an interface of its own
  containerhost.network.ipvlan:
    config:
      - parent: eth0
        sandbox: {ref: printer}
        interface: lan0
        addresses: [192.168.7.130/24]
        routes: [{dst: 0.0.0.0/0, via: 192.168.7.1}]
      - parent: eth0
        sandbox: {ref: camera}
        interface: lan0
        addresses: [192.168.7.131/24]
      - parent: eth0
        interface: shim0
        addresses: [192.168.7.129/32]
        routes: [{dst: 192.168.7.130/32}, {dst: 192.168.7.131/32}]
    purge: true

- name: None is left
  containerhost.network.ipvlan:
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
    - before_header: 'ipvlan shop eth0: absent'
      after_header: ipvlan shop eth0
      before: ''
      after: "10.80.1.2/24 as eth0 in netns shop, on br-web, mtu 1500\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      ipvlan shop eth0: there is no network namespace shop; make it first (module netns), or start its container
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.ipvlan import Ipvlan
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Ipvlan())


if __name__ == "__main__":
    main()
