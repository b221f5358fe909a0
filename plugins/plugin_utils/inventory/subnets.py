# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subnets of the inventory: CIDRs, or mappings that say which part of one is whose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.plain import (
    each,
    mapping,
    read_int,
    text,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import (
    Address,
    Block,
    Span,
    parse_address,
    parse_block,
    parse_span,
    special,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.model import SubnetSpec

SUBNET_KEYS = ("cidr", "host_prefix", "gateway", "range", "exclude")


def read_subnets(value: Any, option: Option) -> tuple[SubnetSpec, ...]:
    subnets = each(value, option, _subnet)
    if not subnets:
        raise Refusal("`subnets` is an empty list", "Leave it out to have subnets taken from containerhost_pools")
    return subnets


def _subnet(value: Any) -> SubnetSpec:
    if not isinstance(value, Mapping):
        return SubnetSpec(usable(parse_block(text(value, "subnets", "10.80.0.0/16"))))
    keys = mapping(value, "a subnet", SUBNET_KEYS, "{cidr: 10.80.0.0/16, host_prefix: 24}")
    if keys.get("cidr") is None:
        raise Refusal(
            f"the subnet {dict(value)!r} has no `cidr`", "Write it as in {cidr: 10.80.0.0/16, host_prefix: 24}"
        )
    cidr = usable(parse_block(text(keys["cidr"], "cidr", "10.80.0.0/16")))
    host_prefix, gateway, span = keys.get("host_prefix"), keys.get("gateway"), keys.get("range")
    exclude = keys.get("exclude")
    return SubnetSpec(
        cidr,
        None if host_prefix is None else _host_prefix(cidr, host_prefix),
        None if gateway is None else _inside(cidr, parse_address(text(gateway, "gateway", "10.80.0.1")), "gateway"),
        None if span is None else _inside(cidr, parse_span(text(span, "range", "10.80.0.128/25")), "range"),
        () if exclude is None else _exclude(cidr, exclude),
    )


def _exclude(cidr: Block, value: Any) -> tuple[Span, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)):
        raise Refusal(f"`exclude` is {value!r}, not a list", "List addresses, CIDRs or ranges, as in [10.80.0.7]")
    return tuple(_inside(cidr, parse_span(text(item, "exclude", "10.80.0.7")), "exclude") for item in items)


def usable(cidr: Block) -> Block:
    if block := special(cidr):
        raise Refusal(f"{cidr} is not for hosts: {block} has a meaning of its own (RFC 6890)", "Take a private subnet")
    return cidr


def _host_prefix(cidr: Block, value: Any) -> int:
    limit = 30 if cidr.version == 4 else 126
    option = Option("host_prefix", "int", "", minimum=cidr.prefix, maximum=limit)
    if cidr.prefix > limit:
        raise Refusal(f"{cidr} is too small for slices", f"Take a subnet of /{limit} or larger")
    return read_int(value, option)


def _inside(cidr: Block, thing: Any, name: str) -> Any:
    first, last = (thing.value, thing.value) if isinstance(thing, Address) else (thing.first, thing.last)
    if thing.version != cidr.version or not cidr.first <= first <= last <= cidr.last:
        raise Refusal(f"`{name}` {thing} is outside its subnet {cidr}", f"Choose it from {cidr}")
    return thing
