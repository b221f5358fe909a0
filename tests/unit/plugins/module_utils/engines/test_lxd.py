# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What LXD's daemon says of its containers, and what it tells of their starts, as LXD 5.0.2 does."""

from __future__ import annotations

import json
import select
import socket
import struct
import threading

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engines import lxd
from ansible_collections.containerhost.network.plugins.module_utils.engines.lxd import Lxd

PIDS = {("default", "db"): 71, ("default", "old"): 0, ("shop", "db"): 73}


class Daemon(threading.Thread):
    """One connection at a time on its socket; whoever asks for events gets ``events`` and says what it gets back."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.asked, self.events, self.received = [], b"", b""
        self.connections = 0
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(path)
        self._listening.listen()
        self.start()

    def run(self):
        while True:
            connection, _address = self._listening.accept()
            self.connections += 1
            with connection, connection.makefile("rwb") as stream:
                while request := stream.readline():
                    headers = list(iter(stream.readline, b"\r\n"))
                    self.asked.append(request.split()[1].decode())
                    self._answer(stream, self.asked[-1], headers)
                    if self.asked[-1].startswith("/1.0/events"):
                        self.received = connection.recv(100)
                        break

    def _answer(self, stream, path, headers):
        if path.startswith("/1.0/events"):
            assert any(line.lower().startswith(b"sec-websocket-key: ") for line in headers)
            stream.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n" + self.events)
        else:
            name, project = path.split("/")[3], path.partition("project=")[2]
            pid = PIDS.get((project, name))
            told = {"type": "sync", "metadata": {"pid": pid}} if pid is not None else {"type": "error"}
            body = json.dumps(told).encode()
            status = b"200 OK" if pid is not None else b"404 Not Found"
            stream.write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
        stream.flush()


@pytest.fixture
def daemon(tmp_path, monkeypatch):
    path = str(tmp_path / "unix.socket")
    monkeypatch.setattr(lxd, "_SOCKETS", ("/nonexistent/unix.socket", path))
    return Daemon(path)


def test_all_are_asked_for_on_one_connection(daemon):
    answers = Lxd().find(["db", "shop/db", "old", "gone", "no/db"])
    assert (answers["db"], answers["shop/db"]) == ("/proc/71/ns/net", "/proc/73/ns/net")
    assert "lxd container old is not running on this host" in answers["old"].reason
    assert all("there is no lxd container" in answers[ref].reason for ref in ("gone", "no/db"))
    assert daemon.connections == 1


def test_a_daemon_that_is_down_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(lxd, "_SOCKETS", (str(tmp_path / "none"),))
    assert "lxd does not answer at" in Lxd().find(["db"])["db"].reason
    with pytest.raises(OSError):
        Lxd().starts()


def event(action, source, project="default"):
    metadata = {"action": action, "source": source}
    return json.dumps({"type": "lifecycle", "project": project, "metadata": metadata}).encode()


def frame(payload, opcode=1):
    size = len(payload)
    head = bytes((128 | opcode, size)) if size < 126 else bytes((128 | opcode, 126)) + struct.pack(">H", size)
    return head + payload


def heard(starts, count):
    found = []
    while len(found) < count:
        assert select.select([starts], [], [], 20)[0]
        found += starts.read()
    return found


def test_starts_are_told_under_all_names_and_a_ping_is_answered(daemon):
    daemon.events = b"".join([
        frame(b"are you there", opcode=9),
        frame(event("instance-created", "/1.0/instances/db")),
        frame(event("instance-started", "/1.0/instances/db")),
        frame(b"no JSON"),
        frame(event("instance-restarted", "/1.0/instances/db?project=shop", "shop")),
    ])  # fmt: skip
    starts = Lxd().starts()
    assert heard(starts, 3) == ["default/db", "db", "shop/db"]
    starts.close()
    for _once_more in range(1000):
        if daemon.received:
            break
        threading.Event().wait(0.02)
    # Masked by zeros, as a client's frames are to be.
    assert daemon.received == b"\x8a\x8d\0\0\0\0are you there"


def test_a_frame_may_come_in_pieces_and_be_long():
    long = event("instance-started", "/1.0/instances/" + "x" * 300)
    whole = frame(long)
    assert lxd._frame(whole + b"more") == (1, long, len(whole))
    assert all(lxd._frame(whole[:length]) is None for length in range(len(whole)))
    huge = b"\x81\x7f" + struct.pack(">Q", 70_000) + b"a" * 70_000
    assert lxd._frame(huge) == (1, b"a" * 70_000, len(huge))


@pytest.mark.parametrize("text", [b"", b"[]", b'{"metadata": {}}', b'{"metadata": {"action": "instance-started"}}',
                                  event("instance-stopped", "/1.0/instances/db"), event("instance-started", None)])
def test_what_is_no_start_is_nobodys(text):
    assert lxd._names_in(text) == []


@pytest.mark.parametrize("ref", ["web", "c-1", "shop/web", "my_p.1/web"])
def test_what_is_a_reference(ref):
    assert Lxd().mistake(ref) is None


@pytest.mark.parametrize("ref", ["", "/web", "a/b/c", "-n", "1web", "a b", "../x", "a_b", "web?project=x"])
def test_what_is_none(ref):
    assert Lxd().mistake(ref) is not None
