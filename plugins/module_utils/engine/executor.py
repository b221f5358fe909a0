# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does steps. The only place where a host is changed.

A round of steps goes out kind of step by kind of step, each in as few system calls as there are: one batch a
namespace for messages, one group for links that go, one transaction for nftables.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import socket
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.announce import announce
from ansible_collections.containerhost.network.plugins.module_utils.engine import (
    beside_table,
    file_steps,
    forgetting,
    rare_steps,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine import steps as s
from ansible_collections.containerhost.network.plugins.module_utils.engine.advice import reason_of, refused, words_of
from ansible_collections.containerhost.network.plugins.module_utils.engine.begun import Begun
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import (
    NETNS_FOLDER,
    OWN_NETNS,
    WireError,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import RefusedMessage
from ansible_collections.containerhost.network.plugins.module_utils.state import named
from ansible_collections.containerhost.network.plugins.module_utils.state.devices import devconf, device_settings
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.mounts import make_shared, unmount
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import mark
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import nftables

_OFF = "0"
_DELETES = (m.RTM_DELADDR, m.RTM_DELROUTE, m.RTM_DELNEIGH, m.RTM_DELLINK)


class Failure(t.NamedTuple):
    """A step that failed: its place in the round, what it was to do, and why.

    ``together``: it was refused with all others of a transaction, of which any may be the cause. ``inside``: it was to
    be done in a namespace other than the host's.
    """

    position: int
    operation: str
    reason: str
    together: bool = False
    inside: bool = False


class Executor:
    """Does rounds of steps on the host whose picture ``kernel`` is, and keeps its records."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._wire = kernel.wire
        self._records = kernel.records
        self._noted: set[tuple[str, tuple[t.Any, ...]]] = set()
        self.begun = Begun(kernel)
        self._released: set[tuple[t.Any, ...]] = set()  # keys of shared devices, each with the owner that let go

    @property
    def picture(self) -> Kernel:
        """That of the run."""
        return self._kernel

    def kernel_now(self) -> Kernel:
        """The kernel as it is by now: the picture of the run is from before its first change."""
        return self._kernel.again()

    def do(self, round_: t.Sequence[s.Step]) -> list[Failure]:
        """Do one round; a failed step stops none of the others."""
        by_type: dict[type, list[int]] = {}
        for position, step in enumerate(round_):
            by_type.setdefault(type(step), []).append(position)
        self._note(round_, by_type)
        failures: list[Failure] = []
        for type_, action in (
            (s.MakeNetns, self._make_netns),
            (s.BindNetns, self._bind_netns),
            (s.Borrow, self._borrow),
            (s.WriteSysctl, self._write_sysctls),
            (s.Message, self._send),
            (s.NftElement, self._nft),
            *rare_steps.of_tunnels(self._wire),
            *file_steps.actions(self._kernel.processes),
            (s.Announce, self._announce),
            (s.Answer, self._answer),
            (s.DeleteLink, self._delete_links),
            (s.ReleaseLink, self._release_links),
            (s.GiveBack, self._give_back),
            *rare_steps.of_others(self._wire),
            (s.EndEngineNetwork, functools.partial(file_steps.end_engine_networks, self._kernel.has_link)),
            (s.DeleteNetns, self._delete_netns),
        ):
            positions = by_type.get(type_, [])
            for position, reason in action([round_[p] for p in positions]) if positions else ():
                place = positions[position]
                step = round_[place]
                inside = getattr(step, "netns", None) is not None
                failures.append(Failure(place, step.operation, reason, type_ is s.NftElement, inside))
        return failures

    def finish(self) -> None:
        """Take away what is empty and ours, the table and the folder of namespaces, and write the records."""
        for netns, table in self._kernel.tables():
            if (table.exists or table.bridge) and not any(table.elements.values()):
                with self._wire.inside(netns):
                    nftables.run("\n".join(nftables.deletion(table)))
                self._kernel.set_table(netns, nftables.NftTable(False, False, {}))
                self._records.set_digest(netns, None)
            elif not table.exists and table.lack is None:
                self._records.set_digest(netns, None)
            for reason in beside_table.set_fence(self._kernel, netns):
                raise WireError(f"what closes our networks without nftables cannot be set up: {reason}")
        beside_table.end_stale_flows(self._kernel)
        self.begun.forget()
        file_steps.tidy()
        self._records.forget_places([place for place in reversed(self._records.places()) if named.tidied(place)])
        forgetting.forget_lost(self._kernel, self._noted)
        self._records.save()

    # -- namespaces and links ----------------------------------------------------------------------------------

    def _make_netns(self, steps: t.Sequence[s.MakeNetns]) -> t.Iterator[tuple[int, str]]:
        yield from self._name_netns(steps, self._make_one_netns)

    def _bind_netns(self, steps: t.Sequence[s.BindNetns]) -> t.Iterator[tuple[int, str]]:
        yield from self._name_netns(steps, self._bind_one_netns)

    def _name_netns(
        self, steps: t.Sequence[t.Any], one: t.Callable[[t.Any, str], None]
    ) -> t.Iterator[tuple[int, str]]:
        files = [f"{NETNS_FOLDER}/{step.name}" for step in steps]
        for place in files:
            if named.is_leftover(place, self._records):
                os.unlink(place)
        self._records.note_places(files if os.path.isdir(NETNS_FOLDER) else [NETNS_FOLDER, *files])
        self._records.save()
        for position, step in enumerate(steps):
            try:
                make_shared(NETNS_FOLDER)
                one(step, files[position])
            except (OSError, WireError) as error:
                yield position, words_of(error)

    def _make_one_netns(self, step: s.MakeNetns, place: str) -> None:
        self._wire.namespaces.forget(place)
        with self._wire.new_netns():
            refused = self._wire.send_here([m.set_link("lo", up=True, ifalias=step.mark)])
            if refused:
                raise WireError(refused[0].text)
            named.mount_at(place, OWN_NETNS)

    def _bind_one_netns(self, step: s.BindNetns, place: str) -> None:
        self._wire.namespaces.forget(place)
        with self._wire.namespaces.descriptor(step.netns) as fd:
            named.mount_at(place, f"/proc/self/fd/{fd}")

    def _delete_netns(self, steps: t.Sequence[s.DeleteNetns]) -> t.Iterator[tuple[int, str]]:
        self._wire.enter(None)
        self._records.note_places(f"{NETNS_FOLDER}/{step.name}" for step in steps)
        self._records.save()
        gone: set[str] = set()
        for position, step in enumerate(steps):
            place = f"{NETNS_FOLDER}/{step.name}"
            try:
                unmount(place)
                os.unlink(place)
            except FileNotFoundError:
                continue
            except OSError as error:
                yield position, error.strerror or str(error)
                continue
            self._wire.namespaces.forget(place)
            gone.add(place)
        self._records.forget_inside(gone)

    def _send(self, steps: t.Sequence[m.Message]) -> t.Iterator[tuple[int, str]]:
        for refusal in self._wire.send(steps):
            gone = refusal.errno in (errno.ENOENT, errno.ESRCH, errno.ENODEV, errno.EADDRNOTAVAIL)
            step = steps[refusal.position]
            appended = step.type == m.RTM_NEWROUTE and step.flags & m.NLM_F_APPEND
            if (appended and refusal.errno == errno.EEXIST) or (gone and (step.type in _DELETES or step.may_miss)):
                continue
            yield refusal.position, self._reason(steps, refusal)

    def _reason(self, messages: t.Sequence[t.Any], refusal: RefusedMessage) -> str:
        step = messages[refusal.position]
        return reason_of(step, refusal.errno, refusal.text, self._kernel.refusals)

    def _announce(self, steps: t.Sequence[s.Announce]) -> t.Iterator[tuple[int, str]]:
        """A parent without a carrier takes no frames: what cannot be told now is told by the first packet."""
        for step in steps:
            with contextlib.suppress(OSError, WireError), self._wire.inside(step.netns):
                announce(step.device, step.mac, step.addresses)
        yield from ()

    def _answer(self, steps: t.Sequence[s.Answer]) -> t.Iterator[tuple[int, str]]:
        """When the other end sends: being asked for a device, Linux 6.8 and newer first see to its carrier, which they
        otherwise do a moment later (linkwatch_sync_dev()). A question that it asks before that is lost as well.
        """
        with contextlib.suppress(WireError):
            asked = {netns: self._asked_for(netns) for netns in {step.netns for step in steps}}
            told = []
            for step in steps:
                addresses = [address for address in step.addresses if address in asked[step.netns]]
                if addresses:
                    self._wire.link(step.interface, frozenset(), step.inside)
                    told += [m.tell_neighbour(step.device, address, step.mac, step.netns) for address in addresses]
            self._wire.send(told)
        yield from ()

    def _asked_for(self, netns: str | None) -> set[str]:
        rows = self._wire.dump(m.RTM_GETNEIGH, {"family": socket.AF_UNSPEC}, {"NDA_DST"}, netns)
        return {row["NDA_DST"] for row in rows if "NDA_DST" in row}

    def _delete_links(self, steps: t.Sequence[s.DeleteLink]) -> t.Iterator[tuple[int, str]]:
        """One link by itself; more of them by a group, at the price of one."""
        by_netns: dict[str | None, list[int]] = {}
        for position, step in enumerate(steps):
            by_netns.setdefault(step.netns, []).append(position)
        for netns, positions in by_netns.items():
            if len(positions) == 1:
                messages = [m.delete_link(steps[positions[0]].name, netns)]
            else:
                messages = [m.set_link(steps[p].name, netns, group=m.GROUP_LEAVING) for p in positions]
                messages.append(m.delete_group(m.GROUP_LEAVING, netns))
            for refusal in self._wire.send(messages):
                if refusal.errno != errno.ENODEV:
                    yield positions[min(refusal.position, len(positions) - 1)], self._reason(messages, refusal)

    def _release_links(self, steps: t.Sequence[s.ReleaseLink]) -> t.Iterator[tuple[int, str]]:
        """The device's mark names one of its owners, the records name the others."""
        for step in steps:
            self._records.set_owner(step.kind, step.key, None)
            self._released.add(step.key)
        noted: dict[tuple[t.Any, ...], list[str]] = {}
        for kind in {step.kind for step in steps}:
            for key, owner in self._records.owners_of(kind):
                noted.setdefault((kind, *key[:-1]), []).append(owner)
        leaving: dict[tuple[str | None, str], int] = {}
        marking: list[int] = []
        messages: list[m.Message] = []
        for position, step in enumerate(steps):
            link = self._kernel.link(step.name, step.netns)
            marked = link.owner if link else None
            having = (marked, *noted.get((step.kind, *step.key[:-1]), ()))
            left = [owner for owner in having if owner and (*step.key[:-1], owner) not in self._released]
            if not left:
                leaving[step.netns, step.name] = position
            elif marked not in left:
                marking.append(position)
                messages.append(m.set_link(step.name, step.netns, operation="set the mark", ifalias=mark(left[0])))
        for refusal in self._wire.send(messages):
            if refusal.errno != errno.ENODEV:
                yield marking[refusal.position], self._reason(messages, refusal)
        gone = list(leaving.values())
        for position, reason in self._delete_links([s.DeleteLink(*place) for place in leaving]):
            yield gone[position], reason

    # -- settings ----------------------------------------------------------------------------------------------

    def _write_sysctls(self, steps: t.Sequence[s.WriteSysctl]) -> t.Iterator[tuple[int, str]]:
        for position, step in enumerate(steps):
            if step.when_returned and self._records.returns_to(step.netns, step.key, step.value):
                self._records.save()
                continue
            reason = self._write(step.netns, step.key, step.value, step.may_miss)
            if reason:
                yield position, reason

    def _write(self, netns: str | None, key: str, value: str, may_miss: bool = False) -> str | None:
        try:
            opened = self._wire.namespaces.open_sysctl
            with self._wire.inside(netns), open(opened(key, os.O_WRONLY, netns), "w", encoding="ascii") as file:
                file.write(value)
        except FileNotFoundError as error:
            step = s.WriteSysctl(netns, key, value)
            return None if may_miss else reason_of(step, errno.ENOENT, error.strerror or str(error))
        except OSError as error:
            return reason_of(s.WriteSysctl(netns, key, value), error.errno or 0, error.strerror or str(error))
        except WireError as error:
            return refused(str(error), errno.ENOENT)
        return None

    def _note(self, round_: t.Sequence[s.Step], by_type: t.Mapping[type, t.Sequence[int]]) -> None:
        """Records are written before what they are about, so that a killed run is not the last to know."""
        for position in by_type.get(s.Borrow, ()):
            step = t.cast(s.Borrow, round_[position])
            now = self._kernel.sysctl_now(step.key, step.netns)
            if now is not None:
                # Guarded already, yet not in the records: they are lost, and what we guard was off before.
                lost = now == step.value and self._guarded(step)
                self._records.borrow(step, _OFF if lost else now)
        for position in by_type.get(s.Record, ()):
            record = t.cast(s.Record, round_[position])
            netns = record.key[0]
            link = self._kernel.link(record.device, netns)
            told = link.owner == record.owner if link is not None else self._kernel.is_ours(record.device, netns)
            # Of a device with routes of its own, the mark says nothing about whose the others are.
            told = told and not self._kernel.carries_own_routes(record.device, netns)
            self._records.set_owner(record.kind, record.key, None if told else record.owner)
            self._noted.add((record.kind, record.key))
            if record.namespace is not None:
                with contextlib.suppress(WireError):  # it has gone since: so will what is to be made there
                    identity = self._wire.namespaces.identity(record.namespace)
                    self._records.set_namespace(record.kind, record.key, identity)
        self._records.save()

    def _borrow(self, steps: t.Sequence[s.Borrow]) -> t.Iterator[tuple[int, str]]:
        there = [not (step.optional and self._is_gone(step)) for step in steps]
        guards = [
            s.NftElement(step.netns, step.guard[0], step.guard[1], None, "containerhost:guard")
            for step, is_there in zip(steps, there)
            if is_there and step.guard and not self._guarded(step)
        ]
        # The guard first: there is no moment in which the host routes for strangers.
        unguarded = [reason for _position, reason in self._nft(list(dict.fromkeys(guards)))]
        for position, step in enumerate(steps):
            if unguarded and step.guard:
                yield position, unguarded[0]
            elif there[position] and self._kernel.sysctl_now(step.key, step.netns) != step.value:
                reason = self._write(step.netns, step.key, step.value)
                self._records.became(step, self._kernel.sysctl_now(step.key, step.netns))
                if reason and not (step.optional and self._is_gone(step)):
                    yield position, reason

    def _is_gone(self, step: s.Borrow) -> bool:
        """The device with its settings, since it was looked at."""
        return self._kernel.sysctl_now(step.key, step.netns) is None

    def _guarded(self, step: s.Borrow) -> bool:
        elements = self._kernel.table(step.netns).elements
        return step.guard is not None and step.guard[1] in elements.get(step.guard[0], {})

    def _give_back(self, steps: t.Sequence[s.GiveBack]) -> t.Iterator[tuple[int, str]]:
        for position, step in enumerate(steps):
            there, lack = self._records.loan(step.netns, step.key), self._kernel.table(step.netns).lack
            if lack is not None and there is not None and there["guard"]:
                yield position, str(lack)
                continue
            loan = self._records.give_back(step.netns, step.key, step.owner, whole=step.keep)
            if loan is None:
                continue
            # Someone may have changed it since, or the device may be gone: then it is theirs. A device of ours that is
            # closed stays closed.
            now = None if step.keep else self._kernel.sysctl_now(step.key, step.netns)
            if now == loan["value"] != loan["before"] and not self._stays_closed(step.netns, step.key, now):
                reason = self._write(step.netns, step.key, loan["before"])
                if reason:
                    yield position, reason
            if loan["guard"]:
                for _position, reason in self._nft([s.NftElement(step.netns, *loan["guard"], None, "", True)]):
                    yield position, reason

    def _stays_closed(self, netns: str | None, key: str, value: str) -> bool:
        family, device, name = devconf.split(key) or ("", "", "")
        return self._kernel.is_ours(device, netns) and device_settings.is_closed(family, name, value)

    # -- nftables ----------------------------------------------------------------------------------------------

    def _nft(self, steps: t.Sequence[s.NftElement]) -> t.Iterator[tuple[int, str]]:
        by_netns: dict[str | None, list[int]] = {}
        for position, step in enumerate(steps):
            by_netns.setdefault(step.netns, []).append(position)
        for netns, positions in by_netns.items():
            table = self._kernel.table(netns)
            # What somebody has deleted before us is gone as well.
            some = [
                step
                for step in (steps[p] for p in positions)
                if not step.delete or step.key in table.elements.get(step.set, {})
            ]
            if not some:
                continue
            then = nftables.after(table, some)
            beside_table.note_ports(self._kernel, netns, then, some)
            try:
                with self._wire.inside(netns):
                    if not (table.exists or then.bridge):
                        table = beside_table.make_alone(self._kernel, netns, table)
                    nftables.run(nftables.transaction(table, some, then))
                    if not table.whole or table.bridge != then.bridge:
                        beside_table.note_digest(self._kernel, netns)
            except (nftables.NftError, nftables.NftMissing, WireError) as error:
                yield from ((position, str(error)) for position in positions)
                continue
            self._kernel.set_table(netns, then)
            yield from ((positions[0], reason) for reason in beside_table.set_fence(self._kernel, netns))
