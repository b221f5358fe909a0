# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of single values: from what YAML made of a user's text to a value of the model, or a Refusal that says why.

A reader gets the value and its Option. What YAML has mangled (an integer where text stands) is named as such.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.state.naming.names import name_fault
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.names import check_interface_name
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.dns import read_dns
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.plain import (
    as_text,
    base60,
    each,
    flow,
    listed,
    mapping,
    one_of,
    read_int,
    read_text,
    text,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.publish import KEYS as PUBLISH_KEYS
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.publish import (
    NAME,
    port_span,
    publish_place,
    read_host_access,
    read_publish,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.rates import read_rate
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.subnets import read_subnets, usable
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import (
    Address,
    Block,
    block_around,
    parse_address,
    parse_block,
    parse_interface,
    special,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.model import ContainerRoute, Publish
from ansible_collections.containerhost.network.plugins.plugin_utils.networks.handoff import read_handoff
from ansible_collections.containerhost.network.plugins.plugin_utils.networks.parents import BRIDGED

NAME_MAX = 128
MAC = re.compile(r"[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}\Z")
ENDPOINT = re.compile(r"(?:(?:\[(?P<six>[^\]/]+)\]|(?P<four>[^:\[\]/]+))(?::(?P<port>\d{1,5}))?|(?P<bare>[^\[\]/]+))\Z")
SYSCTL = re.compile(r"[A-Za-z0-9_-]+([./][A-Za-z0-9_.:-]+)+\Z")
FAMILIES = {"ipv4": 4, "ipv6": 6}
TRUE = ("true", "yes", "on", "1")
FALSE = ("false", "no", "off", "0")
ROUTE_KEYS = ("dst", "via", "metric", "type")
ROUTE_TYPES = ("blackhole", "unreachable", "prohibit")


def read_name(value: Any, option: Option | None = None) -> str:
    if isinstance(value, bool):
        words = "yes, on or true" if value else "no, off or false"
        raise Refusal(f"a name is {value!r}, because YAML reads {words} without quotes as a boolean", "Quote it")
    if not isinstance(value, str):
        raise Refusal(f"the name {value!r} is not text", as_text(value, str(value) if _is_number(value) else "web"))
    if not NAME.match(value) or len(value) > NAME_MAX:
        raise Refusal(
            f"{value!r} is not a name",
            f"Begin with a letter or digit, go on with letters, digits, '_', '.' and '-', up to {NAME_MAX}",
        )
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def read_folder(value: Any, option: Option) -> str:
    """An absolute path that needs no quoting in a service's file."""
    text = read_text(value, option)
    if not re.fullmatch(r"(/[A-Za-z0-9._+-]+)+/?", text) or ".." in text.split("/"):
        raise Refusal(
            f"`{option.name}` is {value!r}, which is no absolute path of letters, digits, '.', '_', '+' and '-'",
            "Write the folder's path, as in /var/lib/prometheus/node-exporter",
        )
    return text.rstrip("/")


def read_bool(value: Any, option: Option) -> bool:
    if isinstance(value, bool):
        return value
    # `-e name=true` and templates give text.
    text = str(value).lower() if isinstance(value, (str, int)) else ""
    if text in TRUE or text in FALSE:
        return text in TRUE
    raise Refusal(f"`{option.name}` is {value!r}", "Write true or false")


def read_address(value: Any, option: Option) -> Address:
    return parse_address(text(value, option.name, "10.80.1.5"))


def read_addresses(value: Any, option: Option) -> tuple[Address, ...]:
    return each(value, option, lambda item: read_address(item, option))


def read_mtu(value: Any, option: Option) -> int | None:
    """``auto`` is what holds without it."""
    return None if value == "auto" else read_int(value, option)


def read_interface_addresses(value: Any, option: Option) -> tuple[tuple[Address, int | None], ...]:
    """One address, or one of each family, with their prefix lengths where these are written."""
    several = value if isinstance(value, (list, tuple)) else [value]
    found = tuple(_interface_address(item, option) for item in several)
    versions = [address.version for address, _prefix in found]
    if not found or len({*versions}) != len(versions):
        raise Refusal(
            f"`{option.name}` is {value!r}, and a host has one address of each family on the underlay",
            "Write one, or one of IPv4 and one of IPv6",
        )
    return found


def read_interface_address(value: Any, option: Option) -> Address:
    return _interface_address(value, option)[0]


def _interface_address(value: Any, option: Option) -> tuple[Address, int | None]:
    """One that other hosts can reach; with a prefix length, neither the network's own address nor its broadcast."""
    address, prefix = parse_interface(text(value, option.name, "198.18.7.11"))
    if block := special(address):
        raise Refusal(
            f"`{option.name}` is {address}, where nobody reaches a host: {block} has a meaning of its own",
            "Write the address of the interface that leads to the other hosts",
        )
    if prefix is not None and (reason := _of_network(block_around(address, prefix), address)):
        raise Refusal(
            f"`{option.name}` is {value}, which is {reason} and no host's", "Write the host's own address there"
        )
    return address, prefix


def read_endpoint(value: Any, option: Option) -> tuple[Address, int | None]:
    """Where a tunnel is reached: an address, and a port where it says one."""
    written = text(value, option.name, "203.0.113.7:51820")
    match = ENDPOINT.match(written)
    port = int(match["port"]) if match and match["port"] else None
    if not match or port is not None and not 1 <= port <= 65535:
        raise Refusal(
            f"`{option.name}` is {value!r}, which is no address, nor one with a port",
            "Write it as in 203.0.113.7:51820 or [2001:db8::7]:51820, or without the port where that is the network's",
        )
    return _interface_address(match["four"] or match["six"] or match["bare"], option)[0], port


def _of_network(block: Block, address: Address) -> str:
    """What an address of a block is where it isn't a host's. A block of one or two has hosts alone (RFC 3021, 6164)."""
    if block.size <= 2:
        return ""
    if address.value == block.first:
        return "the network's own address" if block.version == 4 else "the subnet router's anycast address"
    return "the broadcast address" if address.value == block.last and block.version == 4 else ""


def read_blocks(value: Any, option: Option) -> tuple[Block, ...]:
    return each(value, option, lambda item: parse_block(text(item, option.name, "10.64.0.0/12")))


def read_pools(value: Any, option: Option) -> tuple[Block, ...]:
    pools = tuple(usable(block) for block in read_blocks(value, option))
    if not pools:
        raise Refusal(f"`{option.name}` is an empty list", "Leave it out for the default, or give a block")
    return pools


def read_names(value: Any, option: Option) -> tuple[str, ...]:
    return each(value, option, read_name)


def read_hostnames(value: Any, option: Option) -> tuple[str, ...]:
    names = tuple(read_name(item) for item in listed(value, option))
    for name in names:
        fault = name_fault(name)
        if fault is not None:
            raise Refusal(f"`{option.name}` has {name!r}, which is no hostname: {fault}", "Write another name")
    return names


def read_ways(value: Any, option: Option) -> tuple[str, ...]:
    """One of the choices, or a list of those that go together; `none` goes with nothing and is an empty one."""
    words = [value] if isinstance(value, str) else value
    known = ", ".join(option.choices)
    if not isinstance(words, (list, tuple)) or not all(isinstance(word, str) for word in words):
        raise Refusal(f"`{option.name}` is {value!r}", f"Write one of {known}, or a list of those after none")
    for word in words:
        if word not in option.choices:
            raise Refusal(f"`{option.name}` is {word!r}", one_of(word, option.choices))
    if "none" in words and len(words) > 1:
        raise Refusal(f"`{option.name}` has none and more", "Leave out none, or all others")
    return tuple(word for word in option.choices if word in words and word != "none")


def read_pattern(value: Any, option: Option) -> str:
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, str) for item in value):
        return ",".join(value)
    return read_text(value, option)


def read_mac(value: Any, option: Option) -> str:
    if not isinstance(value, str):
        mangled = base60(value, groups=6)
        note = f", because YAML reads {mangled} without quotes in base 60" if mangled.count(":") == 5 else ""
        raise Refusal(f"`mac` is the number {value!r}{note}", f'Quote it, as in "{mangled or "52:54:00:12:34:56"}"')
    if not MAC.match(value):
        raise Refusal(
            f"`mac` {value!r} is not a MAC", 'Write six pairs of hexadecimal digits, as in "52:54:00:12:34:56"'
        )
    mac = value.lower().replace("-", ":")
    if int(mac[:2], 16) & 1:
        raise Refusal(
            f"`mac` {value!r} is a group address",
            "Clear the lowest bit of its first byte: an interface's MAC is unicast",
        )
    if mac == "00:00:00:00:00:00":
        raise Refusal("`mac` is all zeros, which no kernel takes", "Leave it out for a derived one")
    return mac


def read_ifname(value: Any, option: Option) -> str:
    name = text(value, option.name, "eth0")
    check_interface_name(name)
    return name


def read_publishes(value: Any, option: Option) -> tuple[Publish, ...]:
    if isinstance(value, int):
        read_publish(value)  # refuses it as mangled, which explains more than the missing list
    if isinstance(value, str):
        raise Refusal(f"`publish` is the text {value!r}, not a list", f'Write it as ["{value}"]')
    if isinstance(value, Mapping):
        pairs = ", ".join(f'"{host}:{port}"' for host, port in value.items())
        fix = f"Write it as [{flow(value)}]" if set(value) & set(PUBLISH_KEYS) else f"Write it as [{pairs}]"
        raise Refusal(f"`publish` is {value!r}, not a list", fix)
    return tuple(port for ports in each(value, option, read_publish) for port in ports)


def read_publish_addresses(value: Any, option: Option) -> tuple[Address | str, ...]:
    """An address or an interface, or a list of them: an address a family, say."""
    texts = value if isinstance(value, (list, tuple)) else [value]
    return tuple(publish_place(f"`{option.name}`", text(each, option.name, "192.0.2.11")) for each in texts)


def read_by_host(value: Any, option: Option) -> dict[str, tuple[Address, ...]]:
    """Addresses by host; under "" those of whichever host."""
    if not isinstance(value, Mapping):
        value = {"": value}
    lists = {str(host): [given] if isinstance(given, str) else listed(given, option) for host, given in value.items()}
    return {host: tuple(read_interface_address(each, option) for each in given) for host, given in lists.items()}


def read_gateway_modes(value: Any, option: Option) -> dict[int, str]:
    """One mode, or one a family, the first choice where a family is left out."""
    if not isinstance(value, Mapping):
        return dict.fromkeys(FAMILIES.values(), read_text(value, option))
    for key in value:
        if key not in FAMILIES:
            raise Refusal(f"`{option.name}` has the unknown key `{key}`", f"It has {' and '.join(FAMILIES)}")
        if value[key] == BRIDGED:
            raise Refusal(
                f"`{option.name}` is bridged for {key} alone, and a bridge switches all or nothing",
                f"Write {option.name}: bridged",
            )
    return {
        version: read_text(value[family], option) if family in value else option.choices[0]
        for family, version in FAMILIES.items()
    }


def read_port_range(value: Any, option: Option) -> tuple[int, int]:
    return port_span(text(value, option.name, "61000-65535"), f"`{option.name}`", "a range, as in 61000-65535")


def read_routes(value: Any, option: Option) -> tuple[ContainerRoute, ...]:
    return each(value, option, _route)


def _route(value: Any) -> ContainerRoute:
    keys = mapping(value, "a route", ROUTE_KEYS, "{dst: 10.9.0.0/16, via: 10.80.1.1}")
    if "dst" not in keys:
        raise Refusal(f"the route {value!r} has no `dst`", "Write where it leads to, as in dst: 10.9.0.0/16")
    if keys["dst"] == "default":
        raise Refusal("a route to 'default' does not say of which family", "Write 0.0.0.0/0 or ::/0")
    dst = parse_block(text(keys["dst"], "dst", "10.9.0.0/16"))
    via = None if keys.get("via") is None else parse_address(text(keys["via"], "via", "10.80.1.1"))
    if via and via.version != dst.version:
        raise Refusal(
            f"the route to {dst} goes via {via}, which is of the other family", "Give it a gateway of its own family"
        )
    metric, type_ = keys.get("metric"), keys.get("type")
    if type_ is not None:
        type_ = read_text(type_, Option("type", "text", "", choices=ROUTE_TYPES))
    if type_ and via:
        raise Refusal(f"the route to {dst} is of type {type_}, which leads nowhere, and not via {via}", "Leave out one")
    return ContainerRoute(
        dst,
        via,
        None if metric is None else read_int(metric, Option("metric", "int", "", minimum=0, maximum=2**32 - 1)),
        type_,
    )


def read_sysctls(value: Any, option: Option) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        raise Refusal(f"`sysctls` is {value!r}, not a mapping", "Write {net.ipv4.conf.IFNAME.rp_filter: 2}")
    result = []
    for key, setting in sorted(value.items(), key=lambda item: str(item[0])):
        if not isinstance(key, str) or not _is_sysctl(key):
            raise Refusal(
                f"the sysctl {key!r} is not one of a network namespace",
                "Write one below net, such as net.ipv4.conf.IFNAME.rp_filter",
            )
        if isinstance(setting, bool) or not isinstance(setting, (str, int)):
            raise Refusal(f"the sysctl {key} is {setting!r}", "Write a number or text")
        try:
            canonical.sysctl_value(key, setting)
        except Problem:
            raise Refusal(f"the sysctl {key} is {setting!r}", "Write a number, or a few plain words") from None
        result.append((key, str(setting)))
    return tuple(result)


def _is_sysctl(key: str) -> bool:
    """Whether it is a file below /proc/sys/net, with slashes or dots between the parts of its path."""
    parts = key.split("/" if "/" in key else ".")
    return bool(SYSCTL.match(key)) and parts[0] == "net" and not {"", ".", ".."} & set(parts)


def read_pins(value: Any, option: Option) -> dict[str, tuple[Block, ...]]:
    if not isinstance(value, Mapping):
        raise Refusal(f"`{option.name}` is {value!r}, not a mapping", "Write {fabric: [10.42.1.0/24]}")
    return {
        read_name(name): read_blocks(blocks, Option(f"{option.name}.{name}", "blocks", ""))
        for name, blocks in value.items()
    }


READERS: dict[str, Callable[[Any, Option], Any]] = {
    "address": read_address,
    "addresses": read_addresses,
    "blocks": read_blocks,
    "bool": read_bool,
    "by_host": read_by_host,
    "dns": read_dns,
    "endpoint": read_endpoint,
    "folder": read_folder,
    "hostnames": read_hostnames,
    "gateway_modes": read_gateway_modes,
    "handoff": read_handoff,
    "host_access": read_host_access,
    "ifname": read_ifname,
    "int": read_int,
    "interface_address": read_interface_address,
    "interface_addresses": read_interface_addresses,
    "mac": read_mac,
    "mtu": read_mtu,
    "name": read_name,
    "names": read_names,
    "pattern": read_pattern,
    "pins": read_pins,
    "pools": read_pools,
    "port_range": read_port_range,
    "publish": read_publishes,
    "publish_addresses": read_publish_addresses,
    "rate": read_rate,
    "raw": lambda value, option: value,
    "routes": read_routes,
    "subnets": read_subnets,
    "sysctls": read_sysctls,
    "text": read_text,
    "ways": read_ways,
}
