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
from ansible_collections.containerhost.network.plugins.module_utils.state.names import name_fault
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.names import check_interface_name
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import elsewhere
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.publish import KEYS as PUBLISH_KEYS
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.publish import (
    NAME,
    base60,
    port_span,
    publish_address,
    read_publish,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import (
    Address,
    Block,
    Span,
    block_around,
    parse_address,
    parse_block,
    parse_interface,
    parse_span,
    special,
    whole_number,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.model import ContainerRoute, Publish, SubnetSpec

NAME_MAX = 128
MAC = re.compile(r"[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}\Z")
SYSCTL = re.compile(r"[A-Za-z0-9_-]+([./][A-Za-z0-9_.:-]+)+\Z")
TRUE = ("true", "yes", "on", "1")
FALSE = ("false", "no", "off", "0")
SUBNET_KEYS = ("cidr", "host_prefix", "gateway", "range", "exclude")
ROUTE_KEYS = ("dst", "via", "metric")


def read_name(value: Any, option: Option | None = None) -> str:
    if isinstance(value, bool):
        words = "yes, on or true" if value else "no, off or false"
        raise Refusal(f"a name is {value!r}, because YAML reads {words} without quotes as a boolean", "Quote it")
    if not isinstance(value, str):
        raise Refusal(f"the name {value!r} is not text", f'Quote it, as in "{value}"')
    if not NAME.match(value) or len(value) > NAME_MAX:
        raise Refusal(
            f"{value!r} is not a name",
            f"Begin with a letter or digit, go on with letters, digits, '_', '.' and '-', up to {NAME_MAX}",
        )
    return value


def read_text(value: Any, option: Option) -> str:
    if option.choices and value not in option.choices:
        raise Refusal(f"`{option.name}` is {value!r}", f"Write one of {', '.join(option.choices)}")
    if not isinstance(value, str) or not value:
        fix = "Write one value, as text" if isinstance(value, (Mapping, list, tuple)) else "Quote it"
        raise Refusal(f"`{option.name}` is {value!r}, which is not text", fix)
    return value


def read_folder(value: Any, option: Option) -> str:
    """An absolute path that needs no quoting in a service's file."""
    text = read_text(value, option)
    if not re.fullmatch(r"(/[A-Za-z0-9._+-]+)+/?", text) or ".." in text.split("/"):
        raise Refusal(
            f"`{option.name}` is {value!r}, which is no absolute path of letters, digits, '.', '_', '+' and '-'",
            "Write the folder's path, as in /var/lib/prometheus/node-exporter",
        )
    return text.rstrip("/")


def _each(value: Any, option: Option, read: Callable[[Any], Any]) -> tuple[Any, ...]:
    """What is read of each item of a list. A refusal says which item it is about."""
    found = []
    for number, item in enumerate(_list(value, option)):
        try:
            found.append(read(item))
        except Refusal as refusal:
            raise Refusal(refusal.what, refusal.fix, (number, *refusal.path)) from None
    return tuple(found)


def read_bool(value: Any, option: Option) -> bool:
    if isinstance(value, bool):
        return value
    # `-e name=true` and templates give text.
    text = str(value).lower() if isinstance(value, (str, int)) else ""
    if text in TRUE or text in FALSE:
        return text in TRUE
    raise Refusal(f"`{option.name}` is {value!r}", "Write true or false")


def read_int(value: Any, option: Option) -> int:
    if isinstance(value, str):
        number = whole_number(value)
        value = value if number is None else number
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refusal(f"`{option.name}` is {value!r}, which is not a whole number", _range_text(option))
    low, high = option.minimum, option.maximum
    if low is not None and value < low or high is not None and value > high:
        raise Refusal(f"`{option.name}` is {value}", _range_text(option))
    return value


def _range_text(option: Option) -> str:
    return f"Write a number from {option.minimum} to {option.maximum}"


def _text(value: Any, name: str, example: str) -> str:
    if not isinstance(value, str):
        mangled = base60(value)
        note = f" (YAML reads {mangled} without quotes as base 60)" if mangled else ""
        fix = f'Quote it, as in "{example}"'
        if isinstance(value, (Mapping, list, tuple)):
            fix = f'Write one value, as in "{example}"'
        raise Refusal(f"`{name}` is {value!r}, which is not text{note}", fix)
    return value


def read_address(value: Any, option: Option) -> Address:
    return parse_address(_text(value, option.name, "10.80.1.5"))


def read_addresses(value: Any, option: Option) -> tuple[Address, ...]:
    return _each(value, option, lambda item: read_address(item, option))


def read_interface_address(value: Any, option: Option) -> Address:
    """One that other hosts can reach; with a prefix length, neither the network's own address nor its broadcast."""
    address, prefix = parse_interface(_text(value, option.name, "198.18.7.11"))
    if block := special(address):
        raise Refusal(
            f"`{option.name}` is {address}, where nobody reaches a host: {block} has a meaning of its own",
            "Write the address of the interface that leads to the other hosts",
        )
    if prefix is not None and (reason := _of_network(block_around(address, prefix), address)):
        raise Refusal(
            f"`{option.name}` is {value}, which is {reason} and no host's", "Write the host's own address there"
        )
    return address


def _of_network(block: Block, address: Address) -> str:
    """What an address of a block is where it isn't a host's. A block of one or two has hosts alone (RFC 3021, 6164)."""
    if block.size <= 2:
        return ""
    if address.value == block.first:
        return "the network's own address" if block.version == 4 else "the subnet router's anycast address"
    return "the broadcast address" if address.value == block.last and block.version == 4 else ""


def read_blocks(value: Any, option: Option) -> tuple[Block, ...]:
    return _each(value, option, lambda item: parse_block(_text(item, option.name, "10.64.0.0/12")))


def read_pools(value: Any, option: Option) -> tuple[Block, ...]:
    pools = tuple(_usable(block) for block in read_blocks(value, option))
    if not pools:
        raise Refusal(f"`{option.name}` is an empty list", "Leave it out for the default, or give a block")
    return pools


def _list(value: Any, option: Option) -> list:
    if isinstance(value, str):
        raise Refusal(f"`{option.name}` is the text {value!r}, not a list", f"Write it as [{value}]")
    if not isinstance(value, (list, tuple)):
        item = f"[{_flow(value)}]" if isinstance(value, Mapping) else f"[{value}]"
        raise Refusal(f"`{option.name}` is {value!r}, not a list", f"Write a list, as in {item}")
    return list(value)


def _flow(value: Mapping[Any, Any]) -> str:
    """A mapping as YAML has it on one line."""
    return "{" + ", ".join(f"{key}: {item}" for key, item in value.items()) + "}"


def read_names(value: Any, option: Option) -> tuple[str, ...]:
    return _each(value, option, read_name)


def read_hostnames(value: Any, option: Option) -> tuple[str, ...]:
    names = tuple(read_name(item) for item in _list(value, option))
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
            raise Refusal(f"`{option.name}` is {word!r}", f"Write one of {known}")
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
    name = _text(value, option.name, "eth0")
    check_interface_name(name)
    return name


def read_publishes(value: Any, option: Option) -> tuple[Publish, ...]:
    if isinstance(value, int):
        read_publish(value)  # refuses it as mangled, which explains more than the missing list
    if isinstance(value, str):
        raise Refusal(f"`publish` is the text {value!r}, not a list", f'Write it as ["{value}"]')
    if isinstance(value, Mapping):
        pairs = ", ".join(f'"{host}:{port}"' for host, port in value.items())
        fix = f"Write it as [{_flow(value)}]" if set(value) & set(PUBLISH_KEYS) else f"Write it as [{pairs}]"
        raise Refusal(f"`publish` is {value!r}, not a list", fix)
    return tuple(port for ports in _each(value, option, read_publish) for port in ports)


def read_publish_addresses(value: Any, option: Option) -> tuple[Address, ...]:
    """One, or a list of them: one a family, say."""
    texts = [value] if isinstance(value, str) else _list(value, option)
    return tuple(publish_address(f"`{option.name}`", _text(each, option.name, "192.0.2.11")) for each in texts)


def read_port_range(value: Any, option: Option) -> tuple[int, int]:
    return port_span(_text(value, option.name, "61000-65535"), f"`{option.name}`", "a range, as in 61000-65535")


def read_routes(value: Any, option: Option) -> tuple[ContainerRoute, ...]:
    return _each(value, option, _route)


def _route(value: Any) -> ContainerRoute:
    keys = _mapping(value, "a route", ROUTE_KEYS, "{dst: 10.9.0.0/16, via: 10.80.1.1}")
    if "dst" not in keys:
        raise Refusal(f"the route {value!r} has no `dst`", "Write where it leads to, as in dst: 10.9.0.0/16")
    dst = parse_block(_text(keys["dst"], "dst", "10.9.0.0/16"))
    via = None if keys.get("via") is None else parse_address(_text(keys["via"], "via", "10.80.1.1"))
    if via and via.version != dst.version:
        raise Refusal(
            f"the route to {dst} goes via {via}, which is of the other family", "Give it a gateway of its own family"
        )
    metric = keys.get("metric")
    return ContainerRoute(
        dst,
        via,
        None if metric is None else read_int(metric, Option("metric", "int", "", minimum=0, maximum=2**32 - 1)),
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


def read_subnets(value: Any, option: Option) -> tuple[SubnetSpec, ...]:
    subnets = _each(value, option, _subnet)
    if not subnets:
        raise Refusal("`subnets` is an empty list", "Leave it out to have subnets taken from containerhost_pools")
    return subnets


def _subnet(value: Any) -> SubnetSpec:
    if not isinstance(value, Mapping):
        return SubnetSpec(_usable(parse_block(_text(value, "subnets", "10.80.0.0/16"))))
    keys = _mapping(value, "a subnet", SUBNET_KEYS, "{cidr: 10.80.0.0/16, host_prefix: 24}")
    if keys.get("cidr") is None:
        raise Refusal(
            f"the subnet {dict(value)!r} has no `cidr`", "Write it as in {cidr: 10.80.0.0/16, host_prefix: 24}"
        )
    cidr = _usable(parse_block(_text(keys["cidr"], "cidr", "10.80.0.0/16")))
    host_prefix, gateway, span = keys.get("host_prefix"), keys.get("gateway"), keys.get("range")
    exclude = keys.get("exclude")
    return SubnetSpec(
        cidr,
        None if host_prefix is None else _host_prefix(cidr, host_prefix),
        None if gateway is None else _inside(cidr, parse_address(_text(gateway, "gateway", "10.80.0.1")), "gateway"),
        None if span is None else _inside(cidr, parse_span(_text(span, "range", "10.80.0.128/25")), "range"),
        () if exclude is None else _exclude(cidr, exclude),
    )


def _exclude(cidr: Block, value: Any) -> tuple[Span, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)):
        raise Refusal(f"`exclude` is {value!r}, not a list", "List addresses, CIDRs or ranges, as in [10.80.0.7]")
    return tuple(_inside(cidr, parse_span(_text(item, "exclude", "10.80.0.7")), "exclude") for item in items)


def _usable(cidr: Block) -> Block:
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


def _mapping(value: Any, what: str, keys: tuple[str, ...], example: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Refusal(f"{what} is {value!r}, not a mapping", f"Write it as {example}")
    for key in value:
        if key not in keys:
            raise Refusal(f"{what} has the unknown key `{key}`", elsewhere.meant(key, keys), (key,))
    return value


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
    "folder": read_folder,
    "hostnames": read_hostnames,
    "ifname": read_ifname,
    "int": read_int,
    "interface_address": read_interface_address,
    "mac": read_mac,
    "name": read_name,
    "names": read_names,
    "pattern": read_pattern,
    "pins": read_pins,
    "pools": read_pools,
    "port_range": read_port_range,
    "publish": read_publishes,
    "publish_addresses": read_publish_addresses,
    "raw": lambda value, option: value,
    "routes": read_routes,
    "subnets": read_subnets,
    "sysctls": read_sysctls,
    "text": read_text,
    "ways": read_ways,
}
