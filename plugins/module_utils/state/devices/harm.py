# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a device of ours that everybody may have as he likes, as long as packets still get through.

Nothing is written when a device is made: it has what its namespace's defaults say. Only where somebody has set a device
so that it harms its traffic it is told, and changed to what the kernel, or the default, says. What comes by router
advertisements is theirs where they are taken up; a setting that is borrowed (kind ``sysctl``) is let be.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link

# What a setting is, and what it is to be, by names such as ``ipv6.hop_limit`` or ``ipv4.neigh.mcast_solicit``.
Harm = t.Dict[str, t.Tuple[int, int]]

# What of it a device says by itself. Who is told of an address that has moved, or of its new MAC, and does not listen,
# sends to where it was until he asks again.
WATCHED_4, WATCHED_6 = ("ipv4.drop_gratuitous_arp",), (
    "ipv6.hop_limit", "ipv6.mtu", "ipv6.accept_ra", "ipv6.drop_unsolicited_na"
)  # fmt: skip
_DEAF = (*WATCHED_4, "ipv6.drop_unsolicited_na")
_HOPS, _FEWEST_HOPS = 64, 32  # IPV6_DEFAULT_HOPLIMIT, net/ipv6.h; the longest ways on the Internet take some 30

# How often a neighbour is asked for, by the kernel and by a program (arp(7)): without any question no new one is found,
# and one that is asked for by a program that is not there is found a second later for each such question. With what the
# kernel makes devices with, where no default is to be seen: only the host's first namespace has one.
_ASKED: dict[str, tuple[t.Callable[[int], bool], int]] = {
    "mcast_solicit": (lambda times: times == 0, 3),
    "ucast_solicit": (lambda times: times == 0, 3),
    "app_solicit": (lambda times: times > 0, 0),
}


def of_the_deaf(kernel: Kernel, netns: str | None, device: str, there: t.Mapping[str, int | None]) -> Harm:
    """Where all devices are so by default, whoever has their namespace means it."""
    found: Harm = {}
    for name in _DEAF:
        if there.get(name):
            family, _dot, setting = name.partition(".")
            usual = [kernel.sysctl(f"net/{family}/conf/{each}/{setting}", netns) for each in ("default", "all")]
            if not any(number not in (None, "0") for number in usual):
                found[name] = (t.cast(int, there[name]), 0)
    return found


def of_ipv6(there: t.Mapping[str, int | None], link: Link, mtu: int) -> Harm:
    """By those of ``WATCHED_6``, of a device that is to have this MTU: with another one IPv6 gets that anew."""
    hops, own = there["ipv6.hop_limit"], there["ipv6.mtu"]
    if hops is None or own is None or there["ipv6.accept_ra"]:
        return {}
    found: Harm = {"ipv6.hop_limit": (hops, _HOPS)} if hops < _FEWEST_HOPS else {}
    return {**found, "ipv6.mtu": (own, link.mtu)} if own < link.mtu == mtu else found


def of_neighbours(kernel: Kernel, netns: str | None, link: Link, families: t.Iterable[str]) -> Harm:
    """Of a device by which the host itself asks for neighbours. What all devices have by default is the host's."""
    found: Harm = {}
    for family in families if not link.flags & m.IFF_NOARP else ():
        for name, (harms, as_made) in _ASKED.items():
            times = _number(kernel, netns, family, link.name, name)
            if times is None or not harms(times):
                continue
            usual = _number(kernel, netns, family, "default", name)
            usual = as_made if usual is None else usual
            if not harms(usual):
                found[f"{family}.neigh.{name}"] = (times, usual)
    return found


def _number(kernel: Kernel, netns: str | None, family: str, device: str, name: str) -> int | None:
    text = kernel.sysctl(f"net/{family}/neigh/{device}/{name}", netns)
    return int(text) if text and text.isdigit() else None


def joined(
    differences: dict[str, tuple[t.Any, t.Any]], option: str, harm: Harm, wanted: t.Mapping[str, t.Any]
) -> dict[str, tuple[t.Any, t.Any]]:
    """Differences with harm among those of the ``option`` that has a device's settings."""
    if not harm:
        return differences
    before, after = differences.get(option, (wanted.get(option) or {},) * 2)
    was, is_to_be = ({name: pair[place] for name, pair in harm.items()} for place in (0, 1))
    return {**differences, option: ({**before, **was}, {**after, **is_to_be})}
