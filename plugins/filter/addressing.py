# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters: addresses as the plan works with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.containerhost.network.plugins.plugin_utils import ip
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal


def slice_(cidr: str, host_prefix: int, index: int) -> str:
    """The slice number ``index`` of a subnet that is cut into slices of ``host_prefix``."""
    block = ip.parse_block(str(cidr))
    return str(ip.nth_slice(block, int(host_prefix), int(index)))


def nth_address(cidr: str, index: int) -> str:
    """The address number ``index`` of a subnet, from its first; a negative one counts from its last."""
    block, index = ip.parse_block(str(cidr)), int(index)
    position = index if index >= 0 else block.size + index
    if not 0 <= position < block.size:
        raise Refusal(f"{block} has no address number {index}: it has {block.size}", "Take a lower number")
    return str(block.nth(position))


def overlapping(cidrs: list[str]) -> list[list[str]]:
    """Pairs of subnets that overlap, the wider one first."""
    blocks = [(ip.parse_block(str(cidr)), "") for cidr in cidrs]
    return [[str(outer), str(inner)] for (outer, _one), (inner, _other) in ip.overlapping(blocks)]


def refusing(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its refusals in Ansible's words."""

    def filter_(*args: Any, **kwargs: Any) -> Any:
        if missing := ip.missing_library():
            raise AnsibleFilterError(f"{missing}.")
        try:
            return function(*args, **kwargs)
        except Refusal as refusal:
            raise AnsibleFilterError(f"{refusal.what}. {refusal.fix}.") from None
        except (TypeError, ValueError) as error:
            raise AnsibleFilterError(f"{function.__name__.rstrip('_')}: {error}.") from None

    return filter_


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        found = {"slice": slice_, "nth_address": nth_address, "overlapping": overlapping}
        return {name: refusing(function) for name, function in found.items()}
