# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flows that go on while a network is changed: echo requests and datagrams for everybody every 10 ms, a TCP stream."""

from __future__ import annotations

import contextlib
import fcntl
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.containerhost.network.tests.integration.document.members import Members

END = Path(__file__).with_name("steady_end.py")
PING = ("ping", "-i0.01", "-W1")
ON_THE_WAY = 50  # half a second's
ENOUGH = 50  # answers at least, to tell by
# What nobody reads until the end fills a pipe, and whoever writes to a full one says nothing more: of 64 KiB, which is
# what there is otherwise, echo requests have some ten seconds' worth.
_F_SETPIPE_SZ, _ROOM = 1031, 1 << 20  # linux/fcntl.h; Python has the name from 3.10


@dataclass
class Became:
    """What became of the flows: echo requests ``sent`` and ``lost`` by way, and what each other end tells by its role
    and address."""

    sent: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)


@contextlib.contextmanager
def flows(
    fleet: Members, pings: Sequence[tuple[str, str, str]], ends: Sequence[tuple[str, str, str, str]] = ()
) -> Iterator[Became]:
    """``pings``: (host, container, address); ``ends``: (host, container, role, address), in the order of starting."""
    became = Became()
    with contextlib.ExitStack() as started:
        talking = {}
        for host, container, role, address in ends:
            process = _start(started, fleet, host, container, sys.executable, str(END), role, address)
            assert process.stdout.readline() == "ready\n", (host, role)
            talking[f"{role} {host}"] = process
        asking = {
            f"{host}/{container} to {address}": _start(started, fleet, host, container, *PING, address)
            for host, container, address in pings
        }
        for process in asking.values():
            for _line in range(2):  # its head, and an answer
                process.stdout.readline()
        yield became
        # The change may be over sooner than there are enough to tell by.
        told_of = {way: [process.stdout.readline() for _line in range(ENOUGH)] for way, process in asking.items()}
        for way, process in asking.items():
            process.send_signal(signal.SIGINT)
            # By the same buffer that lines were read by: communicate() reads beside it.
            became.sent[way], became.lost[way] = _counted("".join([*told_of[way], process.stdout.read()]))
            process.wait()
        told = 0
        for name, process in reversed(talking.items()):  # who asks ends before who answers, who tells before who hears
            became.told[name] = json.loads(process.communicate(str(told), timeout=60)[0])
            told = became.told[name]["sent"] if name.startswith("tell ") else told


def _counted(told: str) -> tuple[int, int]:
    """How many echo requests were sent, and how many were lost: of those between the first and the last one that were
    answered, and of those after it that cannot be on their way still."""
    answered = {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl", told)}
    sent, last = int(re.search(r"(\d+) packets transmitted", told)[1]), max(answered)
    return sent, last + 1 - min(answered) - len(answered) + max(0, sent - last - ON_THE_WAY)


def _start(
    started: contextlib.ExitStack, fleet: Members, host: str, container: str, *argv: str
) -> subprocess.Popen[str]:
    place = ["nsenter", f"--target={fleet.hosts[host].pid}", "--net", "--mount", "ip", "netns", "exec", container]
    process = subprocess.Popen([*place, *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    started.callback(process.kill)
    fcntl.fcntl(process.stdout, _F_SETPIPE_SZ, _ROOM)
    return process
