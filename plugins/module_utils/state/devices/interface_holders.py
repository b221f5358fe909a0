# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gives an interface of the host's its addresses, and would give them back to it: managers, and DHCP clients."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.state.devices import interface_rows
from ansible_collections.containerhost.network.plugins.module_utils.state.processes import is_privileged

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
    from ansible_collections.containerhost.network.plugins.module_utils.state.rows import Link

# By manager: its notes on a link, by the link's index, and the lines of one that it holds.
_MANAGERS = (
    ("systemd-networkd", "/run/systemd/netif/links/{}", ("ADMIN_STATE=configured", "ADMIN_STATE=configuring")),
    ("NetworkManager", "/run/NetworkManager/devices/{}", ("managed=true",)),
)
_CLIENTS = ("dhclient", "dhcpcd", "udhcpc", "dhcp6c", "odhcp6c")
_FOR_ALL = ("dhclient", "dhcpcd")  # where they are told of none


def holders(kernel: Kernel, link: Link) -> t.Iterator[str]:
    """Of an interface of the host's own namespace: who, and how that is known."""
    for manager, path, lines in _MANAGERS:
        said = (kernel.files.text(path.format(link.index)) or "").splitlines()
        if any(line in said for line in lines):
            yield f"{manager} ({path.format(link.index)})"
    clients = list(_clients(kernel, link.name))
    yield from clients
    for cidr in [] if clients else interface_rows.dynamic(kernel, link, None):
        yield f"a DHCP client (its address {cidr} is for a time)"


def _clients(kernel: Kernel, name: str) -> t.Iterator[str]:
    """Root's programs in the host's own namespace that are told of the interface, or of none and take all."""
    others = {*kernel.links(None)} - {name}
    for pid in filter(str.isdigit, kernel.files.folder("/proc")):
        text = None
        with contextlib.suppress(Problem):  # it has ended since
            text = kernel.files.text(f"/proc/{pid}/cmdline")
        words = (text or "").replace("\0", " ").split()
        program = os.path.basename(words[0]).rstrip(":") if words else ""
        if program not in _CLIENTS or not _is_here(pid) or not _is_roots(kernel, pid):
            continue
        named = name in words or f"-i{name}" in words or f"--interface={name}" in words
        if named or (program in _FOR_ALL and others.isdisjoint(words)):
            yield f"{program} (process {pid})"


def _is_here(pid: str) -> bool:
    """Does it run in the namespace that this process began in? One whose namespace cannot be seen is taken for such."""
    try:
        return os.stat(f"/proc/{pid}/ns/net").st_ino == os.stat(f"/proc/{os.getpid()}/ns/net").st_ino
    except OSError:
        return True


def _is_roots(kernel: Kernel, pid: str) -> bool:
    """Nobody else can give an interface its addresses, whatever he calls his process."""
    try:
        return is_privileged(kernel.files.text(f"/proc/{pid}/status") or "Uid: 0")
    except Problem:  # it has ended since
        return False
