# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Token buckets and redirections as messages, and read back (tc-tbf(8), tc-mirred(8)).

What leaves a device is limited by a token bucket at its root. What enters it is redirected to another device of kind
``ifb``, where it leaves again, and is limited by a bucket there. Numbers are from linux/pkt_sched.h, linux/pkt_cls.h
and linux/tc_act/tc_mirred.h.
"""

from __future__ import annotations

import struct
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.devconf import attributes

RTM_NEWQDISC, RTM_DELQDISC, RTM_GETQDISC = 36, 37, 38
RTM_NEWTFILTER, RTM_GETTFILTER = 44, 46
QDISC = frozenset(("TCA_KIND", "TCA_OPTIONS"))
ROOT, INGRESS = 0xFFFFFFFF, 0xFFFFFFF1  # TC_H_ROOT, TC_H_INGRESS
ENTERING = 0xFFFF0000  # the handle of what enters, which is the same for every device
HANDLE = m.GROUP << 16  # of our buckets, "6368:" in tc's words
_PRIORITY = 1
_ETH_P_ALL = 0x0003
_ETHERNET = 1  # TC_LINKLAYER_ETHERNET: no table of times is needed
_SPEC = struct.Struct("=BBHhHI")  # tc_ratespec
_SEL = struct.Struct("=BBBBHHhhI")  # tc_u32_sel, without its keys
_MIRRED = struct.Struct("=IIiiiiI")  # tc_mirred
_SELECTS_ALL, _STOLEN, _REDIRECTS = 1, 4, 1  # TC_U32_TERMINAL, TC_ACT_STOLEN, TCA_EGRESS_REDIR
_PARMS, _RATE64, _BURST = 1, 4, 6  # TCA_TBF_*
_QUEUE = 40  # what may wait in a queue is sent within the 40th part of a second


class Bucket(t.NamedTuple):
    """``rate`` in bytes per second, ``burst`` in bytes."""

    rate: int
    burst: int

    @property
    def limit(self) -> int:
        """Bytes that may wait."""
        return self.rate // _QUEUE + self.burst


def _nla(number: int, body: bytes) -> bytes:
    return struct.pack("=HH", len(body) + 4, number) + body + b"\0" * (-len(body) & 3)


def bucket(device: str, what: Bucket, netns: str | None) -> m.Message:
    """Limit what leaves a device, or limit it otherwise: what waits goes on waiting."""
    spec = _SPEC.pack(0, _ETHERNET, 0, 0, 0, min(what.rate, 0xFFFFFFFF))
    parms = spec + _SPEC.pack(0, 0, 0, 0, 0, 0) + struct.pack("=III", what.limit, 0, 0)
    options = _nla(_PARMS, parms) + _nla(_BURST, struct.pack("=I", what.burst))
    if what.rate > 0xFFFFFFFF:
        options += _nla(_RATE64, struct.pack("=Q", what.rate))
    header = {"ifindex": m.Index(device), "parent": ROOT, "handle": HANDLE}
    values = {"TCA_KIND": "tbf", "TCA_OPTIONS": options}
    return m.Message(
        RTM_NEWQDISC, m.NLM_F_CREATE | m.NLM_F_REPLACE, header, values, f"limit what leaves {device}", netns
    )


def no_bucket(device: str, netns: str | None) -> m.Message:
    header = {"ifindex": m.Index(device), "parent": ROOT, "handle": HANDLE}
    return m.Message(RTM_DELQDISC, 0, header, {}, f"end the limit of what leaves {device}", netns)


def read_bucket(options: bytes) -> Bucket | None:
    found = dict(attributes(options))
    parms = found.get(_PARMS, b"")
    if len(parms) < 2 * _SPEC.size + 12:
        return None
    rate = _SPEC.unpack_from(parms)[-1]
    if _RATE64 in found:
        [rate] = struct.unpack("=Q", found[_RATE64])
    [limit] = struct.unpack_from("=I", parms, 2 * _SPEC.size)
    return Bucket(rate, limit - rate // _QUEUE)


def entrance(device: str, netns: str | None) -> m.Message:
    """A place for filters of what enters a device."""
    header = {"ifindex": m.Index(device), "parent": INGRESS, "handle": ENTERING}
    values = {"TCA_KIND": "ingress"}
    return m.Message(RTM_NEWQDISC, m.NLM_F_CREATE, header, values, f"look at what enters {device}", netns)


def no_entrance(device: str, netns: str | None) -> m.Message:
    header = {"ifindex": m.Index(device), "parent": INGRESS, "handle": ENTERING}
    return m.Message(RTM_DELQDISC, 0, header, {}, f"end the limit of what enters {device}", netns)


def redirection(device: str, to: str, netns: str | None) -> m.Message:
    """All that enters a device leaves by another one."""

    def options(index: int) -> bytes:
        mirred = _MIRRED.pack(0, 0, _STOLEN, 0, 0, _REDIRECTS, index)
        action = _nla(1, b"mirred\0") + _nla(2, _nla(2, mirred))  # TCA_ACT_KIND, TCA_ACT_OPTIONS, TCA_MIRRED_PARMS
        selector = _SEL.pack(_SELECTS_ALL, 0, 1, 0, 0, 0, 0, 0, 0) + struct.pack("=IIii", 0, 0, 0, 0)
        return _nla(5, selector) + _nla(7, _nla(1, action))  # TCA_U32_SEL, TCA_U32_ACT

    info = _PRIORITY << 16 | struct.unpack("=H", struct.pack("!H", _ETH_P_ALL))[0]
    header = {"ifindex": m.Index(device), "parent": ENTERING, "info": info}
    values = {"TCA_KIND": "u32", "TCA_OPTIONS": m.WithIndex(to, options)}
    return m.Message(
        RTM_NEWTFILTER, m.NLM_F_CREATE | m.NLM_F_EXCL, header, values, f"redirect what enters {device}", netns
    )


def read_redirection(options: bytes) -> int | None:
    """The index of the device that all is redirected to."""
    for number, body in attributes(dict(attributes(options)).get(7, b"")):
        mirred = dict(attributes(dict(attributes(body)).get(2, b""))).get(2, b"") if number else b""
        if len(mirred) >= _MIRRED.size:
            found = _MIRRED.unpack_from(mirred)
            return found[-1] if found[-2] == _REDIRECTS else None
    return None
