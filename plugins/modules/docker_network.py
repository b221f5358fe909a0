# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_network
short_description: Networks of Docker's own on bridges of ours
version_added: 0.1.0
description:
  - Makes a network of Docker's on a bridge that is there, so that C(docker run --network NAME) puts containers on
    it. Docker leaves the bridge as it is, and leaves it there when the network goes.
  - What goes to the bridge from elsewhere, as from an overlay's other hosts, is accepted by a rule in Docker's chain
    for users (C(DOCKER-USER)), where it filters by nftables. Whether it may is decided by the table of this collection.
options:
  name: &name
    description:
      - The network's name in Docker.
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
          - The part of it that Docker takes addresses from. All of it by default.
        type: str
      gateway:
        description:
          - The address of the bridge, where containers send what goes elsewhere.
        type: str
  mtu: &mtu
    description:
      - The MTU of containers' interfaces. Docker's default by default.
    type: int
  state: &state
    description:
      - Whether the network is to be there. With V(absent), containers that are on it are an error that names them.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - Docker has the host's own network namespace, so this is refused.
    type: str
  recreate: &recreate
    description:
      - Allows a network to be removed and made again, while no container is on it. O(bridge), O(subnets) and O(mtu)
        need it.
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
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - Docker is asked on its local socket, and only while its daemon runs. Until then the network is pending.
  - Docker's own masquerading is off for the network. The way out is C(nat_rule)'s.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.bridge
  - module: containerhost.network.nat_rule
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: A bridge is there
  containerhost.network.bridge:
    name: br-web
    addresses: [10.80.1.1/24]

- name: Containers of docker run --network web take addresses from 10.80.1.128 on
  containerhost.network.docker_network:
    name: web
    bridge: br-web
    subnets:
      - {subnet: 10.80.1.0/24, range: 10.80.1.128/26, gateway: 10.80.1.1}

- name: It has gone
  containerhost.network.docker_network:
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
    - before_header: "docker_network web: absent"
      after_header: "docker_network web"
      before: ""
      after: "bridge: br-web\nsubnet: 10.80.1.0/24, range 10.80.1.128/26, gateway 10.80.1.1\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      docker_network web cannot be made: there is one already that is not ours
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.docker_network import DockerNetwork
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(DockerNetwork())


if __name__ == "__main__":
    main()
