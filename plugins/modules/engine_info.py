#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what an engine says of its networks and its containers on them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: engine_info
short_description: The networks and containers that Docker has on a host
version_added: "0.2.0"
description:
  - Reads Docker's networks and what its containers have of them, by the API on its local socket, as it describes them.
    What has nothing to do with networks, such as environments and commands, is left out.
  - The playbook C(containerhost.network.discover) makes an inventory of it.
notes:
  - Docker is asked only while its daemon runs, so that the question does not start it.
extends_documentation_fragment:
  - containerhost.network.attributes.info
seealso:
  - module: containerhost.network.discover
  - module: containerhost.network.network_info
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: What Docker has is known
  containerhost.network.engine_info:
  become: true
  register: engines
"""

RETURN = r"""
docker:
  description:
    - Its C(networks) and C(containers), each as C(docker network inspect) and C(docker inspect) have it, in part. Empty
      where it does not run.
  returned: success
  type: dict
why:
  description: Why nothing was read, a sentence.
  returned: where Docker does not run
  type: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.containerhost.network.plugins.module_utils.state import docker_daemon

# What an inventory is made of, and no secrets: never Config.Env.
_OF_CONTAINERS: dict[str, tuple[str, ...]] = {
    "HostConfig": ("NetworkMode", "PortBindings", "Dns", "DnsSearch", "DnsOptions", "Links"),
    "NetworkSettings": ("Networks", "Ports"),
}
_OF_NETWORKS = ("Name", "Id", "Driver", "Scope", "Internal", "EnableIPv6", "IPAM", "Options", "Labels")


def read_docker() -> dict[str, t.Any]:
    """Raises Unanswered."""
    rows = docker_daemon.request("GET", "/containers/json?all=1")
    containers = []
    for row in rows if isinstance(rows, list) else []:
        container = docker_daemon.request("GET", f"/containers/{row['Id']}/json")
        containers.append(_in_part(container))
    networks = [{name: each.get(name) for name in _OF_NETWORKS} for each in docker_daemon.networks()]
    return {"networks": networks, "containers": containers}


def _in_part(container: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {name: container.get(name) for name in ("Id", "Name")}
    for part, names in _OF_CONTAINERS.items():
        told = container.get(part) or {}
        found[part] = {name: told.get(name) for name in names}
    return found


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    if not docker_daemon.is_running():
        module.exit_json(changed=False, docker={}, why="Docker does not run")
    try:
        module.exit_json(changed=False, docker=read_docker())
    except docker_daemon.Unanswered as error:
        module.fail_json(msg=f"{error}. Needs root: set `become: true`.")


if __name__ == "__main__":
    main()
