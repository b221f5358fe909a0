# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the inventory: hostnames, the ways in which they are found, and whom else containers ask."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.state.naming.names import name_fault
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.plain import each, mapping, text
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Address, parse_address
from ansible_collections.containerhost.network.plugins.plugin_utils.model import DnsSpec

DNS_KEYS = ("servers", "search", "options")
_OPTION = re.compile(r"[a-z0-9-]+(:[0-9]+)?")  # of resolv.conf(5)
_MOST_SERVERS, _MOST_DOMAINS = 3, 6  # MAXNS and MAXDNSRCH, resolv.h


def read_dns(value: Any, option: Option) -> DnsSpec:
    keys = mapping(value, "`dns`", DNS_KEYS, "{servers: [192.0.2.53], search: [example.org], options: [ndots:2]}")
    read = {"servers": _server, "search": _domain, "options": _resolver_option}
    found: dict[str, tuple[Any, ...]] = {
        name: each(keys[name], Option(name, name, ""), read[name]) for name in DNS_KEYS if keys.get(name) is not None
    }
    for name, most in (("servers", _MOST_SERVERS), ("search", _MOST_DOMAINS)):
        if len(found.get(name, ())) > most:
            raise Refusal(f"`{name}` of `dns` has {len(found[name])}, and programs look at {most}", "Leave some out")
    return DnsSpec(**found)


def _server(value: Any) -> Address:
    return parse_address(text(value, "servers", "192.0.2.53"))


def _domain(value: Any) -> str:
    name = text(value, "search", "example.org")
    fault = name_fault(name)
    if fault is not None:
        raise Refusal(f"`search` has {name!r}, which is no domain: {fault}", "Write a domain, as in example.org")
    return name


def _resolver_option(value: Any) -> str:
    word = text(value, "options", "ndots:2")
    if not _OPTION.fullmatch(word):
        raise Refusal(f"`options` has {word!r}, which is none of resolv.conf(5)", "Write it as in ndots:2 or rotate")
    return word
