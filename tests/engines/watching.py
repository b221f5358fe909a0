# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes on while a test restarts containers: Docker's watcher, and traffic between others."""

from __future__ import annotations

import re

from ansible_collections.containerhost.network.tests.engines.machine import Machine

PROGRAM = "/usr/local/sbin/containerhost"
_LOG = "/var/log/watch-docker"
_TRAFFIC = "/var/log/traffic"
_ANSWERED = "/var/log/answered"


class Watcher:
    """``containerhost watch ENGINE``, as its service runs it."""

    def __init__(self, machine: Machine, engine: str = "docker") -> None:
        self.machine, self.engine = machine, engine
        self.pid = 0

    def start(self) -> None:
        self.machine.sh(f"setsid {PROGRAM} watch {self.engine} >>{_LOG} 2>&1 </dev/null & echo $! > /run/watcher.pid")
        self.pid = int(self.machine.sh("cat /run/watcher.pid"))
        # It hears of what starts from when it is connected (proc_net(5), "unix": state 03).
        connected = f"grep -q ' 03 [0-9]* .*/{self.engine}\\(.sock\\|/unix.socket\\)$' /proc/net/unix"
        self.machine.until(lambda: self.machine.succeeds("sh", "-c", connected), "the watcher listens")

    def memory(self) -> int:
        """What it holds itself, in KiB, whether or not a child of its shares that at the moment."""
        told = self.machine.sh(f"cat /proc/{self.pid}/smaps_rollup")
        return int(re.search(r"^Anonymous: +(\d+) kB$", told, re.MULTILINE)[1])

    def kill(self) -> None:
        self.machine.sh(f"kill -9 {self.pid}; while kill -0 {self.pid} 2>/dev/null; do sleep 0.02; done")

    def end(self) -> None:
        self.machine.sh(f"kill -9 {self.pid} 2>/dev/null || true" if self.pid else "true")


class Asking:
    """The host pings an address until it answers."""

    def __init__(self, machine: Machine, address: str) -> None:
        self.machine = machine
        machine.sh(f"rm -f {_ANSWERED}")
        # The kernel takes a namespace down some time after its last process has ended: until then it answers.
        ping = ("ping", "-q", "-c1", "-W0.1", address)
        machine.until(lambda: not machine.succeeds(*ping), "nobody answers")
        until = f"until {' '.join(ping)}; do :; done; touch {_ANSWERED}"
        machine.sh(f"setsid timeout 90 sh -c '{until}' >/dev/null 2>&1 </dev/null &")
        # The host is asking where it is.
        machine.until(lambda: address in machine.run("ip", "neighbour", "show", "nud", "incomplete"), "a question")

    def wait_for_answer(self) -> None:
        try:
            self.machine.until(lambda: self.machine.succeeds("test", "-e", _ANSWERED), "an answer")
        except AssertionError as error:
            told = self.machine.sh("cat /var/log/watch-* 2>/dev/null || true")
            raise AssertionError(f"{error}; the watcher said: {told}") from None


class Traffic:
    """A hundred pings a second out of a namespace, until they are asked for. Asked for more, ping(8) does not sleep."""

    def __init__(self, machine: Machine, netns: str, address: str) -> None:
        self.machine = machine
        ping = f"ip netns exec {netns} ping -q -i0.01 {address}"
        machine.sh(f"setsid {ping} >{_TRAFFIC} 2>&1 </dev/null & echo $! >{_TRAFFIC}.pid")

    def lost(self) -> int:
        """How many have not been answered."""
        self.machine.sh(f"kill -INT $(cat {_TRAFFIC}.pid)")
        self.machine.until(lambda: self._counts() is not None, "ping says what it has lost")
        sent, received = self._counts()
        assert received > 100
        return sent - received

    def _counts(self) -> tuple[int, int] | None:
        told = re.search(r"(\d+) packets transmitted, (\d+) received", self.machine.sh(f"cat {_TRAFFIC}"))
        return (int(told[1]), int(told[2])) if told else None
