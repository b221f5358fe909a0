#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: hosts_file
short_description: Tables of names in hosts files of containers, and of the host
version_added: 0.1.0
description:
  - Writes a table of M(containerhost.network.name_table) to the hosts file that a container reads, where C(getent),
    libraries and most programs look before they ask a name server.
  - A container of Docker or Podman reads a file that its engine has made on the host. What the engine has written there
    stays. It writes the file again when the container starts, and the table is in it after the next run.
  - A container of LXC, systemd-nspawn or containerd, and a service of systemd, reads the file of its own file system.
    What is there stays. One that is missing is made, and goes with the last table in it.
  - That of a named network namespace is C(/etc/netns/NAME/hosts), which C(ip netns exec) lays over C(/etc/hosts).
options:
  sandbox: &sandbox
    description:
      - The container whose hosts file it is. Without it, it is C(/etc/hosts) of the host itself, which stays the file
        that it is and keeps all else.
    type: dict
    suboptions:
      engine:
        description:
          - Who made the container. V(netns) is a named network namespace, which need not be there yet. Containers of
            others must run; those of V(path) and V(pid) are refused, as nobody knows their files.
        type: str
        choices: [netns, docker, containerd, incus, lxc, lxd, nspawn, path, pid, podman, systemd]
        default: netns
      ref:
        description:
          - The container's name with its engine.
        type: str
        required: true
  table: &table
    description:
      - The table's name. Tables are written one after the other, and a container may have several.
    type: str
  state: &state
    description:
      - Whether the table is to be in the container's hosts file.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - Refused here, because a file is the host's.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of it needs it.
    type: bool
    default: false
  config:
    suboptions:
      sandbox: *sandbox
      table:
        <<: *table
        required: true
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The file of a namespace is made with its first table and goes with its last one, as do the folders that it is in. It
    names C(localhost) besides. A file of somebody else's in its place is an error that names it.
  - The mark is in the lines before and after a table.
  - A container's file that is a link, that can only be read, or that is the host's own is left as it is, and told of.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.name_table
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: There are names
  containerhost.network.name_table:
    name: fabric
    entries: [10.42.1.2 db db.fabric]

- name: A namespace knows them
  containerhost.network.hosts_file:
    sandbox: {ref: shop}
    table: fabric

- name: The host itself knows them
  containerhost.network.hosts_file:
    table: fabric

- name: The host does not any more
  containerhost.network.hosts_file:
    table: fabric
    state: absent

- name: Nor does the namespace
  containerhost.network.hosts_file:
    sandbox: {ref: shop}
    table: fabric
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
    - before_header: 'hosts_file shop fabric: absent'
      after_header: hosts_file shop fabric
      before: ''
      after: "names of fabric: 1\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      hosts_file shop fabric: there is no table fabric; make it first (module name_table), or name another
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.hosts_file import HostsFile
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(HostsFile())


if __name__ == "__main__":
    main()
