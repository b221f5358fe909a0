# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: joined
short_description: Containers in the network namespace of another
version_added: 0.2.0
description:
  - Has a container be in the network namespace of another one, its partner, as C(docker run --network container:NAME)
    does. The two have one network stack, with one C(127.0.0.1).
  - Of engine V(netns), the name in C(/run/netns) is made, and leads to the partner's namespace. It is made again when
    the partner has another namespace than before.
  - A container of any other engine is put there by its engine when it starts. Whether it is there is compared; where it
    is not, the task fails, as it does where the partner does not run.
options:
  container: &container
    description:
      - The container that joins. With O(joins), it says which object it is.
    type: dict
    suboptions: &sandbox
      engine:
        description:
          - What runs the container, as for M(containerhost.network.veth).
        type: str
        choices: [netns, docker, containerd, incus, lxc, lxd, nspawn, path, pid, podman, systemd]
        default: netns
      ref:
        description:
          - The namespace's, container's or unit's name, the process's number, or the file's path.
        type: str
        required: true
  joins: &joins
    description:
      - Its partner.
    type: dict
    suboptions: *sandbox
  state: &state
    description:
      - Whether it is to be there. V(absent) takes away the name that was made; the partner keeps its namespace.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - Refused here, because containers are the host's.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of this needs it.
    type: bool
    default: false
  config:
    suboptions:
      container:
        <<: *container
        required: true
      joins:
        <<: *joins
        required: true
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - What is made is noted in the host's records, as the namespace is the partner's and is not marked.
  - A name that leads to the partner's namespace already counts as present, whoever has made it.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.netns
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: A namespace is there
  containerhost.network.netns:
    name: shop

- name: Its second name is there, for what is to run beside the shop
  containerhost.network.joined:
    container: {ref: sidecar}
    joins: {ref: shop}

- name: The second name is gone, and the shop's namespace is not
  containerhost.network.joined:
    container: {ref: sidecar}
    joins: {ref: shop}
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
    - before_header: 'joined netns sidecar in netns shop: absent'
      after_header: joined netns sidecar in netns shop
      before: ''
      after: "present\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      joined netns sidecar in netns shop: there is no network namespace shop; make it first (module netns), or start its
      container
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.joined import Joined
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Joined())


if __name__ == "__main__":
    main()
