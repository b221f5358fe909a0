# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes along with a change of our nftables table: its fence, and connections that the change has made stale."""

from __future__ import annotations

import contextlib
import errno
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import NoNamespace
from ansible_collections.containerhost.network.plugins.module_utils.state import source_routing
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import fence, nftables
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.closed_ways import (
    ClosedWays,
    narrowed,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.flows import (
    changed_ports,
    is_stale,
    ports_of,
)

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import NftElement
    from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
    from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nftables import NftTable

_DEVICES = "isolation"  # among the changed ports of a run: devices of ours by which less passes than before


def set_fence(kernel: Kernel, netns: str | None) -> t.Iterator[str]:
    """What closes our networks if somebody takes the table away stands and goes with it, and so do the ways of its
    marks. Yields what is refused."""
    table = kernel.table(netns)
    if table.lack is not None:
        return
    try:
        there = fence.found(kernel.wire.dump, netns)
    except NoNamespace:  # it has gone, with all that was in it
        return
    messages = fence.changes(there, fence.wanted(table.elements, there.families), netns)
    messages += source_routing.changes(table.elements, there.rows, netns)
    for refusal in kernel.wire.send(messages):
        if refusal.errno not in (errno.ENOENT, errno.ESRCH, errno.EEXIST):
            yield refusal.text


def make_alone(kernel: Kernel, netns: str | None, table: NftTable) -> NftTable:
    """Our rules without an element do nothing, but for having packets pass the fence where one stands: there they come
    with all elements. Listed without any, they cost 3 ms: to list them is to read all elements, 60 ms for 10,000. The
    process is in that namespace."""
    if fence.found(kernel.wire.dump, netns).networks:
        return table
    made = nftables.after(table, ())
    nftables.run(nftables.transaction(table, (), made))
    note_digest(kernel, netns)
    kernel.set_table(netns, made)
    return made


def note_digest(kernel: Kernel, netns: str | None) -> None:
    """How libnftables lists our rules here. The process is in that namespace."""
    kernel.records.set_digest(netns, nftables.digest_now())
    kernel.records.save()


def note_ports(kernel: Kernel, netns: str | None, then: NftTable, steps: t.Sequence[NftElement]) -> None:
    """Where ports lead to that are about to change, and which ways are closed: the run may be killed before it has
    ended old connections."""
    touched = [(step.set, step.key) for step in steps]
    before = kernel.table(netns).elements
    changed = changed_ports(before, then.elements, touched)
    devices = narrowed(before, then.elements, touched)
    if devices:
        changed[_DEVICES] = dict.fromkeys(sorted(devices), "")
    if changed:
        kernel.records.note_ports(netns, changed)
        kernel.records.save()


def end_stale_flows(kernel: Kernel) -> None:
    """Once a run, and only when published ports have changed, or ways were closed: the table of connections may be
    large."""
    for netns, changed in kernel.records.changed_ports():
        with contextlib.suppress(NoNamespace):
            rows = kernel.wire.dump(m.RTM_GETADDR, {}, frozenset(("IFA_LOCAL", "IFA_ADDRESS")), netns)
            local = {row.get("IFA_LOCAL") or row.get("IFA_ADDRESS") for row in rows}
            elements, devices = kernel.table(netns).elements, changed.get(_DEVICES, {})
            ports = {name: keys for name, keys in changed.items() if name != _DEVICES}
            ways = ClosedWays(devices, elements, local)
            flows = kernel.wire.flows(None if devices else ports_of(ports), netns)
            stale = [flow for flow in flows if ways.closes(flow) or is_stale(flow, ports, elements, local)]
            kernel.wire.forget(stale, netns)
        kernel.records.forget_ports(netns)
