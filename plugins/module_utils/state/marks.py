# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mark on a device, a namespace or an nftables element: ``containerhost:OWNER LABEL``.

The label is for people, and for finding a container's end again: ``ip link`` shows whose device it is.
"""

from __future__ import annotations

import functools
import typing as t

PREFIX = "containerhost:"
# How the label of a bridge begins that has an interface of the host's for a port; that one's name follows.
_UPLINK = "uplink "
# The kernel takes aliases of 255 bytes, an nftables element a comment of 127.
_LONGEST = {"alias": 250, "comment": 120}


@functools.lru_cache(maxsize=16)  # thousands of elements in a row have one
def mark(owner: str, label: str = "", place: str = "alias") -> str:
    text = f"{PREFIX}{owner} {label}" if label else f"{PREFIX}{owner}"
    return text.encode()[: _LONGEST[place]].decode("utf-8", "ignore")


def owner_of(text: str | None) -> str | None:
    """Whose mark it is; None if it is not ours."""
    if not text or not text.startswith(PREFIX):
        return None
    return text[len(PREFIX):].split(" ", 1)[0]


def label_of(text: str | None) -> str:
    return text.split(" ", 1)[1] if text and " " in text else ""


def named_end(text: str | None) -> dict[str, t.Any]:
    """The sandbox and interface that the label of a container's end tells of."""
    engine, colon, rest = label_of(text).partition(":")
    ref, slash, interface = rest.rpartition("/")
    if not colon or not slash:
        return {}
    return {"sandbox": {"engine": engine, "ref": ref}, "interface": interface}


def uplink_label(device: str, vlan: int | None) -> str:
    """What the mark of a bridge says of the interface that is its port. No device has a slash in its name."""
    return f"{_UPLINK}{device}/{vlan}" if vlan else f"{_UPLINK}{device}"


def uplink_of(text: str | None) -> tuple[str, int | None] | None:
    """The interface, and its VLAN, that the mark of a bridge tells of."""
    label = label_of(text)
    if not label.startswith(_UPLINK) or owner_of(text) is None:
        return None
    device, _slash, vlan = label[len(_UPLINK):].partition("/")
    return device, int(vlan) if vlan.isdigit() else None
