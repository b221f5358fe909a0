# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service's ``ports``, in their short and their long form, as entries of ``publish``. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import port
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.publish import read_publish


def ports(told: Iterable[Any], what: str, left: list[str]) -> list[str]:
    """Each entry once. What the plan would refuse, or would read otherwise than Compose does, is said in ``left``."""
    found: dict[str, None] = {}
    for entry in told:
        try:
            text = _long(entry) if isinstance(entry, Mapping) else _short(str(entry))
            read_publish(text)
        except Refusal as refusal:
            left.append(f"{what}: its port {_shown(entry)} is not taken over: {refusal.what}")
            continue
        found[text] = None
    return list(found)


def _shown(entry: Any) -> str:
    return str(dict(entry)) if isinstance(entry, Mapping) else str(entry)


def _short(entry: str) -> str:
    """``[HOST_IP:][HOST_PORT:]PORT[/PROTOCOL]``, with ranges; all of a host's addresses are left out."""
    rest, _slash, protocol = entry.partition("/")
    head, _colon, inside = rest.rpartition(":")
    host_ip, host_port = head.rpartition(":")[::2] if ":" in head else ("", head)
    if _is_wider(host_port, inside):
        raise Refusal("of a range of the host's ports Compose takes any free one", "Write one port")
    return port(host_ip, host_port, inside, protocol or "tcp")


def _is_wider(host_port: str, inside: str) -> bool:
    return "-" in host_port and "-" not in inside


def _long(entry: Mapping[str, Any]) -> str:
    if entry.get("target") is None:
        raise Refusal("it has no `target`", "Write one")
    published = "" if entry.get("published") is None else str(entry["published"])
    if _is_wider(published, str(entry["target"])):
        raise Refusal("of a range of the host's ports Compose takes any free one", "Write one port")
    host_ip = str(entry.get("host_ip") or "")
    return port(host_ip, published, str(entry["target"]), str(entry.get("protocol") or "tcp"))
