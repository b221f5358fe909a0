#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin ``discover``; on hosts it runs ``engine_info``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: discover
short_description: An inventory of the networks that hosts have
version_added: "0.2.0"
description:
  - Reads Docker's and Podman's networks and containers, Flannel's slice, and what scripts have made with C(ip) and
    C(iptables) on hosts, and Compose files on the controller, and writes a folder with an inventory and a ledger that
    say the same, addresses and MACs pinned, and a list of what could not be taken over and why.
  - Hosts stay as they are. What the playbook C(containerhost.network.discover) does, in two phases.
options:
  phase:
    description:
      - V(read) reads one host.
      - V(write) writes what all hosts of this run have said. It runs once.
    type: str
    choices: [read, write]
    required: true
  dest:
    description:
      - The folder on the controller. A file in it that is there already is left as it is; where it would become another
        one, nothing is written.
    type: path
    default: containerhost-discovered
  compose:
    description:
      - Compose projects on the controller, as a mapping from host to a list of them, or a list where there is one host.
        A project is the path of its file or folder, a list of the paths of several files that are merged, or a mapping
        of C(files), C(profiles), C(name) and C(env_file).
      - C(include), C(extends) and the override beside a file are followed. Variables have their values from C(.env)
        beside the file and from the environment, C(COMPOSE_FILE), C(COMPOSE_PROFILES) and C(COMPOSE_PROJECT_NAME)
        among them.
      - Of a container that runs on its host already, what runs counts.
    type: raw
extends_documentation_fragment:
  - containerhost.network.attributes.planned
attributes:
  check_mode:
    description: Reads, and writes nothing.
    support: full
  diff_mode:
    description: Returns the files that it writes.
    support: full
  idempotent:
    description: The same networks make the same files.
    support: full
author:
  - containerhost.network contributors (@containerhost)
seealso:
  - module: containerhost.network.engine_info
"""

EXAMPLES = r"""
- name: What the host has is known
  containerhost.network.discover:
    phase: read
  become: true

- name: It is an inventory
  containerhost.network.discover:
    phase: write
    dest: discovered
    compose: {h1: [shop/compose.yml, {files: [wiki/compose.yml, wiki/prod.yml], profiles: [backup]}]}
  run_once: true
"""

RETURN = r"""
dest:
  description: The folder.
  returned: with O(phase=write)
  type: str
networks:
  description: Names of the networks that were taken over.
  returned: with O(phase=write)
  type: list
  elements: str
left:
  description: By host, sentences for what could not be taken over as it is.
  returned: with O(phase=write)
  type: dict
problems:
  description: Why the plan refuses the inventory as it is. There is no ledger then.
  returned: with O(phase=write)
  type: list
  elements: str
"""
