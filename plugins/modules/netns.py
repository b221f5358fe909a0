# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: netns
short_description: Named network namespaces
version_added: 0.1.0
description:
  - Makes and removes network namespaces that have a name, as C(ip netns) does. One can be the sandbox of a container,
    or a place of its own for devices.
options:
  name: &name
    description:
      - The namespace's name, which becomes a file in C(/run/netns). At most 255 bytes, without C(/).
      - It says which namespace it is.
    type: str
  up: &up
    description:
      - Whether its loopback interface, C(lo), is up.
    type: bool
    default: true
  state: &state
    description:
      - Whether the namespace is to be there.
      - V(absent) takes its name away. The namespace ends with its last process, and the devices in it with it.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - Refused here, because a namespace has no place in another one.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of a namespace needs it.
    type: bool
    default: false
  config:
    suboptions:
      name:
        <<: *name
        required: true
      up: *up
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The mark is the alias of the namespace's C(lo), C(containerhost:OWNER).
  - A namespace that somebody else made serves as well. It counts as present and is not changed. It is not removed
    either, so O(state=absent) is an error for it.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.veth
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: A namespace is there
  containerhost.network.netns:
    name: shop

- name: These namespaces are there, and no others of this owner
  containerhost.network.netns:
    config:
      - name: shop
      - name: db
        up: false
    purge: true

- name: The namespace is gone
  containerhost.network.netns:
    name: shop
    state: absent

- name: No namespace of this owner is left
  containerhost.network.netns:
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
    - before_header: 'netns shop: absent'
      after_header: netns shop
      before: ''
      after: "present\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      netns shop is not ours, so it stays; remove it with what made it
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.netns import Netns
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Netns())


if __name__ == "__main__":
    main()
