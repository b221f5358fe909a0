# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and MACs as functions of what they stand for, so that every run and every host derives the same.

These are formats that users rely on (firewall rules, DHCP reservations, dashboards): golden tests hold them.

================  ==========================================================================================
device            prefix + network, if that has at most 15 characters of ``[A-Za-z0-9_-]``; else prefix + start
                  of the network + ``-`` + 8 characters of hash (40 bits), 15 characters in all
host end          ``chv`` + 12 characters of hash (60 bits) of (network, container)
MAC               ``02:`` + 40 bits of hash: locally administered, unicast
================  ==========================================================================================

The hash is SHA-256 over the parts, each ended by a NUL, in lower-case base32 (RFC 4648: a-z, 2-7).
A *salt* above 0 is one more part: it is how a clash is resolved, and the ledger remembers it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, MutableMapping

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.derived import base32, digest, mac
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal

IFNAME_MAX = 15  # IFNAMSIZ is 16 with its NUL (linux/if.h)
DEVICE_HASH = 8
HOST_END_PREFIX = "chv"
HOST_END_HASH = 12
_PLAIN = re.compile(r"[A-Za-z0-9_-]+\Z")


def device_name(prefix: str, name: str, salt: int = 0) -> str:
    """The device of a network: ``ch-web``, or ``ch-ver-k7qd2mxa`` for a name that is too long.

    A dot would be a separator in a sysctl's key, so a name that has one is hashed as well.
    """
    if not salt and len(prefix) + len(name) <= IFNAME_MAX and _PLAIN.match(name):
        return prefix + name
    start = re.sub(r"[^A-Za-z0-9_-]", "-", name)[: IFNAME_MAX - len(prefix) - 1 - DEVICE_HASH]
    return f"{prefix}{start}-{base32(digest('device', prefix, name, salt=salt), DEVICE_HASH)}"


def host_end_name(network: str, container: str, salt: int = 0) -> str:
    """The end of an endpoint's veth that stays on the host."""
    return HOST_END_PREFIX + base32(digest("host end", network, container, salt=salt), HOST_END_HASH)


def endpoint_mac(network: str, address: str, salt: int = 0) -> str:
    """The MAC of a container's interface, of the network and its first address (IPv4 before IPv6)."""
    return mac("endpoint", network, address, salt=salt)


def host_end_mac(network: str, host: str, container: str) -> str:
    return mac("host end", network, host, container)


def bridge_mac(network: str, host: str) -> str:
    return mac("bridge", network, host)


def vtep_mac(network: str, host: str, salt: int = 0) -> str:
    """The MAC of a host's end of an overlay."""
    return mac("vtep", network, host, salt=salt)


def check_interface_name(name: str) -> None:
    """Refuse what a host refuses, in its words."""
    fault = canonical.device_name_fault(name, ours=True)
    if fault:
        raise Refusal(fault[0], fault[1].capitalize())


class Salts:
    """Resolves clashes: who is known to the ledger keeps what it has, who comes later is hashed with a salt.

    ``remembered`` maps "kind/identity" to a salt; it is updated for the caller to put into the ledger.
    """

    def __init__(self, remembered: MutableMapping[str, int]) -> None:
        self.remembered = remembered
        self._taken: dict[tuple[str, Hashable, str], str] = {}

    def reserve(self, kind: str, scope: Hashable, value: str, owner: str) -> str | None:
        """Take a value as it is (a pin). Returns who has it already, or None."""
        holder = self._taken.setdefault((kind, scope, value), owner)
        return holder if holder != owner else None

    def unique(self, kind: str, scope: Hashable, owner: str, make: Callable[[int], str]) -> str:
        """What ``make(salt)`` gives for the lowest salt from the remembered one on that nobody in the scope has."""
        key = f"{kind}/{owner}"
        salt = self.remembered.get(key, 0)
        while self.reserve(kind, scope, value := make(salt), owner) is not None:
            salt += 1
        if salt:
            self.remembered[key] = salt
        return value
