# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Published ports: Docker's short form, or the same as a mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.names import check_interface_name
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import elsewhere
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.plain import as_text, base60
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import (
    Address,
    Block,
    parse_address,
    parse_block,
    special,
    whole_number,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Publish

# Podman's rule for names, which Docker's are as well.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
# Loopback and link-local, of which a host can have addresses.
_OF_HOSTS = (127 << 24, 0xA9FE << 16)
PROTOCOLS = ("tcp", "udp", "sctp")
KEYS = ("host_ip", "host_port", "container_port", "protocol", "sources")
FORM = "[[host_ip:][host_port[-end]]:]container_port[-end][/tcp,udp,sctp]"

_SHORT = re.compile(
    r"(?:(?:(?P<host_ip>\[[^\]]*\]|[^:\[\]]*):)?(?P<host_port>[^:/]*):)?(?P<container_port>[^:/]*)(?:/(?P<protocol>.*))?\Z"
)


def read_publish(value: Any) -> tuple[Publish, ...]:
    """One entry of ``publish`` as the ports that it stands for (a range is many). Raises Refusal."""
    if isinstance(value, Mapping):
        return tuple(_from_mapping(value))
    if isinstance(value, bool) or not isinstance(value, str):
        raise _not_text(value)
    parts = _SHORT.match(value)
    if not parts:
        address, fix = re.match(r"([0-9A-Fa-f:]*::[0-9A-Fa-f:]*?):(\d+:\d+(/.*)?)\Z", value), f"Write it as {FORM}"
        if address:
            fix = f'Write an address of IPv6 in brackets, as in "[{address[1]}]:{address[2]}"'
        raise Refusal(f"publish: {value!r} names no host port and container port", fix)
    host_ip = (parts["host_ip"] or "").strip("[]")
    host_port = None if host_ip and not parts["host_port"] else parts["host_port"]  # as Docker's 127.0.0.1::80
    return tuple(_expand(value, host_ip or None, host_port, parts["container_port"], parts["protocol"], ()))


def _not_text(value: Any) -> Refusal:
    """A port alone, or what YAML has made of two: of 22:22, 1342, which could be a port as well as 8080 could."""
    text = base60(value)
    host, _colon, container = text.partition(":")
    if text and (host == container or not _is_port(value)):
        note = f"a number, because YAML reads {text} without quotes in base 60"
        return Refusal(f"publish: {value!r} is {note}", f'Quote it, as in "{text}"')
    if _is_port(value):
        fix = f'Quote it: "{value}:80" for the host\'s port and the container\'s, "{value}" for the container\'s alone'
        return Refusal(f"publish: {value} is a number, one port without the other", fix)
    if value is None:
        return Refusal("publish: an item of the list is empty", 'Write a port there, as in "8080:80/tcp", or remove it')
    return Refusal(f"publish: {value!r} is not text", as_text(value, "8080:80/tcp"))


def _is_port(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535


def _from_mapping(value: Mapping[str, Any]) -> Iterator[Publish]:
    for key in value:
        if key not in KEYS:
            raise Refusal(f"publish: unknown key `{key}`", _meant(key, value), (key,))
    if value.get("container_port") is None:
        raise Refusal(f"publish: {dict(value)!r} has no `container_port`", "Say which of its ports it is")
    sources = _read_sources(value["sources"]) if "sources" in value else ()
    yield from _expand(
        str(dict(value)),
        value.get("host_ip"),
        None if value.get("host_port") is None else str(value["host_port"]),
        str(value["container_port"]),
        value.get("protocol"),
        sources,
    )


def _meant(key: Any, value: Mapping[str, Any]) -> str:
    if whole_number(str(key)) is not None and len(value) == 1:
        return f'Write it without a space, and in quotes: "{key}:{value[key]}"'
    return elsewhere.meant(key, KEYS)


def _read_sources(value: Any) -> tuple[Block | str, ...]:
    """Who may reach a port. A key that names nobody is a mistake, and never stands for everybody."""
    sources = [value] if isinstance(value, str) and value else value
    if not isinstance(sources, list | tuple) or not sources:
        raise Refusal(
            f"publish: `sources` is {value!r}, which names nobody who may reach the port",
            "List networks, as in [198.51.100.0/24, web], or leave it out to let everybody",
        )
    for source in sources:
        if not isinstance(source, str):
            raise Refusal(f"publish: source {source!r} is not text", "Quote it, as in 198.51.100.0/24")
    return tuple(source if _is_name(source) else parse_block(source) for source in sources)


def _is_name(source: str) -> bool:
    """Of a network: what cannot be meant as an address is."""
    return NAME.match(source) is not None and re.fullmatch(r"[0-9.]+", source) is None


def _expand(
    text: str, host_ip: Any, host_port: str | None, container_port: str, protocol: Any, sources: tuple
) -> Iterator[Publish]:
    protocol = "tcp" if protocol is None else str(protocol).lower()
    if protocol not in PROTOCOLS:
        raise Refusal(f"publish: {text!r} has the protocol {protocol!r}", f"Write one of {', '.join(PROTOCOLS)}")
    first, last = _ports(text, container_port)
    host_first, host_last = (first, last) if host_port is None else _ports(text, host_port)
    if host_last - host_first != last - first:
        raise Refusal(
            f"publish: {text!r} maps {host_last - host_first + 1} ports of the host"
            f" to {last - first + 1} of the container",
            "Give both ranges the same length",
        )
    place = None if host_ip is None else publish_place(f"publish: {text!r}", host_ip)
    address, interface = (None, place) if isinstance(place, str) else (place, None)
    if host_first == first and host_port is not None and interface is None:
        yield Publish(protocol, address, first, first, sources, length=last - first + 1)
        return
    for offset in range(last - first + 1):
        chosen = None if host_port is None else host_first + offset
        yield Publish(protocol, address, chosen, first + offset, sources, interface)


def read_host_access(value: Any, option: Option) -> tuple[str, ...] | None:
    """Ports as ``53/udp``; None for all of them."""
    if value in ("all", "none", "dns"):
        return {"all": None, "none": (), "dns": ("53/tcp", "53/udp")}[value]
    if not isinstance(value, (list, tuple)) or not value:
        raise Refusal(f"`{option.name}` is {value!r}", "Write all, none, dns, or a list of ports, as in [53/udp, 9100]")
    return tuple(_host_port(option, each) for each in value)


def _host_port(option: Option, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise Refusal(f"`{option.name}` has {value!r} in it, which is no port", "Write ports as in [53/udp, 9100]")
    ports, _slash, protocol = str(value).partition("/")
    if (protocol or "tcp") not in PROTOCOLS:
        raise Refusal(f"`{option.name}` has {value!r} in it", f"Write one of {', '.join(PROTOCOLS)} after the slash")
    first, last = port_span(ports, f"`{option.name}`", "a port or a range, as in 8000-8010/tcp")
    return f"{first}/{protocol or 'tcp'}" if first == last else f"{first}-{last}/{protocol or 'tcp'}"


def _ports(text: str, ports: str) -> tuple[int, int]:
    return port_span(ports, f"publish: {text!r}", FORM)


def port_span(ports: str, what: str, form: str) -> tuple[int, int]:
    """First and last of ``8000-8010``, or of one port. ``what`` has it, which is written as ``form``."""
    first, dash, last = ports.partition("-")
    if not dash:
        last = first
    low, high = whole_number(first), whole_number(last)
    if low is None or high is None or not (1 <= low <= 65535 and 1 <= high <= 65535):
        raise Refusal(f"{what} has {ports!r} where a port from 1 to 65535 stands", f"Write it as {form}")
    if low > high:
        raise Refusal(f"{what} has a range that ends before it begins", "Write the lower port first")
    return low, high


def publish_place(text: str, value: Any) -> Address | str:
    """An address that ports can be published on, or an interface's name. ``text`` is what names it."""
    word = str(value)
    if word == "localhost":
        raise Refusal(f"{text} names localhost, which is no address and no interface", "Write 127.0.0.1")
    if not re.fullmatch(r"[0-9.]+|.*:.*", word):
        check_interface_name(word)
        return word
    return publish_address(text, value)


def publish_address(text: str, value: Any) -> Address:
    """An address that ports can be published on. ``text`` is what names it."""
    address = parse_address(str(value))
    if address == Address(6, 1):
        raise Refusal(
            f"{text} publishes on [::1], which the kernel can't do by NAT"
            " (it has no route_localnet for IPv6)",
            "Publish on 127.0.0.1 or on the host's own address",
        )
    block = special(address) if address.value else None
    if block and block.first not in _OF_HOSTS:
        raise Refusal(
            f"{text} publishes on {address}, where nobody reaches a port: {block} has a meaning of its own",
            "Publish on an address of the host, or on all by leaving it out",
        )
    return address
