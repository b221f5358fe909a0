# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a refusal of the kernel's means, and what to do: by what was tried and the number of the error.

The kernel's own words come first (extended ACK), where it has any; a number alone says nothing to a person.
"""

from __future__ import annotations

import errno
import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine import steps as s
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m


class Refused(str):
    """Why a step was refused, in words; ``errno`` is the kernel's number for it, where there is one."""

    errno: int = 0


def refused(text: str, code: int | None) -> Refused:
    words = Refused(text)
    words.errno = code or 0
    return words


def words_of(error: Exception) -> str:
    """Why, and about which file."""
    why = getattr(error, "strerror", None) or str(error)
    where = getattr(error, "filename", None)
    return f"{where}: {why}" if where else why


_AGAIN = "run again"

# For whatever was tried.
_ANY = {
    errno.EPERM: "not even root may do it here, as in a container or under a security module",
    errno.EACCES: "root may not do this here: look for a security policy (SELinux, AppArmor) or a missing capability",
    errno.EOPNOTSUPP: "this kernel cannot do it: it lacks the option or its module (modprobe)",
    errno.ENOENT: f"it has vanished since this run looked: {_AGAIN}",
    errno.ENODEV: f"the device has vanished since this run looked: {_AGAIN}",
    errno.ENOMEM: "this host has no memory left",
    errno.ENOBUFS: "this host has no memory left for it",
    errno.ENFILE: "this host has no more files to open (fs.file-max)",
    errno.EMFILE: "this process may open no more files (ulimit -n)",
    errno.ENOSPC: "the kernel has no room for more of them: raise its limit (sysctl user, net)",
    errno.EBUSY: "something holds it: look at it (ip -d link), let it go, then run again",
    errno.EROFS: "it is read-only here: run this on the host itself, not in a container",
    errno.EINVAL: "the kernel does not take one of these values: compare them with what `ip -d link` shows of the"
    " others",
    errno.ERANGE: "a value is out of the range that this device takes (ip -d link: minmtu, maxmtu)",
    errno.EEXIST: f"it was not there when this run looked, and is now: see who makes it, then {_AGAIN}",
    errno.ENETUNREACH: "no network of the device leads there: of a route, say `onlink`, or give the device an address",
    errno.EINTR: _AGAIN,
    errno.EAGAIN: _AGAIN,
}

