#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: resolv_conf
short_description: Whom programs in namespaces ask for names
version_added: 0.1.0
description:
  - Writes C(/etc/netns/NAME/resolv.conf) for a named network namespace, which C(ip netns exec) lays over
    C(/etc/resolv.conf).
options:
  sandbox: &sandbox
    description:
      - The namespace, which need not be there yet.
    type: dict
    suboptions:
      engine:
        description:
          - V(netns) is a named network namespace. Others are refused, as their engines write the file.
        type: str
        choices: [netns, docker, containerd, lxc, nspawn, path, pid, podman, systemd]
        default: netns
      ref:
        description:
          - The namespace's name.
        type: str
        required: true
  servers: &servers
    description:
      - Addresses of name servers, one to three. Needed where the file is to be there.
    type: list
    elements: str
  search: &search
    description:
      - Domains that names without a dot are looked for in.
    type: list
    elements: str
  options: &options
    description:
      - Options of resolv.conf(5), such as C(ndots:2).
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
      sandbox:
        <<: *sandbox
        required: true
      servers: *servers
      search: *search
      options: *options
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The mark is in the file's second line. A file of somebody else's in its place is an error that names it.
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.name_server
  - module: containerhost.network.hosts_file
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: Programs in a namespace ask the name server of its network
  containerhost.network.resolv_conf:
    sandbox: {ref: shop}
    servers: [10.80.1.1]
    search: [web]
    options: ["ndots:2"]

- name: They ask whom the host asks
  containerhost.network.resolv_conf:
    sandbox: {ref: shop}
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
    - before_header: 'resolv_conf shop: absent'
      after_header: resolv_conf shop
      before: ''
      after: "nameserver 10.80.1.1\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      resolv_conf shop has 0 `servers`: give one to 3, as programs ask no more
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.resolv_conf import ResolvConf
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(ResolvConf())


if __name__ == "__main__":
    main()
