# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Saved documents as tests need them, of a host with a bridge network and containers of several engines."""

from __future__ import annotations

from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.keep.saved import COLLECTION, Saved


def bridge(network: str, **values: Any) -> dict[str, Any]:
    return {"network": network, "name": f"ch-{network}", "addresses": ["10.80.0.1/24"], **values}


def veth(network: str, ref: str, engine: str = "netns", address: str = "10.80.0.2", **values: Any) -> dict[str, Any]:
    return {
        "network": network,
        "name": f"chv-{network}-{ref}",
        "master": f"ch-{network}",
        "sandbox": {"engine": engine, "ref": ref},
        "interface": "eth0",
        "mac": "02:00:00:00:00:02",
        "addresses": [f"{address}/24"],
        **values,
    }


def publish(network: str, host_port: int, address: str = "10.80.0.2", **values: Any) -> dict[str, Any]:
    row = {"rule": "publish", "protocol": "tcp", "host_port": host_port, "address": address, "port": 80}
    return {"network": network, **row, **values}


def document(**kinds: Any) -> dict[str, Any]:
    return {"version": 1, **kinds}


def saved(networks: dict[str, str] | None = None, **values: Any) -> Saved:
    """One of host h1; as keywords its fields, or kinds of its document with their objects."""
    fields = {name: values.pop(name) for name in list(values) if name in Saved._fields}
    given = {
        "host": "h1",
        "digest": "d1",
        "collection": COLLECTION,
        "networks": {"web": "bridge"} if networks is None else networks,
        "waiting": [],
        "document": document(**(values or {"bridge": [bridge("web")]})),
    }
    return Saved(**{**given, **fields})
