# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a container's network namespace is, on this host, now: ``{engine, ref}`` to a path.

The document names a sandbox by reference, never by pid; the path is looked up when the document is applied.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem

NETNS_FOLDER = "/run/netns"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def path_of(engine: str, ref: str) -> str:
    """The namespace's path. Raises Problem, in a sentence, for a container that is not running."""
    try:
        resolve = _ENGINES[engine]
    except KeyError:
        raise Problem(f"engine {engine} is not one of {', '.join(sorted(_ENGINES))}") from None
    return resolve(ref)


def _netns(ref: str) -> str:
    return f"{NETNS_FOLDER}/{canonical.netns_name(ref)}"


def _path(ref: str) -> str:
    if not ref.startswith("/"):
        raise Problem(f"{ref!r} is no path of a network namespace: write it from the root")
    if not os.path.lexists(ref):
        raise Problem(f"there is no network namespace at {ref}: start what it belongs to, then run again")
    return ref


def _pid(ref: str) -> str:
    if not (ref.isascii() and ref.isdecimal()):
        raise Problem(f"{ref!r} is no number of a process")
    if not os.path.isdir(f"/proc/{ref}"):
        raise Problem(f"there is no process {ref} on this host: start it, then run again")
    return f"/proc/{ref}/ns/net"


def _name(engine: str, ref: str) -> str:
    """A container's name, fit to be part of an address, a command or a path."""
    if not _NAME.fullmatch(ref):
        raise Problem(f"{ref!r} is no name of a container of {engine}: use letters, digits, '_', '.' and '-'")
    return ref


def _running(engine: str, ref: str, pid: t.Any) -> str:
    if isinstance(pid, bool) or not str(pid).isdecimal() or int(pid) < 1:
        raise Problem(f"{engine} container {ref} is not running on this host: start it, then run again")
    return f"/proc/{int(pid)}/ns/net"


def _docker(ref: str) -> str:
    """By the engine's API (``GET /containers/REF/json``) on its socket."""
    address = os.environ.get("DOCKER_HOST", "unix:///run/docker.sock")
    if not address.startswith("unix://"):
        raise Problem(f"docker is asked on its local socket, not at {address}")
    name = _name("docker", ref)
    # Only here: its import costs every module's start 8 ms.
    import http.client

    connection = http.client.HTTPConnection("localhost", timeout=20)
    try:
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(20)
        connection.sock.connect(address[len("unix://"):])
        connection.request("GET", f"/containers/{name}/json")
        answer = connection.getresponse()
        body = json.loads(answer.read() or b"{}")
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Problem(f"docker does not answer at {address} ({error}); container {ref} needs it running") from error
    finally:
        connection.close()
    if answer.status == 404:
        raise Problem(f"there is no docker container {ref} on this host: make and start it, then run again")
    state = body.get("State") if isinstance(body, dict) else None
    return _running("docker", ref, state.get("Pid") if isinstance(state, dict) else None)


def _podman(ref: str) -> str:
    name = _name("podman", ref)
    found = _ask(["podman", "inspect", "--type", "container", "--format", "{{.State.Pid}}", name], "podman", ref)
    return _running("podman", ref, found)


def _nspawn(ref: str) -> str:
    """systemd-machined keeps the leader's pid in a file of variables."""
    try:
        with open(f"/run/systemd/machines/{_name('nspawn', ref)}", encoding="utf-8") as file:
            leader = re.search(r"^LEADER=(\d+)$", file.read(), re.MULTILINE)
    except OSError:
        leader = None
    return _running("nspawn", ref, leader.group(1) if leader else None)


def _lxc(ref: str) -> str:
    found = _ask(["lxc-info", "--name", _name("lxc", ref), "--pid", "--no-humanize"], "lxc", ref)
    return _running("lxc", ref, found)


def _ask(command: list[str], engine: str, ref: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Problem(f"{command[0]} does not answer ({error}); {engine} container {ref} needs it") from error
    return done.stdout.strip() if done.returncode == 0 else ""


_ENGINES: dict[str, t.Callable[[str], str]] = {
    "netns": _netns,
    "path": _path,
    "pid": _pid,
    "docker": _docker,
    "podman": _podman,
    "nspawn": _nspawn,
    "lxc": _lxc,
}
ENGINES = tuple(_ENGINES)
