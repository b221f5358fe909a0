#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: resolv_conf
short_description: Whom programs in containers ask for names
version_added: 0.1.0
description:
  - Writes C(/etc/netns/NAME/resolv.conf) for a named network namespace, which C(ip netns exec) lays over
    C(/etc/resolv.conf).
  - That of a container of an engine has a part of ours at its beginning. What was there before and says the same is a
    comment as long as ours is there, and all else stays in force. It is the file that Docker and Podman have made on
    the host, or the one in the file system of the container.
  - An engine that has a name server of its own for the container's networks, as Docker has at 127.0.0.11, is asked on.
    Other name servers give way, also those of C(docker run --dns).
options:
  sandbox: &sandbox
    description:
      - The container whose file it is.
    type: dict
    suboptions:
      engine:
        description:
          - V(netns) is a named network namespace, which need not be there yet. Containers of others must run; those of
            V(path) and V(pid) are refused, as nobody knows their files.
        type: str
        choices: [netns, docker, containerd, incus, lxc, lxd, nspawn, path, pid, podman, systemd]
        default: netns
      ref:
        description:
          - The container's name with its engine.
        type: str
        required: true
  servers: &servers
    description:
      - Addresses of name servers, up to three. A named network namespace needs one.
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
  needed: &needed
    description:
      - Whether the container finds names by O(servers) alone. Then it is an error, or in a document something that
        waits, where its engine has a name server of its own that asks none of them.
    type: bool
    default: true
    version_added: 0.2.0
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
      needed: *needed
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The mark is in a namespace's file's second line, and in the lines before and after a container's part. A namespace's
    file of somebody else's is an error that names it.
  - A file that is a link, that can only be read, or that is the host's own is left as it is, and told of.
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
