# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: podman_network
short_description: Networks of Podman's own on bridges of ours
version_added: 0.2.0
description:
  - Makes a bridge that is there a network of Podman's, by a file in C(/etc/containers/networks), so that
    C(podman run --network NAME) puts containers of root on it, and C(podman network ls) shows it.
  - The file names the driver C(containerhost), a plugin of netavark's, which is the program that keeps a host. It makes
    interfaces with the same guards as any other container's, publishes ports, and takes all of it away again. Podman
    hands out addresses.
options:
  name: &name
    description:
      - The network's name for Podman.
    type: str
  bridge: &bridge
    description:
      - The bridge. Required, unless O(state=absent).
    type: str
  subnets: &subnets
    description:
      - Its subnets, one for each family. Required, unless O(state=absent).
    type: list
    elements: dict
    suboptions:
      subnet:
        description:
          - The subnet.
        type: str
        required: true
      range:
        description:
          - The part of it that Podman hands out. All of it by default.
        type: str
      gateway:
        description:
          - The address of the bridge, where containers send what goes elsewhere.
        type: str
        required: true
      routes:
        description:
          - Where containers go by the gateway, V(0.0.0.0/0) for everywhere. Of a container on several networks, that
            of its first interface is the way out, or one of Podman's own.
        type: list
        elements: str
      ports:
        description:
          - What C(podman run -p) does. V(publish) leads a port of the host to the container's, V(open)
            lets the container's own be reached from outside.
        type: str
        choices: [publish, open]
        default: publish
  mtu: &mtu
    description:
      - The MTU of containers' interfaces. The kernel's default by default.
    type: int
  isolated: &isolated
    description:
      - Whether containers of Podman's are kept from reaching each other.
    type: bool
  anti_spoofing: &anti_spoofing
    description:
      - Whether containers of Podman's may send with their own MACs and addresses only.
    type: bool
  dns: &dns
    description:
      - Whom containers ask for names, instead of Podman's own name server.
    type: dict
    suboptions:
      nameservers:
        description:
          - Addresses of name servers.
        type: list
        elements: str
      search:
        description:
          - Domains that names are looked for in.
        type: list
        elements: str
  state: &state
    description:
      - Whether the network is to be there. With V(absent), containers that are on it are an error that names them.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - It is a file of the host, so this is refused.
    type: str
  recreate: &recreate
    description:
      - Nothing of it needs it. Containers that are on the network keep what they have until they start again.
    type: bool
    default: false
  config:
    suboptions:
      name:
        <<: *name
        required: true
      bridge: *bridge
      subnets: *subnets
      mtu: *mtu
      isolated: *isolated
      anti_spoofing: *anti_spoofing
      dns: *dns
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - It needs a netavark with plugins, 1.6 or newer, and a Podman that knows of them, 4.5 or newer. An older one is an
    error that says what to do instead; where there is none, so is that.
  - The plugin is C(/usr/local/libexec/netavark/containerhost), which a run of C(containerhost.network.site) for a host
    with such a network leaves there.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.bridge
  - module: containerhost.network.cni_network
  - module: containerhost.network.docker_network
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: A bridge is there
  containerhost.network.bridge:
    name: br-web
    addresses: [10.80.1.1/24]

- name: Containers of podman run --network web get addresses from 10.80.1.192 on
  containerhost.network.podman_network:
    name: web
    bridge: br-web
    subnets:
      - {subnet: 10.80.1.0/24, range: 10.80.1.192/27, gateway: 10.80.1.1, routes: [0.0.0.0/0]}

- name: It has gone
  containerhost.network.podman_network:
    name: web
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
    - before_header: "podman_network web: absent"
      after_header: "podman_network web"
      before: ""
      after: "bridge: br-web\nsubnet: 10.80.1.0/24, range 10.80.1.192/27, gateway 10.80.1.1, ports: publish\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      podman_network web cannot be made: there is one already that is not ours
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.podman_network import PodmanNetwork
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(PodmanNetwork())


if __name__ == "__main__":
    main()
