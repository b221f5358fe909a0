# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wireguard_key
short_description: Private keys that never leave their host
version_added: 0.2.0
description:
  - Has the host make a private key for a device of M(containerhost.network.wireguard), in a file that root alone
    reads. The key is in no answer, no diff and no log. Its public part is known by C(wg show).
options:
  name: &name
    description:
      - The key's name. Without any other, a device takes the key of its own name.
      - It says which key it is.
    type: str
  state: &state
    description:
      - Whether the key is to be there. One that is removed is lost.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - Refused here, because a file is the host's.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of a key needs it.
    type: bool
    default: false
  config:
    suboptions:
      name:
        <<: *name
        required: true
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - A key is the file C(/etc/containerhost-keys/NAME.key), with its mark in the second line. A key that is there stays.
    Where the file has gone, a new one is made.
requirements:
  - wg of the package wireguard-tools on the host
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.wireguard
  - module: containerhost.network.wireguard_peer
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: The host has a key
  containerhost.network.wireguard_key:
    name: wg-site

- name: The key is gone
  containerhost.network.wireguard_key:
    name: wg-site
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
    - before_header: 'wireguard_key wg-site: absent'
      after_header: wireguard_key wg-site
      before: ''
      after: "a private key in /etc/containerhost-keys/wg-site.key\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      wireguard_key wg-site cannot be made: it needs wg, which is not installed: install it (on Debian, wireguard-tools)
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.wireguard_key import WireguardKey
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(WireguardKey())


if __name__ == "__main__":
    main()
