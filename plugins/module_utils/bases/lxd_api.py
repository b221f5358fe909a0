# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engines that are asked by LXD's REST API on a local socket, on one connection for all containers.

They differ in their names and in where their sockets are: Incus has been LXD's fork, and kept its API.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import struct
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import (
    HOSTS,
    RESOLV,
    Answers,
    ContainerEngine,
    NoContainer,
    Starts,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import local_api

_PROJECT = "default"  # whose containers go by their name alone
_REF = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]*/)?[A-Za-z][A-Za-z0-9-]*")
_Get = t.Callable[[str], t.Tuple[int, t.Dict[str, t.Any]]]


class LxdApi(ContainerEngine):
    """A subclass says its ``name``, its ``service``, and its ``sockets``: of these the first that is there is asked."""

    sockets: t.ClassVar[tuple[str, ...]]
    plain_names: t.ClassVar[bool] = False
    has_hosts_file: t.ClassVar[bool] = True
    keeps: t.ClassVar[t.FrozenSet[str]] = frozenset((HOSTS, RESOLV))

    def mistake(self, ref: str) -> tuple[str, str] | None:
        if _REF.fullmatch(ref):
            return None
        what = f"{ref!r} is no name of a container of {self.name}"
        return what, "use letters, digits and '-', behind PROJECT/ if in another"

    def find(self, refs: t.Sequence[str]) -> Answers:
        """``GET /1.0/instances/NAME/state``: the list of all gathers addresses and counters of each."""
        found: Answers = {}
        place = self._place()
        connection = local_api.connection(place)

        def get(path: str) -> tuple[int, dict[str, t.Any]]:
            """The status, and what is told, or of a failure the whole answer, with its ``error``."""
            connection.request("GET", f"/1.0{path}")
            answer = connection.getresponse()
            body = json.loads(answer.read() or b"null")
            told = body.get("metadata") if isinstance(body, dict) and answer.status == 200 else body
            return answer.status, told if isinstance(told, dict) else {}

        try:
            here = _name_in_cluster(get)
            for ref in refs:
                found[ref] = self._ask(get, ref, here)
        except (OSError, ValueError, local_api.http_errors()) as error:
            left = [ref for ref in refs if ref not in found]
            found.update(self.silent(left, f"{self.name} does not answer at {place}", error))
        finally:
            connection.close()
        return found

    def _ask(self, get: _Get, ref: str, here: str | None) -> t.Any:
        """404, also for a project that there is not, or a mapping with the process, 0 where it does not run."""
        project, _slash, name = ref.rpartition("/")
        instance, query = f"/instances/{name}", f"?project={project or _PROJECT}"
        if here is not None:
            # Any member tells of any container, and of its process by the number that it has on its own host.
            location = get(f"{instance}{query}")[1].get("location")
            if location not in (None, here):
                reason = f"{self.name} container {ref} is on {location}, another member of the cluster than this host"
                return NoContainer(f"{reason}, {here}: say it for that host, or move it here")
        status, told = get(f"{instance}/state{query}")
        if status in (200, 404):
            return self.unknown(ref) if status == 404 else self.of_pid(ref, told.get("pid"))
        return self.silent([ref], f"{self.name} does not tell of container {ref}", told.get("error") or status)[ref]

    def root_of(self, ref: str) -> str | None:
        """Beside one of the sockets, where the pool that the container is in is mounted, or a folder."""
        project, _slash, name = ref.rpartition("/")
        folder = name if project in ("", _PROJECT) else f"{project}_{name}"
        beside = (os.path.realpath(f"{os.path.dirname(each)}/containers/{folder}/rootfs") for each in self.sockets)
        return next(filter(os.path.isdir, beside), None)

    def starts(self) -> Starts:
        return _Lifecycle(self.name, self._place())

    def _place(self) -> str:
        return next(filter(os.path.exists, self.sockets), self.sockets[0])


def _name_in_cluster(get: _Get) -> str | None:
    """What this host is called in its cluster; None where it is in none."""
    environment = get("")[1].get("environment")
    if not isinstance(environment, dict) or not environment.get("server_clustered"):
        return None
    return str(environment.get("server_name"))


_STARTED = ("instance-started", "instance-restarted", "instance-resumed", "instance-renamed")
_TEXT, _PING, _PONG = 1, 9, 10  # opcodes of a frame, RFC 6455, section 5.2
_FINAL, _MASKED = 0x80, 0x80
_MOST = 1 << 20  # bytes of one event


class _Lifecycle(Starts):
    """``GET /1.0/events?type=lifecycle``, which is a WebSocket (RFC 6455): a frame for each event. Raises OSError."""

    def __init__(self, engine: str, path: str) -> None:
        self._engine = engine
        self._socket = local_api.plain(path)
        self._rest = b""
        try:
            key = base64.b64encode(os.urandom(16)).decode()
            self._socket.sendall(
                "GET /1.0/events?type=lifecycle&all-projects=true HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
            )
            head = local_api.head_of(self._socket, engine)
            if not head.startswith(b"HTTP/1.1 101 "):
                raise OSError(f"{engine} tells no events: {head.splitlines()[0].decode('ascii', 'replace')}")
            self._socket.setblocking(False)
        except OSError:
            self._socket.close()
            raise

    def _receive(self) -> None:
        some = self._socket.recv(1 << 16)
        if not some or len(self._rest) + len(some) > _MOST:
            raise OSError(f"{self._engine} has ended its events")
        self._rest += some

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self) -> list[str]:
        with contextlib.suppress(BlockingIOError):
            self._receive()
        found: list[str] = []
        while (frame := _frame(self._rest)) is not None:
            opcode, payload, length = frame
            self._rest = self._rest[length:]
            if opcode == _PING:
                self._socket.sendall(_pong(payload))
            elif opcode == _TEXT:
                found += _names_in(payload)
        return found

    def close(self) -> None:
        self._socket.close()


def _frame(received: bytes) -> tuple[int, bytes, int] | None:
    """Opcode, payload and length of the first frame; None where it is not all there. A daemon's are not masked."""
    if len(received) < 2:
        return None
    size, start = received[1], 2
    for marker, form in ((126, ">H"), (127, ">Q")):
        if received[1] == marker:
            start = 2 + struct.calcsize(form)
            if len(received) < start:
                return None
            (size,) = struct.unpack(form, received[2:start])
    end = start + size
    return (received[0] & 15, received[start:end], end) if len(received) >= end else None


def _pong(payload: bytes) -> bytes:
    """A client's frames are masked, here by a mask that changes nothing; what answers a ping has up to 125 bytes."""
    return bytes((_FINAL | _PONG, _MASKED | len(payload), 0, 0, 0, 0)) + payload


def _names_in(text: bytes) -> list[str]:
    """What an instance that starts may be called: ``/1.0/instances/NAME?project=PROJECT`` is its place."""
    try:
        event = json.loads(text)
        action, source = event["metadata"]["action"], event["metadata"]["source"]
        project = event.get("project") or _PROJECT
        name = source.partition("?")[0].rpartition("/")[2]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
    if action not in _STARTED:
        return []
    return [f"{project}/{name}", *([name] if project == _PROJECT else ())]
