# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is in a lab, and what never is: values that the connection needs for each host, and so nothing besides."""

from __future__ import annotations

import typing as t

# Names of the controller itself: never a lab host, always run here.
LOCAL_NAMES = frozenset(
    ("localhost", "localhost.localdomain", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback", "::1")
)


class LabError(Exception):
    """What went wrong, in a sentence for a person."""


class Leg(t.NamedTuple):
    """A veth pair: ``port`` on a bridge of the switch, ``interface`` in the host."""

    interface: str
    bridge: str
    port: str
    mac: str  # a function of host and segment: neighbours need not unlearn a host that was made again
    mtu: int
    addresses: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()  # default routes on it, without a gateway


class Member(t.NamedTuple):
    """A process that holds namespaces: a host, or the switch that joins them."""

    name: str
    pid: int
    started: int | None
    number: int = 0
    outside: bool = False
    cgroup: str | None = None
    legs: tuple[Leg, ...] = ()

    @property
    def alive(self) -> bool:
        return self.started is not None and started(self.pid) == self.started

    @property
    def netns(self) -> str:
        return f"/proc/{self.pid}/ns/net"


def started(pid: int) -> int | None:
    """When a process started, in the kernel's ticks: with its number, that names it for good. None: it has ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
            fields = stream.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def is_local(name: str) -> bool:
    return name in LOCAL_NAMES or (name.startswith("127.") and _is_address(name))


def _is_address(text: str) -> bool:
    import ipaddress  # seldom asked

    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True
