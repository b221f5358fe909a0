# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vtep_filter
short_description: From whom VXLAN packets are taken
version_added: 0.1.0
description:
  - Drops VXLAN packets of a network that do not come from one of its VTEPs. A VXLAN device by itself takes packets of
    its VNI from anybody who can send to its UDP port.
  - An address of the host's own that is in O(accept_from), too, takes packets by the interface that has it only. All
    other packets come by the way that leads back to their VTEP. So whoever is on another segment of the host's cannot
    send as a VTEP.
  - Other VXLAN networks on the same port, also those of other software, are not concerned.
options:
  vni: &vni
    description:
      - The VXLAN network identifier.
    type: int
  port: &port
    description:
      - The UDP port that the packets come to.
    type: int
    default: 4789
  accept_from: &accept_from
    description:
      - Underlay addresses of the network's VTEPs, IPv4 or IPv6. By default none, and nothing gets in.
    type: list
    elements: str
  state: &state
    description:
      - Whether packets are to be filtered.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace in which it holds, by its name in C(/run/netns) or by a path. The host's own by default.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of it needs it.
    type: bool
    default: false
  config:
    suboptions:
      vni:
        <<: *vni
        required: true
      port: *port
      accept_from: *accept_from
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - The rules are elements of sets in the nftables table C(containerhost), and the mark is their comment. Other tables
    and their policies are never touched, and what those drop stays dropped. The table goes with its last element.
requirements:
  - libnftables 1.0.2 or newer on the host
extends_documentation_fragment:
  - containerhost.network.attributes
  - containerhost.network.objects
seealso:
  - module: containerhost.network.vxlan
  - module: containerhost.network.vxlan_fdb
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: Packets of VNI 42 are taken from two VTEPs only
  containerhost.network.vtep_filter:
    vni: 42
    accept_from: [192.0.2.11, 192.0.2.12]

- name: They are taken from anybody again
  containerhost.network.vtep_filter:
    vni: 42
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
    - before_header: 'vtep_filter of VNI 42 on port 4789: absent'
      after_header: vtep_filter of VNI 42 on port 4789
      before: ''
      after: "accept from: 192.0.2.11, 192.0.2.12\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      vni 16777216 is not between 0 and 16777215
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.vtep_filter import VtepFilter
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(VtepFilter())


if __name__ == "__main__":
    main()
