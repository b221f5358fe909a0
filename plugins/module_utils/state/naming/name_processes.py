# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name servers as processes: who runs, and how one is started, told and stopped."""

from __future__ import annotations

import contextlib
import os
import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import (
    read_text,
    replace_text,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.naming import name_servers
from ansible_collections.containerhost.network.plugins.module_utils.state.processes import is_privileged

if t.TYPE_CHECKING:
    import subprocess

    from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire

_BOOTED = "/run/systemd/system"  # sd_booted(3), and where units are that are gone after a reboot
_FOLDERS = ("/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/sbin")
_SECONDS = 30
_NAMESPACES = frozenset(("net", "user", "pid"))
_SIGHUP, _SIGTERM = 1, 15  # signal(7)


class NameProcesses:
    """Those of this host: of hosts that are seen from it, in containers or labs, each has a namespace of its own."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def program(self) -> str | None:
        """Where dnsmasq is; None where it is not installed."""
        return next((f"{folder}/dnsmasq" for folder in _FOLDERS if os.access(f"{folder}/dnsmasq", os.X_OK)), None)

    def is_running(self, name: str) -> bool:
        """Is there any process of it, be it that its files have gone?"""
        with self._wire.inside(None):
            return bool(_pids(name))

    def runs_as_written(self, name: str) -> bool:
        """It runs, and has read its files since they were last written: the file with its number is of that time."""
        files = (name_servers.config_path(name), name_servers.servers_path(name))
        with self._wire.inside(None), contextlib.suppress(OSError, ValueError):
            pid = int(read_text(name_servers.pid_path(name)))
            read = os.stat(name_servers.pid_path(name)).st_mtime_ns
            return _is_one(name, pid) and all(read >= os.stat(path).st_mtime_ns for path in files)
        return False

    def start(self, name: str, owner: str) -> str | None:
        """Restart it; why it does not start, else None."""
        reason = self.stop(name)
        if reason is not None:
            return reason
        program = self.program() or "dnsmasq"
        with self._wire.inside(None):
            if not os.path.isdir(_BOOTED):
                done = _run([program, f"--conf-file={name_servers.config_path(name)}"])
                return None if done.returncode == 0 else _text(done)
            replace_text(_unit(name), name_servers.unit(name, owner, program), 0o644)
            _run(["systemctl", "daemon-reload"])
            done = _run(["systemctl", "start", name_servers.unit_of(name)])
            return None if done.returncode == 0 else _last_words() or _text(done)

    def reload(self, name: str) -> str | None:
        """Have it read again whom it asks; it answers meanwhile."""
        with self._wire.inside(None):
            pids = _pids(name)
            if not pids:
                return "it has ended meanwhile; run again"
            for pid in pids:
                os.kill(pid, _SIGHUP)
            os.utime(name_servers.pid_path(name))
        return None

    def stop(self, name: str) -> str | None:
        """Whatever runs by its files has ended; why it does not, else None."""
        with self._wire.inside(None):
            if os.path.lexists(_unit(name)):
                _run(["systemctl", "stop", name_servers.unit_of(name)])
                os.unlink(_unit(name))
                _run(["systemctl", "daemon-reload"])
            pids = _pids(name)
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, _SIGTERM)
            deadline = time.monotonic() + _SECONDS
            while not all(map(_has_ended, pids)):
                if time.monotonic() > deadline:
                    return f"its process ({', '.join(map(str, pids))}) does not end"
                time.sleep(0.01)
        return None


def _unit(name: str) -> str:
    return f"{_BOOTED}/{name_servers.unit_of(name)}"


def _pids(name: str) -> list[int]:
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _is_one(name, pid)]


def _is_one(name: str, pid: int) -> bool:
    """Anybody can call a process as he likes, and have it not end: it is one that root has started, in no container.

    dnsmasq becomes somebody else, and keeps what it needs for its port.
    """
    try:
        if not name_servers.is_process_of(name, read_text(f"/proc/{pid}/cmdline").split("\0")):
            return False
        known = _NAMESPACES.intersection(os.listdir("/proc/self/ns"))  # a kernel may be without some
        places = [(os.stat(f"/proc/{pid}/ns/{each}"), os.stat(f"/proc/self/ns/{each}")) for each in known]
        return all(os.path.samestat(*each) for each in places) and is_privileged(read_text(f"/proc/{pid}/status"))
    except OSError:
        return False


def _has_ended(pid: int) -> bool:
    """Its sockets are closed: a process gives up its memory, and so what it is called, a moment before (do_exit())."""
    try:
        return read_text(f"/proc/{pid}/stat").rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def _run(command: t.Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    import subprocess

    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, b"", str(error).encode())


def _text(done: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join((done.stderr or done.stdout).decode("utf-8", "replace").split()) or f"status {done.returncode}"


def _last_words() -> str:
    """What dnsmasq has said as it failed, of the journal."""
    done = _run(["journalctl", "--quiet", "--no-pager", "--output=cat", "--identifier=dnsmasq", "--lines=1"])
    return _text(done) if done.returncode == 0 and done.stdout else ""
