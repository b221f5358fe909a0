# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How networks that scripts have made meet the outside: their mode, and their published ports. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import port
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.hand_made_networks import NetworkMade
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.translations import Translation
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal, listed
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.publish import read_publish
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import parse_address

_WAYS_OUT = ("masquerade", "snat")


def with_translations(made: Sequence[NetworkMade], rules: Sequence[Translation], left: list[str]) -> None:
    """Add to the networks' options and endpoints what the host's rules say of them."""
    bridges = [each for each in made if each.options["driver"] == "bridge" and each.gateways]
    for network in bridges:
        _set_mode(network, [rule for rule in rules if rule.does in _WAYS_OUT], left)
    for rule in rules:
        if rule.does == "dnat":
            left.extend(_publish(made, rule))
        elif not rule.does and (network := _about(made, rule)):
            left.append(f"`{network.name}`: the rule `{rule.text}` is not understood, and stays as it is")


def _about(made: Sequence[NetworkMade], rule: Translation) -> NetworkMade | None:
    """The network whose addresses or device a text names."""
    words = [*re.findall(r"[\w.:-]+", rule.about), rule.to]
    words += [word.rpartition(":")[0] for word in words]  # an address before its port
    for network in made:
        if network.device in words:
            return network
        for word in words:
            try:
                address = parse_address(word)
            except Refusal:
                continue
            if any(address in block for block in network.blocks):
                return network
    return None


def _set_mode(network: NetworkMade, rules: Sequence[Translation], left: list[str]) -> None:
    versions = sorted({block.version for block in network.blocks})
    out = {version: _way_out(network, version, rules) for version in versions}
    leading = [route for end, _endpoint in network.endpoints for route in end.default_routes()]
    if not any(out.values()) and not leading:
        network.options["internal"] = True
        network.leads_out = False
        return
    modes = {f"ipv{version}": "nat" if out[version] else "routed" for version in versions}
    if "routed" in modes.values():
        network.options["gateway_mode"] = "routed" if set(modes.values()) == {"routed"} else modes
        routed = listed(family for family, mode in modes.items() if mode == "routed")
        left.append(
            f"bridge `{network.device}` is not translated ({routed}): here, with `gateway_mode: routed`, only ports in"
            " `publish` are open from outside"
        )
    sources = [rule.to for rule in out.values() if rule is not None and rule.does == "snat"]
    if sources:
        network.options["outbound_address"] = sources[0] if len(sources) == 1 else sources
    without = [end.namespace["ref"] for end, _endpoint in network.endpoints if not list(end.default_routes())]
    for name in without:
        left.append(f"`{name}` has no default route on `{network.name}`, and gets one unless it is on another network")


def _way_out(network: NetworkMade, version: int, rules: Sequence[Translation]) -> Translation | None:
    blocks = [block for block in network.blocks if block.version == version]
    for rule in rules:
        if rule.version == version and (
            rule.source is None or any(block in rule.source or rule.source in block for block in blocks)
        ):
            return rule
    return None


# -- ports -------------------------------------------------------------------------------------------------------------


def _publish(made: Sequence[NetworkMade], rule: Translation) -> Iterator[str]:
    for network in made:
        for _end, endpoint in network.endpoints:
            if rule.to in [endpoint.get("address"), *endpoint.get("addresses", ())]:
                told = _entry(rule)
                if network.options["driver"] != "bridge" or told is None or network.options.get("internal"):
                    yield f"`{network.name}`: the rule `{rule.text}` is no port that `publish` can say"
                    return
                ports = endpoint.setdefault("publish", [])
                everywhere = [each for each in ports if _without_place(each) == told]
                ports[:] = [each for each in ports if each not in everywhere]
                if told not in ports and _without_place(told) not in ports:
                    ports.append(told)
                return
    if _about(made, rule):
        yield f"the rule `{rule.text}` leads to {rule.to}, which is no container's that was found"


def _entry(rule: Translation) -> Any:
    """An entry of ``publish``; a mapping where it says who may come."""
    if rule.ports is None or rule.protocol not in ("tcp", "udp", "sctp"):
        return None
    outside, inside = _text(rule.ports), _text(rule.to_ports or rule.ports)
    text = port(rule.place, outside, inside, rule.protocol)
    entry: Any = text
    if rule.source is not None:
        keys = {"host_ip": rule.place, "host_port": outside, "container_port": inside, "protocol": rule.protocol}
        entry = {**{key: value for key, value in keys.items() if value}, "sources": [str(rule.source)]}
    try:
        read_publish(entry)
    except Refusal:
        return None
    return entry


def _without_place(entry: Any) -> Any:
    """The same for all addresses: a rule for OUTPUT names one where that for PREROUTING names none."""
    match = re.fullmatch(r"(?:\[[^\]]*\]|[^:\[\]]+):([0-9-]+:.*)", entry) if isinstance(entry, str) else None
    return match[1] if match else entry


def _text(ports: tuple[int, int]) -> str:
    return str(ports[0]) if ports[0] == ports[1] else f"{ports[0]}-{ports[1]}"
