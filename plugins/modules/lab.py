#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lab
version_added: 0.1.0
short_description: Hosts in namespaces, on this machine, for every host of an inventory
description:
  - Makes a host of this machine for each host of the inventory, so that playbooks can be rehearsed before they meet
    real ones. A host has network, mount, UTS, IPC, PID and cgroup namespaces of its own, and a root of its own, an
    overlay on this machine's that keeps nothing.
  - An underlay joins the hosts at their C(containerhost_underlay_address). A segment of its own stands for each
    interface that a network names as its C(parent). One host more, outside the fleet, is on all of them, to test from.
  - This machine's own network namespace stays as it is. Only the kernel's tables of neighbours, which all namespaces
    share, get room for the hosts of a large lab (C(gc_thresh2) and C(gc_thresh3) of C(net.ipv4.neigh.default) and
    IPv6's), and their size is given back with the lab.
  - Use the playbooks C(containerhost.network.lab_up) and C(containerhost.network.lab_down), which
    run this. A task gives O(state) alone, and runs on localhost. The other options are filled in from the inventory.
author:
  - containerhost.network contributors (@containerhost)
extends_documentation_fragment:
  - containerhost.network.attributes
options:
  state:
    description:
      - Whether there is to be a lab.
      - With V(present), hosts that joined the inventory are added, those that left it are removed, those whose first
        process has ended are made again; nobody else notices.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: The lab's name. Several stand side by side. C(containerhost_lab) in the inventory.
    type: str
    default: lab
  hosts:
    description: Hosts of the fleet. From C(containerhost_hosts) and what the inventory says about each of them.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name in the inventory.
        type: str
        required: true
      addresses:
        description:
          - Addresses on the underlay, with or without prefix length.
          - A host gets one of the lab's own of each family that it lacks, from 198.18.0.0/15 and fd63:686c:6162::/112.
        type: list
        elements: str
        default: []
      interface:
        description: The underlay's interface.
        type: str
        default: eth0
      mtu:
        description: The underlay's MTU.
        type: int
        default: 1500
  lans:
    description: Segments besides the underlay.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The interface that each host has on it.
        type: str
        required: true
      mtu:
        description: Its MTU.
        type: int
        default: 1500
      addresses:
        description: Addresses of the outside host on it, with prefix length (the networks' gateways).
        type: list
        elements: str
        default: []
  outside:
    description: The name of the host outside the fleet.
    type: str
    default: outside
  avoid:
    description: Subnets that the lab's own addresses stay out of.
    type: list
    elements: str
    default: []
  vars_file:
    description: The variables file that goes with the lab, so that its removal can be complete.
    type: path
requirements:
  - root
  - Linux with overlayfs
  - pyroute2 >= 0.7.2
"""

EXAMPLES = r"""
- name: Hosts of the inventory run on this machine
  containerhost.network.lab:
    state: present
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
msg:
  description: How to look around in the lab.
  returned: success
  type: list
  elements: str
hosts:
  description: How each host is joined, by name; the one outside the fleet comes first.
  returned: O(state=present)
  type: dict
  sample: {outside: "198.18.0.1/32, fd63:686c:6162::1/128 on eth0, mtu 1500"}
vars_files:
  description: Variables files that were written for this lab.
  returned: success
  type: list
  elements: str
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.containerhost.network.plugins.module_utils.lab import lifecycle, parameters
from ansible_collections.containerhost.network.plugins.module_utils.lab.members import LabError
from ansible_collections.containerhost.network.plugins.module_utils.lab.underlay import Exhausted
from ansible_collections.containerhost.network.plugins.module_utils.libraries import distribution, package_of
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import WireError
from ansible_collections.containerhost.network.plugins.module_utils.startup import LibraryMissing

ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "name": {"type": "str", "default": "lab"},
    "hosts": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "addresses": {"type": "list", "elements": "str", "default": []},
            "interface": {"type": "str", "default": "eth0"},
            "mtu": {"type": "int", "default": 1500},
        },
    },
    "lans": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "mtu": {"type": "int", "default": 1500},
            "addresses": {"type": "list", "elements": "str", "default": []},
        },
    },
    "outside": {"type": "str", "default": "outside"},
    "avoid": {"type": "list", "elements": "str", "default": []},
    "vars_file": {"type": "path"},
}


def run(module: AnsibleModule) -> lifecycle.LabResult:
    if os.geteuid() != 0:
        module.fail_json(msg="needs root: set become: true, or run ansible-playbook as root")
    if module.params["state"] == "absent":
        return lifecycle.absent(module.params["name"], module.check_mode)
    lab = parameters.lab(module.params)
    return lifecycle.present(lab, module.params["vars_file"], module.check_mode)


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        outcome = run(module)
    except LibraryMissing as error:
        package = package_of("pyroute2", distribution())
        module.fail_json(msg=f"a lab needs pyroute2 on this machine: {error}. Install {package}, or use pip in a venv.")
    except (LabError, Exhausted, WireError, OSError) as error:
        module.fail_json(msg=f"lab {module.params['name']}: {error}")
    for warning in outcome.warnings:
        module.warn(warning)
    module.exit_json(
        changed=bool(outcome.changes),
        hosts=outcome.hosts,
        vars_files=outcome.vars_files,
        diff=[
            {
                "before_header": change.subject,
                "after_header": change.subject,
                "before": f"{change.before or 'absent'}\n",
                "after": f"{change.after or 'absent'}\n",
            }
            for change in outcome.changes
        ],
    )


if __name__ == "__main__":
    main()
