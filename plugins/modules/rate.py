# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rate
short_description: How fast a container may be sent to, and may send
version_added: 0.2.0
description:
  - Limits what goes into a container, and what comes out of it, at the host's end of its veth pair, where nobody in the
    container reaches the limits.
  - What goes in waits in a token bucket (C(tbf)) at that device. What comes out is redirected to a device of kind
    C(ifb), which is made for it, and waits in a bucket there.
options:
  device: &device
    description:
      - The host's end, made by M(containerhost.network.veth). It says which limits are meant.
    type: str
  in: &in
    description:
      - What may go into the container, in bits per second, such as V(100mbit), V(1.5gbit) or V(64kbit), from V(8kbit)
        to V(100gbit). By default there is no limit.
    type: str
  out: &out
    description:
      - What may come out of the container, written as O(in) is. By default there is no limit.
    type: str
  burst: &burst
    description:
      - What may pass at once, both ways, from V(16kb) to V(1024mb). A C(kb) is 1,024 bytes.
    type: str
    default: 64kb
  container: &container
    description:
      - The container whose end it is. Documents say so, as the limits are set again when it starts.
    type: dict
    suboptions:
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
  state: &state
    description:
      - Whether there are to be limits.
    type: str
    choices: [present, absent]
    default: present
  netns: &netns
    description:
      - The network namespace that the device is in, by its name in C(/run/netns) or by a path. The host's own by
        default.
    type: str
  recreate: &recreate
    description:
      - Allows what cannot be changed in place to be re-created. Nothing of this needs it.
    type: bool
    default: false
  config:
    suboptions:
      device:
        <<: *device
        required: true
      in: *in
      out: *out
      burst: *burst
      container: *container
      state: *state
      netns: *netns
      recreate: *recreate
notes:
  - Limits are the device's owner's. They are changed in place, and what waits goes on waiting.
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

- name: It is attached
  containerhost.network.veth:
    name: veth-shop
    sandbox: {ref: shop}
    addresses: [10.80.1.2/24]

- name: It may be sent to fast, and sends slowly
  containerhost.network.rate:
    device: veth-shop
    in: 100mbit
    out: 10mbit

- name: It has no limits
  containerhost.network.rate:
    device: veth-shop
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
    - before_header: 'rate veth-shop: absent'
      after_header: rate veth-shop
      before: ''
      after: "in: 100mbit\nout: 10mbit\nburst: 64kb\n"
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
  sample:
    - >-
      rate veth-shop: there is no device veth-shop on this host; make it first (module veth)
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.kinds.rate import Rate
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind


def main() -> None:
    run_kind(Rate())


if __name__ == "__main__":
    main()
