# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs in containers, on their host and beyond its uplink."""

from __future__ import annotations

import contextlib
import ipaddress
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.containerhost.network.tests.integration.conftest import Host

HOST4, HOST6, OUTSIDE4, OUTSIDE6 = "198.18.0.1", "fd00:18::1", "198.18.0.2", "fd00:18::2"


class Town:
    """Programs in the containers of a host, on it, and outside. ``where`` is a namespace's name, None or "outside"."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._started: list[subprocess.Popen] = []

    def argv(self, where: str | None, *argv: str) -> list[str]:
        if where == "outside":
            return ["nsenter", f"--target={self.host._outside.pid}", "--net", *argv]
        inner = ["ip", "netns", "exec", where, *argv] if where else list(argv)
        return ["nsenter", f"--target={self.host._host.pid}", "--net", "--mount", *inner]

    def start(self, where: str | None, *argv: str) -> None:
        self._started.append(subprocess.Popen(self.argv(where, *argv), stderr=subprocess.DEVNULL))

    def end(self) -> None:
        for process in self._started:
            process.terminate()
        for process in self._started:
            process.wait()
        self._started.clear()

    def serve(self, where: str | None, port: int, address: str = "", kind: str = "TCP") -> None:
        """Answers with the address that a caller shows."""
        version = "6" if ":" in address else "4"
        bind = f",bind=[{address}]" if version == "6" else f",bind={address}" if address else ""
        listen = f"{kind}{version}-{'LISTEN' if kind == 'TCP' else 'RECVFROM'}:{port},reuseaddr,fork{bind}"
        if version == "6":
            listen += ",ipv6only=1"
        self.start(where, "socat", listen, "SYSTEM:printf '%s' $SOCAT_PEERADDR")

    def call(self, where: str | None, address: str, port: int, kind: str = "TCP", patience: float = 3) -> str | None:
        """The address that a server sees, in its shortest spelling; None where nobody answers."""
        host = f"[{address}]" if ":" in address else address
        deadline = time.monotonic() + patience
        target = f"{kind}:{host}:{port}" + (",connect-timeout=0.4" if kind == "TCP" else "")
        argv = self.argv(where, "socat", "-t0.4", "-T0.4", "-", target)
        while True:
            done = subprocess.run(argv, input=b"?", capture_output=True, check=False)
            if done.stdout:
                return _short(done.stdout.decode())
            if time.monotonic() > deadline:
                return None
            time.sleep(0.05)

    def silence(self, where: str | None, address: str, port: int) -> bool:
        return self.call(where, address, port, patience=0) is None

    def reaches(self, where: str | None, address: str, *options: str) -> bool:
        """With the patience that a neighbour takes to be found."""
        return any(self.ping(where, address, *options) for _again in range(8))

    def ping(self, where: str | None, address: str, *options: str) -> bool:
        argv = self.argv(where, "ping", "-c1", "-W0.4", *options, address)
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def _short(address: str) -> str:
    return str(ipaddress.ip_address(address.strip("[]")))


@contextlib.contextmanager
def a_town(folder: Path, bridged_frames: int) -> Iterator[Town]:
    host = Host(folder)
    town = Town(host)
    try:
        for family in ("ip", "ip6"):
            host.run("sh", "-ec", f"echo {bridged_frames} > /proc/sys/net/bridge/bridge-nf-call-{family}tables")
        yield town
    finally:
        town.end()
        host.end()
