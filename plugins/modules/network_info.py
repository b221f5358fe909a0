# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: network_info
short_description: A host's container networks, as a document
version_added: 0.1.0
description:
  - Reads from the kernel everything that is marked as ours, and returns it in the shape of a document, the same that
    M(containerhost.network.document) takes. Applied again, such a document changes nothing.
  - Useful for reports and comparisons, and to keep what was there before it is changed.
options:
  networks:
    description:
      - Only objects of these networks.
      - Without it, objects of all of them.
    type: list
    elements: str
extends_documentation_fragment:
  - containerhost.network.attributes.info
requirements:
  - pyroute2 0.7.2 or newer
  - libnftables, where there are rules of ours
author:
  - containerhost.network contributors (@containerhost)
seealso:
  - module: containerhost.network.document
"""

EXAMPLES = r"""
- name: What there is on the host is known
  containerhost.network.network_info:
  register: host

- name: The containers that are on a bridge of ours are listed
  ansible.builtin.debug:
    msg: "{{ host.document.veth | default([]) | map(attribute='sandbox.ref') | list }}"
"""

RETURN = r"""
document:
  description: What the plan's networks have on this host.
  returned: success
  type: dict
  sample: {"version": 1, "bridge": [{"network": "web", "name": "ch-web", "addresses": ["10.80.1.1/24"]}]}
others:
  description: What single modules have made, a document for each owner.
  returned: success
  type: dict
  sample: {"task": {"version": 1, "netns": [{"name": "shop"}]}}
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.inspection import documents, merged
from ansible_collections.containerhost.network.plugins.module_utils.module import HostModule, kernel_for


def main() -> None:
    module = HostModule(
        argument_spec={"networks": {"type": "list", "elements": "str"}}, supports_check_mode=True
    )
    with kernel_for(module) as kernel:
        by_owner = documents(KINDS, kernel)
        others = {owner: document for owner, document in by_owner.items() if not owner.startswith("plan/")}
        module.exit_json(changed=False, document=merged(by_owner, module.params["networks"]), others=others)


if __name__ == "__main__":
    main()
