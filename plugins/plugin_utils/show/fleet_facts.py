# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet's containers as Ansible facts, for templates: by host, by container and by network. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.show.show import Holder
from ansible_collections.containerhost.network.plugins.plugin_utils.show.shown_ports import ports_of, without_prefix

VERSION = 1
# No variable of the inventory: what hosts are told is never taken for what somebody has written there.
NAME = "containerhost"


def fleet_facts(found: Iterable[Holder], hosts: Iterable[str], networks: Mapping[str, str]) -> dict[str, Any]:
    """``{version, hosts, networks}``; all of ``hosts`` and ``networks`` (with their drivers) are there.

    hosts: {host: {containers: {name: {engine, ref, networks: {network: …}}}, devices: [{network, interface, …}]}}
    networks: {network: {driver, containers: [{host, container, address, …}]}}
    """
    by_host: dict[str, Any] = {host: {"containers": {}, "devices": []} for host in hosts}
    by_network: dict[str, Any] = {name: {"driver": driver, "containers": []} for name, driver in networks.items()}
    for each in found:
        there = by_host.setdefault(each.host, {"containers": {}, "devices": []})
        if not each.container:
            there["devices"].append({"network": each.network, **_place(each)})
            continue
        blank = {"engine": each.engine, "ref": each.ref, "networks": {}}
        there["containers"].setdefault(each.container, blank)["networks"][each.network] = _endpoint(each)
        network = by_network.setdefault(each.network, {"driver": each.driver, "containers": []})
        network["containers"].append({"host": each.host, "container": each.container, **_endpoint(each)})
    return {"version": VERSION, "hosts": by_host, "networks": by_network}


def _place(each: Holder) -> dict[str, Any]:
    """``address`` is the first one, without prefix length, as most templates want it."""
    addresses = list(each.addresses)
    return {
        "interface": each.interface,
        "address": without_prefix(addresses[0]) if addresses else "",
        "addresses": addresses,
        "mac": each.mac,
    }


def _endpoint(each: Holder) -> dict[str, Any]:
    ports = [asdict(port) for port in ports_of(each.publish)]
    return {**_place(each), "names": list(each.names), "ports": ports, "new": each.new}
