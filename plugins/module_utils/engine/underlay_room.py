# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the underlay's interface takes what a host's overlays send by it, which the plan knows by declaration only.

A device on it need not say so: routes alone have no MTU, and the kernel lets that of an interface fall below what those
on it are made for.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.towards import is_address, lower_device
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel


def too_narrow(kernel: Kernel, underlay: t.Mapping[str, t.Any]) -> str | None:
    """A sentence where it takes less. ``underlay``: ``by`` (an interface, or an address of the host's that it has) and
    ``sizes``, the largest packet in bytes by network. None where there is room, or no such interface."""
    by, sizes = underlay.get("by"), underlay.get("sizes") or {}
    if not by or not sizes:
        return None
    lower = lower_device(kernel, None, by, None) if is_address(by) else kernel.link(by)
    if lower is None:
        return None
    larger = {name: size for name, size in sorted(sizes.items()) if size > lower.mtu}
    if not larger:
        return None
    told = ", ".join(f"{name} {size}" for name, size in larger.items())
    return (
        f"the underlay's interface {lower.name} takes packets of {lower.mtu} bytes, and networks send larger ones by it"
        f" ({told}): raise its MTU, or say what it takes (containerhost_underlay_mtu: {lower.mtu})"
    )
