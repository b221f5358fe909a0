# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compose files over one another, and services over what they extend, as the Compose specification merges them. Pure.

Mappings are merged, lists are joined, other values replace what was before. ``!override`` replaces whatever it is, and
``!reset`` takes it away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.compose_text import Tagged

# Keys of a service that may be text where others have a list.
_LISTS = ("dns", "dns_opt", "dns_search", "external_links", "links", "profiles")


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """One file with another over it."""
    result = {**base, **{key: over[key] for key in ("name", "include") if over.get(key)}}
    for section in ("services", "networks"):
        both = _of(base, section), _of(over, section)
        names = dict.fromkeys([*both[0], *both[1]])
        one = _service if section == "services" else _network
        if names:
            result[section] = {name: one(both[0].get(name), both[1].get(name)) for name in names}
    return result


def extended(base: Mapping[str, Any], service: Mapping[str, Any]) -> dict[str, Any]:
    """A service with what it extends below it."""
    result = _service(base, {key: value for key, value in service.items() if key != "extends"})
    return {key: value for key, value in result.items() if key != "extends"}


def settled(value: Any) -> Any:
    """Without tags, when there is nothing more to merge."""
    if isinstance(value, Tagged):
        return None if value.tag == "reset" else settled(value.value)
    if isinstance(value, Mapping):
        kept = {key: item for key, item in value.items() if not (isinstance(item, Tagged) and item.tag == "reset")}
        return {key: settled(item) for key, item in kept.items()}
    return [settled(item) for item in value] if isinstance(value, list) else value


def _of(content: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    found = content.get(section)
    return found if isinstance(found, Mapping) else {}


def _service(base: Any, over: Any) -> Any:
    if not isinstance(base, Mapping) or not isinstance(over, Mapping):
        return _both(base, over)
    both = []
    for each in (base, over):
        each = {key: [value] if key in _LISTS and isinstance(value, str) else value for key, value in each.items()}
        if isinstance(each.get("networks"), list):
            each["networks"] = {str(name): None for name in each["networks"]}
        if isinstance(each.get("extra_hosts"), Mapping):
            each["extra_hosts"] = [f"{name}={address}" for name, address in each["extra_hosts"].items()]
        both.append(each)
    return _both(*both)


def _network(base: Any, over: Any) -> Any:
    """Of ``ipam.config``, entries of one subnet are one."""
    result = _both(base, over)
    configs = (result.get("ipam") or {}).get("config") if isinstance(result, Mapping) else None
    if not isinstance(configs, list):
        return result
    by_subnet: dict[str, Any] = {}
    for config in configs:
        if isinstance(config, Mapping):
            key = str(config.get("subnet"))
            by_subnet[key] = {**by_subnet.get(key, {}), **config}
    return {**result, "ipam": {**result["ipam"], "config": list(by_subnet.values())}}


def _both(base: Any, over: Any) -> Any:
    if isinstance(over, Tagged) or base is None:
        return over
    if over is None:
        return base
    base = base.value if isinstance(base, Tagged) and base.tag == "override" else base
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        names = dict.fromkeys([*base, *over])
        return {name: _both(base.get(name), over.get(name)) for name in names}
    if isinstance(base, list) and isinstance(over, list):
        return [*base, *over]
    return over
