# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: veth
short_description: Attachments of containers to bridges
version_added: 0.1.0
description:
  - Makes, changes and removes pairs of virtual interfaces, as C(ip link add type veth) does. One end is on the host,
    usually a port of a bridge. The other one is in a container's network namespace, its sandbox, with its name, MAC,
    addresses, routes and settings, ready for use.
  - All is changed in place, except that a pair is not moved to another sandbox.
options:
  name: &name
    description:
      - The host end's name, of at most 15 characters.
    type: str
  sandbox: &sandbox
    description:
      - Whose network namespace the other end is in. Required, unless O(state=absent).
      - Another sandbox needs O(recreate).
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
  master: &master
    description:
      - The bridge that the host end is a port of. Without this option, that is left alone.
    type: str
  isolated: &isolated
    description:
      - Whether the port reaches only ports that are not isolated (C(bridge link), C(isolated)). V(false) if there is a
        O(master).
    type: bool
  hairpin: &hairpin
    description:
      - Whether the port gets frames back that it sent (C(bridge link), C(hairpin)). V(false) if there is a O(master).
    type: bool
  fixed_mac: &fixed_mac
    description:
      - Whether the bridge knows the container's O(mac) at this port for good, and learns no other one by it. V(false)
        if there is a O(master).
    type: bool
    version_added: 0.2.0
  announce: &announce
    description:
      - Whether the segment is told where the container is when it comes to the port, as on a LAN whose switches
        remember at which port it was (gratuitous ARP, unsolicited neighbour advertisement).
    type: bool
    version_added: 0.2.0
  host_mac: &host_mac
    description:
      - The host end's MAC, a unicast one in quotes. By default a random one.
    type: str
  interface: &interface
    description:
      - The name of the sandbox's end, of at most 15 characters.
    type: str
    default: eth0
  mac: &mac
    description:
      - The MAC of the sandbox's end, a unicast one. Write it in quotes, as YAML takes some MACs for numbers.
      - By default a random one.
    type: str
  mtu: &mtu
    description:
      - The largest packet, in bytes, from 68 to 65535, of both ends. The kernel's default is 1500.
    type: int
  up: &up
    description:
      - Whether both ends are up.
    type: bool
    default: true
  addresses: &addresses
    description:
      - All addresses of the sandbox's end with their prefix length, IPv4 and IPv6. Others are removed, except
        link-local ones.
    type: list
    elements: str
  routes: &routes
    description:
      - All routes of the sandbox's end, besides those that the kernel makes for its addresses. Others that this module
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
      - Whether the pair is to be there.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace that the host end is in, by its name in C(/run/netns) or by a path. The host's own by
        default.
      - With O(name), it says which pair it is.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Only O(sandbox) needs it.
    type: bool
    default: false
  config:
    suboptions:
      name:
        <<: *name
        required: true
      sandbox: *sandbox
      master: *master
      isolated: *isolated
      hairpin: *hairpin
      fixed_mac: *fixed_mac
      announce: *announce
      host_mac: *host_mac
      interface: *interface
      mac: *mac
      mtu: *mtu
      up: *up
      addresses: *addresses
      routes: *routes
      sysctls: *sysctls
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The mark is the alias of the host end, C(containerhost:OWNER ENGINE:REF/INTERFACE), which C(ip link) shows. A device
    of that name without the mark is never changed or removed.
  - The pair goes with its sandbox, and either end with the other one.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.netns
  - module: containerhost.network.bridge
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: Namespaces and a bridge are there
  containerhost.network.netns:
    config:
      - name: shop
      - name: db

- name: The bridge is there
  containerhost.network.bridge:
    name: br-web
    addresses: [10.80.1.1/24, "fd00:80:1::1/64"]

- name: The namespace is attached to the bridge
  containerhost.network.veth:
    name: veth-shop
    master: br-web
    sandbox: {ref: shop}
    addresses: [10.80.1.2/24, "fd00:80:1::2/64"]
    routes:
      - {dst: 0.0.0.0/0, via: 10.80.1.1}
      - {dst: "::/0", via: "fd00:80:1::1"}

- name: Two namespaces are attached, which do not reach each other, and nothing else of this owner
  containerhost.network.veth:
    config:
      - name: veth-shop
        master: br-web
        isolated: true
        sandbox: {ref: shop}
        addresses: [10.80.1.2/24]
      - name: veth-db
        master: br-web
        isolated: true
        sandbox: {engine: path, ref: /run/netns/db}
        interface: web0
        mac: "02:00:00:00:80:03"
        mtu: 1400
        addresses: [10.80.1.3/24]
        sysctls:
          net.ipv6.conf.IFNAME.disable_ipv6: 1
    purge: true

- name: The attachment moves to another namespace
  containerhost.network.veth:
    name: veth-shop
    master: br-web
    sandbox: {ref: db}
    addresses: [10.80.1.2/24]
    recreate: true

- name: It is gone
  containerhost.network.veth:
    name: veth-shop
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
    - before_header: 'veth shop eth0: absent'
      after_header: veth shop eth0
      before: ''
      after: "10.80.1.2/24 as eth0 in netns shop, on br-web, mtu 1500\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      veth shop eth0: there is no network namespace shop; make it first (module netns), or start its container
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.veth import Veth
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Veth())


if __name__ == "__main__":
    main()
