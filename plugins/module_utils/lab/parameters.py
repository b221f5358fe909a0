# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module is given, as values: the last check before anything is made."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.lab.members import LabError
from ansible_collections.containerhost.network.plugins.module_utils.lab.underlay import Lab, LabHost, Lan

# The least that IPv6 works on (RFC 8200), and the most that a veth takes (ETH_MAX_MTU).
_MTU = range(1280, 65536)


def lab(params: t.Mapping[str, t.Any]) -> Lab:
    """The lab that is wanted; a LabError says what is wrong with it."""
    hosts = tuple(_host(given) for given in params["hosts"])
    lans = tuple(_lan(given) for given in params["lans"])
    if not hosts:
        raise LabError("the inventory has no hosts for a lab (containerhost_hosts is the pattern that chooses them)")
    _check_addresses(hosts)
    return Lab(params["name"], hosts, lans, params["outside"], tuple(params["avoid"]))


def _host(given: t.Mapping[str, t.Any]) -> LabHost:
    where = f"host {given['name']}"
    addresses = tuple(_address(address, where) for address in given["addresses"])
    if len({ipaddress.ip_interface(address).version for address in addresses}) < len(addresses):
        raise LabError(f"{where}: one underlay address of a family is all that the lab gives")
    return LabHost(given["name"], addresses, interface_name(given["interface"], where), _mtu(given["mtu"], where))


def _lan(given: t.Mapping[str, t.Any]) -> Lan:
    where = f"LAN {given['name']}"
    addresses = tuple(_address(address, where) for address in given["addresses"])
    return Lan(interface_name(given["name"], where), _mtu(given["mtu"], where), addresses)


def _address(text: str, where: str) -> str:
    try:
        found = ipaddress.ip_interface(text)
    except ValueError:
        raise LabError(f"{where}: `{text}` is no address") from None
    if found.ip.is_loopback or found.ip.is_multicast or found.ip.is_unspecified or found.ip.is_link_local:
        raise LabError(f"{where}: {text} cannot be an address of the underlay or of a LAN")
    return found.with_prefixlen


def _mtu(number: int, where: str) -> int:
    if number not in _MTU:
        raise LabError(f"{where}: mtu {number} is not between {_MTU[0]} and {_MTU[-1]}")
    return number


def interface_name(name: str, where: str) -> str:
    fault = canonical.device_name_fault(name, ours=True)
    if fault:
        raise LabError(f"{where}: `{name}` is no name for an interface: {': '.join(fault)}")
    return name


def _check_addresses(hosts: t.Sequence[LabHost]) -> None:
    owners: dict[t.Any, str] = {}
    for host in hosts:
        for address in host.addresses:
            other = owners.setdefault(ipaddress.ip_interface(address).ip, host.name)
            if other != host.name:
                raise LabError(
                    f"{other} and {host.name} both have the underlay address {address.split('/')[0]}; "
                    "give one of them another containerhost_underlay_address"
                )
