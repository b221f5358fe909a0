#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: name_table
short_description: Tables of names and addresses
version_added: 0.1.0
description:
  - Keeps a table of names on the host, such as those of all containers on a network. It says nothing to anybody until
    M(containerhost.network.hosts_file) gives it to a container.
options:
  name: &name
    description:
      - The table's name, with letters, digits, C(_), C(.) and C(-). The plan gives a table its network's.
      - It says which table it is.
    type: str
  entries: &entries
    description:
      - Lines as in a hosts file, an address and its names. The first name is what the address leads back to.
    type: list
    elements: str
  state: &state
    description:
      - Whether the table is to be there.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - Refused here, because a file is the host's.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of a table needs it.
    type: bool
    default: false
  config:
    suboptions:
      name:
        <<: *name
        required: true
      entries: *entries
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - A table is the file C(/run/containerhost-names/NAME/names), with its mark in the second line. It is gone after a
    reboot, as networks are.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.hosts_file
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: Two containers have names
  containerhost.network.name_table:
    name: fabric
    entries:
      - 10.42.0.2 shop shop.fabric
      - 10.42.1.2 db db.fabric

- name: The table is gone
  containerhost.network.name_table:
    name: fabric
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
    - before_header: 'name_table fabric: absent'
      after_header: name_table fabric
      before: ''
      after: "10.42.0.2 shop shop.fabric\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      '-db' is no hostname (parts between dots are 1 to 63 letters, digits, '_' and '-', with no '-' at either end)
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.name_table import NameTable
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(NameTable())


if __name__ == "__main__":
    main()
