# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine ``docker``: asked by its API on its local socket, on one connection for all containers."""

from __future__ import annotations

import contextlib
import json
import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import (
    START_THEN_RUN,
    Answers,
    ContainerEngine,
    NoContainer,
    Starts,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import docker_daemon, local_api


class Docker(ContainerEngine):
    name: t.ClassVar[str] = "docker"
    has_hosts_file: t.ClassVar[bool] = True
    service: t.ClassVar[t.Optional[str]] = "docker"

    def find(self, refs: t.Sequence[str]) -> Answers:
        """``GET /containers/REF/json``, as the list of all containers does not name their processes."""
        try:
            place = docker_daemon.socket_path()
        except docker_daemon.Unanswered as error:
            return {ref: NoContainer(f"{error}: {START_THEN_RUN}") for ref in refs}
        found: Answers = {}
        connection = local_api.connection(place)
        try:
            for ref in refs:
                connection.request("GET", f"/containers/{ref}/json")
                answer = connection.getresponse()
                found[ref] = self._understand(ref, answer.status, json.loads(answer.read() or b"null"))
        except (OSError, ValueError, local_api.http_errors()) as error:
            left = [ref for ref in refs if ref not in found]
            found.update(self.silent(left, f"docker does not answer at unix://{place}", error))
        finally:
            connection.close()
        return found

    def starts(self) -> Starts:
        return _DockerEvents(docker_daemon.socket_path())

    def _understand(self, ref: str, status: int, body: t.Any) -> t.Any:
        """404, or a mapping with the process in ``State.Pid``, 0 where it does not run."""
        if status == 404:
            return self.unknown(ref)
        told = body if isinstance(body, dict) else {}
        state, how = told.get("State"), told.get("HostConfig")
        pid = state.get("Pid") if isinstance(state, dict) else None
        asks = how.get("Dns") if isinstance(how, dict) else None
        return self.of_pid(ref, pid, told.get("HostsPath"), told.get("ResolvConfPath"), asks)


# GET /events of the API: a container has a process from "start" on, and another name from "rename" on.
_QUOTED = {ord(sign): f"%{ord(sign):02X}" for sign in '"[]{}'}
_WANTED = '{"type":["container"],"event":["start","rename"]}'.translate(_QUOTED)
_MOST = 1 << 20  # bytes of one event, with all of a container's labels


class _DockerEvents(Starts):
    """A response that does not end: lines of JSON, in chunks that are of no interest. Raises OSError."""

    def __init__(self, path: str) -> None:
        self._socket = local_api.plain(path)
        self._rest = b""
        try:
            self._socket.sendall(f"GET /events?filters={_WANTED} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            self._skip_head()
            self._socket.setblocking(False)
        except OSError:
            self._socket.close()
            raise

    def _skip_head(self) -> None:
        head = local_api.head_of(self._socket, "docker")
        if not re.match(rb"HTTP/1\.[01] 200 ", head):
            raise OSError(f"docker tells no events: {head.splitlines()[0].decode('ascii', 'replace')}")

    def _received(self) -> bytes:
        some = self._socket.recv(1 << 16)
        if not some or len(self._rest) + len(some) > _MOST:
            raise OSError("docker has ended its events")
        return some

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self) -> list[str]:
        with contextlib.suppress(BlockingIOError):
            self._rest += self._received()
        *lines, self._rest = self._rest.split(b"\n")
        return [ref for line in lines for ref in _names_in(line)]

    def close(self) -> None:
        self._socket.close()


def _names_in(line: bytes) -> list[str]:
    """The name and the id of an event's container."""
    try:
        event = json.loads(line)
        actor = event["Actor"]
        return [actor["Attributes"]["name"], actor["ID"]]
    except (ValueError, KeyError, TypeError):
        return []  # the length of a chunk, or nothing of a container
