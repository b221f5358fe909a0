# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes from inside sandboxes: echo requests of a given size, TCP connections; many at a time, bounded in time.

A socket stays in the namespace that it was opened in, so all are opened first, and then waited for together: a
thousand containers that do not answer cost as long as one.
"""

from __future__ import annotations

import ipaddress
import itertools
import select
import socket
import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import WireError
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire
from ansible_collections.containerhost.network.plugins.module_utils.probe_kinds import KINDS, Probe
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

TIMEOUT = 1.0  # seconds for an answer
TRIES = 3  # where nobody says another number: the first packet may have to wait for a neighbour to be resolved
_AT_A_TIME = 400  # sockets: the usual limit for a process is 1,024
_TIMED = 8


class ProbeResult(t.NamedTuple):
    """``reason`` is empty when an answer came; ``ms`` is how long it took."""

    name: str
    ms: t.Optional[float]
    reason: str


def run(wire: Wire, probes: t.Sequence[Probe]) -> list[ProbeResult]:
    outcomes: list[ProbeResult] = []
    for start in range(0, len(probes), _AT_A_TIME):
        left = list(probes[start:start + _AT_A_TIME])
        last: dict[str, ProbeResult] = {}
        for tried in itertools.count(1):
            last.update((outcome.name, outcome) for outcome in _together(wire, left))
            left = [probe for probe in left if last[probe.name].reason and tried < (probe.tries or TRIES)]
            if not left:
                break
        some = probes[start:start + _AT_A_TIME]
        for again in _timed(wire, [probe for probe in some if not last[probe.name].reason]):
            if not again.reason:
                last[again.name] = min(last[again.name], again, key=lambda outcome: outcome.ms or 0.0)
        outcomes += [last[probe.name] for probe in some]
    return outcomes


def _timed(wire: Wire, probes: t.Sequence[Probe]) -> t.Iterator[ProbeResult]:
    """Once more where there was an answer: the first packet has paid for everybody's neighbours. A few at a time, as
    what else is sent meanwhile would count."""
    for start in range(0, len(probes), _TIMED):
        yield from _together(wire, probes[start:start + _TIMED])


class _Waiting(t.NamedTuple):
    probe: Probe
    number: int
    sock: socket.socket
    began: float


def _together(wire: Wire, probes: t.Sequence[Probe]) -> t.Iterator[ProbeResult]:
    waiting: dict[int, _Waiting] = {}
    try:
        for number, probe in enumerate(probes):
            try:
                with wire.inside(netns_of(probe.sandbox)):
                    sock = KINDS[probe.kind].open(probe)
                sock.setblocking(False)
                began = time.monotonic()
                reason = _started(sock, probe, number)
            except (OSError, WireError, Problem) as error:
                yield ProbeResult(probe.name, None, getattr(error, "strerror", None) or str(error))
                continue
            waiting[sock.fileno()] = _Waiting(probe, number, sock, began)
            if reason is not None:
                yield _finish(waiting, sock.fileno(), reason)
        yield from _collect(waiting)
    finally:
        for each in waiting.values():
            each.sock.close()


def _started(sock: socket.socket, probe: Probe, number: int) -> str | None:
    try:
        return KINDS[probe.kind].start(sock, probe, number)
    except OSError:
        sock.close()
        raise


def _collect(waiting: dict[int, _Waiting]) -> t.Iterator[ProbeResult]:
    deadline = time.monotonic() + TIMEOUT
    poll = select.poll()
    for fd, each in waiting.items():
        poll.register(fd, select.POLLOUT if KINDS[each.probe.kind].writable else select.POLLIN)
    while waiting:
        left = deadline - time.monotonic()
        ready = poll.poll(max(left, 0) * 1000) if left > 0 else []
        if not ready:
            break
        for fd, _event in ready:
            reason = _answer(waiting[fd])
            if reason is not None:
                poll.unregister(fd)
                yield _finish(waiting, fd, reason)
    for fd in list(waiting):
        yield _finish(waiting, fd, "no reply")


def _answer(each: _Waiting) -> str | None:
    """Empty for the answer, a reason for a refusal, None for something else that came in."""
    try:
        return KINDS[each.probe.kind].answer(each.sock, each.probe, each.number)
    except BlockingIOError:
        return None
    except OSError as error:
        return (error.strerror or str(error)).lower()


def _finish(waiting: dict[int, _Waiting], fd: int, reason: str) -> ProbeResult:
    each = waiting.pop(fd)
    each.sock.close()
    ms = round((time.monotonic() - each.began) * 1000, 2)
    return ProbeResult(each.probe.name, None if reason else ms, reason)


def netns_of(sandbox: t.Mapping[str, str] | None) -> str | None:
    return None if sandbox is None else sandboxes.netns_of(sandbox)


# Reserved for documentation (RFC 5737, RFC 3849), so nobody's: only the way there is asked for, and nothing sent.
_ANYWHERE = {"4": (socket.AF_INET, "192.0.2.1"), "6": (socket.AF_INET6, "2001:db8::1")}


def interface_addresses(kernel: Kernel) -> dict[str, list[str]]:
    """The addresses of the host's interfaces that are not ours, where others may call it."""
    return {
        device: sorted(each for each in some if not ipaddress.ip_address(each).is_link_local)
        for device, some in kernel.given_addresses(None).items()
        if device != "lo" and not kernel.is_ours(device)
    }


def own_addresses(wire: Wire) -> dict[str, str]:
    """The host's own address by IP version, as far as there is a way out: the one that it sends from."""
    found: dict[str, str] = {}
    for version, (family, anywhere) in _ANYWHERE.items():
        try:
            with wire.inside(None), socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.connect((anywhere, 9))
                found[version] = sock.getsockname()[0]
        except OSError:
            continue
    return found
