#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: name_server
short_description: Name servers for networks of containers
version_added: 0.1.0
description:
  - Runs dnsmasq for one network, with the names of a table of M(containerhost.network.name_table). It answers on the
    addresses of the network's device, what comes in by that device, and nobody else.
  - A changed table is answered at once, without a word to it. A change of what it asks whom else is read by the running
    process. Any other change restarts it.
options:
  name: &name
    description:
      - Its name, with letters, digits, C(_), C(.) and C(-). The plan gives it its network's.
      - It says which name server it is.
    type: str
  device: &device
    description:
      - The device on whose addresses it answers, such as a bridge. Needed where it is to be there.
    type: str
  table: &table
    description:
      - The table whose names it knows.
    type: str
  servers: &servers
    description:
      - Addresses of name servers that are asked for all other names. By default those of the host's
        C(/etc/resolv.conf). With an empty list nobody is asked, and other names are refused.
    type: list
    elements: str
  local: &local
    description:
      - Domains that nobody else is asked for.
    type: list
    elements: str
  reverse: &reverse
    description:
      - Networks in CIDR whose addresses lead to names of the table or to none.
    type: list
    elements: str
  state: &state
    description:
      - Whether it is to be there.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - Refused here, because it is the host's.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of it needs it.
    type: bool
    default: false
  config:
    suboptions:
      name:
        <<: *name
        required: true
      device:
        <<: *device
        required: true
      table:
        <<: *table
        required: true
      servers: *servers
      local: *local
      reverse: *reverse
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - Its files are C(/run/containerhost-names/NAME.conf) and C(NAME.servers), with the mark in the first of them. Where
    systemd runs the host, it is the service C(containerhost-names-NAME), else a process of its own. It is gone after a
    reboot, as networks are.
requirements:
  - dnsmasq 2.87 or newer on the host (on Debian, the package dnsmasq-base)
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.name_table
  - module: containerhost.network.resolv_conf
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: There is a bridge
  containerhost.network.bridge:
    name: br-web
    addresses: [10.80.1.1/24]

- name: There are names
  containerhost.network.name_table:
    name: web
    entries: [10.80.1.2 shop shop.web]

- name: They are answered on the bridge, and nothing else is
  containerhost.network.name_server:
    name: web
    device: br-web
    table: web
    servers: []
    local: [web]
    reverse: [10.80.1.0/24]

- name: Nobody answers any more
  containerhost.network.name_server:
    name: web
    device: br-web
    table: web
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
    - before_header: 'name_server web: absent'
      after_header: name_server web
      before: ''
      after: "names of web on br-web\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      name_server web: there is no device br-web; make it first (module bridge), or name another
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.name_server import NameServer
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(NameServer())


if __name__ == "__main__":
    main()