# By what was tried; ``make`` is of a device of any kind (what only one kind has, it says itself: ``Kind.refusals``).
_OF: dict[str, dict[int, str]] = {
    "make": {
        errno.EXFULL: "a bridge takes 1,023 ports, and it has that many",
        errno.EADDRNOTAVAIL: "no device can have this MAC: give it another `mac`",
    },
    "change port": {
        errno.EOPNOTSUPP: "this kernel has no such setting for ports of a bridge",
        errno.EINVAL: "it is no port of a bridge any more: run again",
        errno.ENETDOWN: "it has no carrier: set its other end up",
    },
    "change": {
        errno.EXFULL: "a bridge takes 1,023 ports, and it has that many",
        errno.EINVAL: "the device takes no such value: an MTU may be more than its parent's or its lower device's",
        errno.EADDRINUSE: "something else has what it needs: a program its UDP port (ss -ulpn), another macvlan its"
        " MAC",
        errno.EADDRNOTAVAIL: "the device takes no such MAC",
        errno.EBUSY: "the device must be down for that, or something holds it: set it down (ip link set … down), run"
        " again",
        errno.EEXIST: "another device has this name, or has it as an alternative one (ip link): rename that one",
        errno.ELOOP: "they would stand on each other",
        errno.ENETDOWN: "its parent is down: set that up first (ip link set … up)",
        errno.EOPNOTSUPP: "the kernel does not change this on a device that is there: allow it to be re-created"
        " (recreate)",
    },
    "address": {
        errno.EACCES: "IPv6 is off on this device (sysctl net.ipv6.conf.….disable_ipv6)",
        errno.EEXIST: f"the device has it since this run looked: {_AGAIN}",
        errno.EINVAL: "no device can have this address, or not with this prefix length",
        errno.EADDRNOTAVAIL: f"the device has not got it any more: {_AGAIN}",
    },
    "route": {
        errno.EACCES: "IPv6 is off on its device (sysctl net.ipv6.conf.….disable_ipv6), or somebody's routing rule"
        " there forbids the way to its gateway (ip rule)",
        errno.EEXIST: "a route to the same destination has this metric, by whatever device: give this one another"
        " `metric`,"
        " or delete that one (ip route)",
        errno.EHOSTUNREACH: "its `via` is not reached by this device: name the device that has its network",
        errno.EINVAL: "its `via` or `src` is none that can stand there: the first must be a neighbour's, the second the"
        " host's own",
        errno.ENETDOWN: "its device is down: set it up first",
        errno.ESRCH: f"it has gone since this run looked: {_AGAIN}",
    },
    "neighbour": {
        errno.ENOBUFS: "the kernel's table of neighbours is full: raise net.ipv4.neigh.default.gc_thresh3 (and ipv6)",
        errno.EOPNOTSUPP: "the device keeps no such table: a VXLAN has one (self), a bridge's port has its bridge's"
        " (master)",
        errno.EINVAL: "the entry points nowhere that this device could send to, or has options that exclude each other",
        errno.ENETDOWN: "its device is down: set it up first",
        errno.ENOSPC: "the device's table is full (vxlan `limit`, bridge fdb_max_learned)",
    },
    "sysctl": {
        errno.EINVAL: "the kernel takes no such value",
        errno.ENOENT: "this kernel has no such setting here, or the device has none of this family (an MTU below 1280"
        " takes"
        " IPv6 off it)",
        errno.EACCES: "it is read-only here: run this on the host itself, not in a container",
    },
}
# These need words whatever the kernel says of its own: the way out is outside of what was tried.
_WHATEVER_IS_SAID = (errno.EPERM, errno.EOPNOTSUPP, errno.EEXIST, errno.ENODEV, errno.EBUSY)
# What a kind of device has to say of its own making, by what the kernel calls it: ``Kind.refusals``.
OfKinds = t.Mapping[str, t.Mapping[int, str]]


def advice(step: t.Any, code: int, is_bare: bool = True, of_kinds: OfKinds | None = None) -> str:
    """What to do about an error of this number at this step. Never nothing where it is all there is (``is_bare``)."""
    what = _tried(step)
    for said in ((of_kinds or {}).get(_made(step), {}), _OF.get(what, {}), _OF.get(what.partition(" ")[0], {})):
        if code in said:
            return said[code]
    if not is_bare:
        return _ANY[code] if code in _WHATEVER_IS_SAID else ""
    return _ANY.get(code, f"look for more in the kernel's log (dmesg), then {_AGAIN}")


def _tried(step: t.Any) -> str:
    if isinstance(step, (s.WriteSysctl, s.Borrow, s.GiveBack)):
        return "sysctl"
    if not isinstance(step, m.Message):
        return ""
    if _made(step):
        return "make"
    if step.type in (m.RTM_NEWLINK, m.RTM_DELLINK):
        return "change port" if "IFLA_INFO_SLAVE_DATA" in step.attributes.get("IFLA_LINKINFO", {}) else "change"
    if step.type in (m.RTM_NEWADDR, m.RTM_DELADDR):
        return "address"
    return "route" if step.type in (m.RTM_NEWROUTE, m.RTM_DELROUTE) else "neighbour"


def _made(step: t.Any) -> str:
    """What the kernel calls the device that a step makes; nothing if it makes none."""
    if isinstance(step, m.Message) and step.type == m.RTM_NEWLINK and step.flags & m.NLM_F_CREATE:
        return step.attributes.get("IFLA_LINKINFO", {}).get("IFLA_INFO_KIND", "")
    return ""


def reason_of(step: t.Any, code: int, text: str, of_kinds: OfKinds | None = None) -> Refused:
    """The kernel's own words where it has any; a bare number is told what it means, whatever was tried."""
    words = advice(step, code, text == os.strerror(code), of_kinds)
    return refused(f"{text} ({errno.errorcode.get(code, code)})" + (f"; {words}" if words else ""), code)
