# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine ``docker``: asked by its API on its local socket, on one connection for all containers."""

from __future__ import annotations

import json
import os
import socket
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import (
    Answers,
    ContainerEngine,
)

_SECONDS = 20  # for an answer
_SOCKET = "unix:///run/docker.sock"


def _connect(connection: t.Any, path: str) -> None:
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.settimeout(_SECONDS)
    connection.sock.connect(path)


class Docker(ContainerEngine):
    name: t.ClassVar[str] = "docker"

    def find(self, refs: t.Sequence[str]) -> Answers:
        """``GET /containers/REF/json``, as the list of all containers does not name their processes."""
        address = os.environ.get("DOCKER_HOST", _SOCKET)
        if not address.startswith("unix://"):
            return self.silent(refs, "docker is asked on its local socket only", f"DOCKER_HOST is {address}")
        # Only here: its import costs every module's start 8 ms.
        import http.client

        found: Answers = {}
        connection = http.client.HTTPConnection("localhost", timeout=_SECONDS)
        # Also where the daemon has closed it after an answer: whatever listens on port 80 of localhost is not Docker.
        connection.connect = lambda: _connect(connection, address[len("unix://"):])  # type: ignore[method-assign]
        try:
            for ref in refs:
                connection.request("GET", f"/containers/{ref}/json")
                answer = connection.getresponse()
                found[ref] = self._understand(ref, answer.status, json.loads(answer.read() or b"null"))
        except (OSError, ValueError, http.client.HTTPException) as error:
            left = [ref for ref in refs if ref not in found]
            found.update(self.silent(left, f"docker does not answer at {address}", error))
        finally:
            connection.close()
        return found

    def _understand(self, ref: str, status: int, body: t.Any) -> t.Any:
        """404, or a mapping with the process in ``State.Pid``, 0 where it does not run."""
        if status == 404:
            return self.unknown(ref)
        state = body.get("State") if isinstance(body, dict) else None
        return self.of_pid(ref, state.get("Pid") if isinstance(state, dict) else None)
