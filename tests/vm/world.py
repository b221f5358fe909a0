# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host in a test's own namespaces: ``lan0``, and behind it the namespace ``lan`` with 192.0.2.1; documents on it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.engine.apply import apply
from ansible_collections.containerhost.network.plugins.module_utils.engine.diff import diffs
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import leaving, read_document
from ansible_collections.containerhost.network.plugins.module_utils.engine.executor import Executor
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import link_data_of
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import compare
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.lock import lock
from ansible_collections.containerhost.network.plugins.module_utils.state.records import Records

# Its layouts are compiled once, before a test is a process of its own.
WIRE = Wire(link_data_of(KINDS))

# IPv6 in the LAN without duplicate address detection, which takes a second.
LAN = """
ip link set lo up
ip netns add lan
ip link add lan0 address 02:00:00:00:00:f0 type veth peer name lan0 address 02:00:00:00:00:f1 netns lan
ip link set lan0 up
ip -n lan link set lan0 up
ip -n lan addr add 192.0.2.1/24 dev lan0
ip -n lan addr add 2001:db8::1/64 dev lan0 nodad
"""


def sh(text: str) -> str:
    return subprocess.run(["sh", "-ec", text], check=True, capture_output=True, text=True).stdout


def reaches(namespace: str | None, address: str) -> bool:
    """With the patience that a neighbour takes to be found."""
    inside = ["ip", "netns", "exec", namespace] if namespace else []
    argv = [*inside, "ping", "-c1", "-W1", "-i0.2", address]
    return any(subprocess.run(argv, capture_output=True, check=False).returncode == 0 for _again in range(3))


def silent(namespace: str | None, address: str) -> bool:
    inside = ["ip", "netns", "exec", namespace] if namespace else []
    return subprocess.run([*inside, "ping", "-c1", "-W1", address], capture_output=True, check=False).returncode != 0


def applied(remove: Sequence[str] = ("*",), **kinds: Any) -> list[str]:
    """What a document changes, as it was predicted; and after it there is nothing left to change."""
    predicted = _run(remove, kinds, check=True)
    done = _run(remove, kinds, check=False)
    assert predicted == done
    assert _run(remove, kinds, check=True) == []
    return [f"{row['before_header']} → {row['after_header']}" for row in done]


def _run(remove: Sequence[str], kinds: dict[str, Any], check: bool) -> list[dict[str, str]]:
    with lock(), WIRE as wire:
        kernel = Kernel(wire, Records(), KINDS)
        wanted = read_document(KINDS, {"version": 1, **kinds}, False)
        todo = compare(KINDS, kernel, wanted, leaving(remove, (), False))
        if not check:
            apply(KINDS, Executor(kernel), todo)
        return diffs(KINDS, todo.changes)


def state() -> str:
    """What is on the host, without counters, indexes and what the kernel learns; and what is kept of it."""
    return sh(
        "ip -d -o link | sed -E 's/^[0-9]+: //; s/@if[0-9]+//; s/ state [A-Z]+|,LOWER_UP|,M-DOWN|NO-CARRIER,//g'"
        " | sort;"
        " ip -o addr | grep -v fe80 | sed 's/^[0-9]*: //';"
        " ip route; ip -6 route | grep -v fe80 || true; ls -R /run"
    )
