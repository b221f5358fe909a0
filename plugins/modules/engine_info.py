#!/usr/bin/python
# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what an engine says of its networks and its containers on them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: engine_info
short_description: The networks and containers that engines have on a host
version_added: "0.2.0"
description:
  - Reads Docker's networks and what its containers have of them, by the API on its local socket, as it describes them.
    What has nothing to do with networks, such as environments and commands, is left out.
  - Reads those of root's Podman by its command, and Flannel's C(/run/flannel/subnet.env) with the names of its devices.
  - Reads devices, addresses and routes of the host and of its containers, and rules that translate addresses, whoever
    has made them.
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
- name: What engines have is known
  containerhost.network.engine_info:
  become: true
  register: engines
"""

RETURN = r"""
docker:
  description:
    - Its C(networks) and C(containers), each as C(docker network inspect) and C(docker inspect) have it, in part, and
      C(swarm), with the services where the host is a manager of one. Empty where it does not run.
  returned: success
  type: dict
podman:
  description: Of Podman, as C(podman network inspect) and C(podman inspect) have it; empty where there is none.
  returned: success
  type: dict
flannel:
  description: C(subnet_env), the file's text, and C(devices), the names of Flannel's. Empty where there is none.
  returned: success
  type: dict
by_hand:
  description:
    - C(namespaces) of the host and its containers with C(links), C(routes) and C(fdb), and C(nat), what translates
      addresses, in the words of C(iptables-save) and of libnftables. Or C(lack), why they are not read.
  returned: success
  type: dict
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

import json
import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import ask
from ansible_collections.containerhost.network.plugins.module_utils.engine.session import Ended, kernel_of_this_host
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.translations import translations
from ansible_collections.containerhost.network.plugins.module_utils.kinds.ipvlan import Ipvlan
from ansible_collections.containerhost.network.plugins.module_utils.kinds.macvlan import Macvlan
from ansible_collections.containerhost.network.plugins.module_utils.kinds.vlan import Vlan
from ansible_collections.containerhost.network.plugins.module_utils.kinds.vxlan import Vxlan
from ansible_collections.containerhost.network.plugins.module_utils.module import HostModule
from ansible_collections.containerhost.network.plugins.module_utils.state import hand_made
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import docker_daemon
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import read_text

_SUBNET_ENV = "/run/flannel/subnet.env"
# What an inventory is made of, and no secrets: never Config.Env.
_OF_CONTAINERS: dict[str, tuple[str, ...]] = {
    "HostConfig": ("NetworkMode", "PortBindings", "Dns", "DnsSearch", "DnsOptions", "Links"),
    "NetworkSettings": ("Networks", "Ports"),
}
# Labels of a Swarm's containers.
_SERVICE = "com.docker.swarm.service.name"
_TASK = "com.docker.swarm.task.name"
# What comes of a value that is of another type than an engine gives.
_MISSHAPEN = (AttributeError, KeyError, TypeError)
_OF_NETWORKS = ("Name", "Id", "Driver", "Scope", "Internal", "EnableIPv6", "IPAM", "Options", "Labels")


def read_docker() -> dict[str, t.Any]:
    """Raises Unanswered."""
    rows = docker_daemon.request("GET", "/containers/json?all=1")
    containers = []
    for row in rows if isinstance(rows, list) else []:
        container = docker_daemon.request("GET", f"/containers/{row['Id']}/json")
        containers.append(_in_part(container))
    networks = [{name: each.get(name) for name in _OF_NETWORKS} for each in docker_daemon.networks()]
    return {"networks": networks, "containers": containers, "swarm": read_swarm()}


def read_swarm() -> dict[str, t.Any]:
    """Whether the host is a Swarm's, and what a manager alone tells: services with their ports. Raises Unanswered."""
    told = docker_daemon.request("GET", "/info").get("Swarm") or {}
    if told.get("LocalNodeState") != "active":
        return {}
    if not told.get("ControlAvailable"):
        return {"manager": False}
    services = docker_daemon.request("GET", "/services")
    return {"manager": True, "services": [_service(each) for each in services]}


def _service(told: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {"name": told["Spec"].get("Name"), "ports": (told.get("Endpoint") or {}).get("Ports") or []}


def read_podman() -> dict[str, t.Any]:
    """Empty where there is none. Raises OSError or ValueError for an answer that is none."""
    try:
        names = ask(["podman", "network", "ls", "--quiet"]).output.split()
    except FileNotFoundError:
        return {}
    ids = ask(["podman", "ps", "--all", "--quiet", "--no-trunc"]).output.split()
    containers = _told(["podman", "inspect", "--type", "container", *ids]) if ids else []
    networks = _told(["podman", "network", "inspect", *names]) if names else []
    return {"networks": networks, "containers": [_in_part(each) for each in containers]}


def _told(command: t.Sequence[str]) -> list[t.Any]:
    told = json.loads(ask(command).output or "[]")
    return told if isinstance(told, list) else []


def read_flannel() -> dict[str, t.Any]:
    try:
        text = read_text(_SUBNET_ENV)
    except OSError:
        return {}
    devices = [name for name in sorted(os.listdir("/sys/class/net")) if name.startswith("flannel")]
    return {"subnet_env": text, "devices": devices}


def read_by_hand(engines: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """``engines``: what they say, by name. A host that lacks a library has its engines' answers all the same."""
    containers = [
        (engine, str(each["Name"]).lstrip("/"), each["Pid"])
        for engine, told in engines.items()
        for each in told.get("containers", ())
        if str(each["HostConfig"].get("NetworkMode") or "").partition(":")[0] not in ("host", "container")
    ]
    try:
        with kernel_of_this_host([Ipvlan(), Macvlan(), Vlan(), Vxlan()], alone=False) as kernel:
            namespaces = hand_made.namespaces(kernel, containers)
            with kernel.wire.inside(None):
                return {"namespaces": namespaces, "nat": translations()}
    except Ended as end:
        return {"lack": str(end)}


def _in_part(container: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {name: container.get(name) for name in ("Id", "Name")}
    labels = (container.get("Config") or {}).get("Labels") or {}
    found["Service"], found["Task"] = labels.get(_SERVICE), labels.get(_TASK)
    found["Pid"] = (container.get("State") or {}).get("Pid")
    for part, names in _OF_CONTAINERS.items():
        told = container.get(part) or {}
        found[part] = {name: told.get(name) for name in names}
    return found


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def main() -> None:
    module = HostModule(argument_spec={}, supports_check_mode=True)
    try:
        docker = read_docker() if docker_daemon.is_running() else {}
    except docker_daemon.Unanswered as error:
        module.fail_json(msg=f"{error}. Needs root: set `become: true`.")
    except _MISSHAPEN as error:
        module.fail_json(msg=f"docker's answer is not what its API says ({_why(error)}): look what listens there.")
    try:
        podman = read_podman()
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"podman does not answer ({error}). Needs root: set `become: true`.")
    except _MISSHAPEN as error:
        module.fail_json(msg=f"podman's answer is not what it says elsewhere ({_why(error)}): look which podman it is.")
    by_hand = read_by_hand({"docker": docker, "podman": podman})
    startup.end()
    module.exit_json(changed=False, docker=docker, podman=podman, flannel=read_flannel(), by_hand=by_hand)


if __name__ == "__main__":
    main()
