# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What LXD's daemon says of its containers, and what it tells of their starts; Incus says it in the same words.

Answers are those of LXD 5.0.2 and Incus 6.0.4.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import threading

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.bases import lxd_api
from ansible_collections.containerhost.network.plugins.module_utils.engines.incus import Incus
from ansible_collections.containerhost.network.plugins.module_utils.engines.lxd import Lxd

PIDS = {("default", "db"): 71, ("default", "old"): 0, ("shop", "db"): 73}


class Daemon(threading.Thread):
    """One connection at a time on its socket; whoever asks for events gets ``events`` and says what it gets back."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.asked, self.events, self.received = [], b"", b""
        self.environment, self.locations = {"server_clustered": False, "server_name": "h1"}, {}
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
            status, told = self._told(path)
            body = json.dumps(told).encode()
            stream.write(b"HTTP/1.1 %d As it is\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
        stream.flush()

    def _told(self, path):
        if path == "/1.0":
            return 200, {"type": "sync", "metadata": {"environment": self.environment}}
        place, _mark, query = path.partition("?")
        _empty, _version, _instances, name, *state = place.split("/")
        pid = PIDS.get((query.partition("project=")[2], name))
        if name == "sick":
            return 500, {"type": "error", "error_code": 500, "error": "Failed to load its state"}
        if pid is None:
            return 404, {"type": "error", "error_code": 404, "error": "Instance not found"}
        said = {"pid": pid} if state else {"location": self.locations.get(name, "none")}
        return 200, {"type": "sync", "metadata": said}


@pytest.fixture(params=[Lxd, Incus])
def engine(request):
    return request.param()


@pytest.fixture
def daemon(engine, tmp_path, monkeypatch):
    path = str(tmp_path / "unix.socket")
    monkeypatch.setattr(type(engine), "sockets", ("/nonexistent/unix.socket", path))
    return Daemon(path)


def test_all_are_asked_for_on_one_connection(engine, daemon):
    answers = engine.find(["db", "shop/db", "old", "gone", "no/db"])
    assert (answers["db"], answers["shop/db"]) == ("/proc/71/ns/net", "/proc/73/ns/net")
    assert f"{engine.name} container old is not running on this host" in answers["old"].reason
    assert all(f"there is no {engine.name} container" in answers[ref].reason for ref in ("gone", "no/db"))
    assert [answers[ref].gone for ref in ("old", "gone")] == [False, True]
    assert daemon.connections == 1


def test_what_it_cannot_tell_of_one_is_said_in_its_words_and_keeps_no_other_back(engine, daemon):
    answers = engine.find(["sick", "db"])
    assert answers["db"] == "/proc/71/ns/net"
    assert f"{engine.name} does not tell of container sick (Failed to load its state)" in answers["sick"].reason
    assert not answers["sick"].gone


def test_a_container_on_another_member_of_the_cluster_is_no_process_of_this_host(engine, daemon):
    daemon.environment = {"server_clustered": True, "server_name": "h1"}
    daemon.locations = {"db": "h2", "old": "h1"}
    answers = engine.find(["db", "old", "gone"])
    assert "container db is on h2, another member of the cluster than this host, h1" in answers["db"].reason
    assert not any("db/state" in path for path in daemon.asked)
    assert "old is not running on this host" in answers["old"].reason
    assert answers["gone"].gone
    daemon.locations["db"] = "h1"
    assert engine.find(["db"])["db"] == "/proc/71/ns/net"


def test_the_file_system_of_one_that_does_not_run_is_beside_the_socket(engine, daemon, tmp_path):
    roots = [tmp_path / "pool" / name / "rootfs" for name in ("db", "shop_db")]
    (tmp_path / "containers").mkdir()
    for root in roots:
        root.mkdir(parents=True)
        (tmp_path / "containers" / root.parent.name).symlink_to(root.parent)
    found = [engine.root_of(ref) for ref in ("db", "default/db", "shop/db", "gone", "no/db")]
    assert found == [str(roots[0]), str(roots[0]), str(roots[1]), None, None]


def test_the_socket_may_be_elsewhere_than_the_containers(engine, monkeypatch, tmp_path):
    """As Incus has it in /run."""
    root = tmp_path / "lib/containers/db/rootfs"
    root.mkdir(parents=True)
    (tmp_path / "run").mkdir()
    sockets = tuple(str(tmp_path / name / "unix.socket") for name in ("lib", "run"))
    monkeypatch.setattr(type(engine), "sockets", sockets)
    Daemon(sockets[1])
    assert engine.find(["db"])["db"] == "/proc/71/ns/net"
    assert engine.root_of("db") == str(root)


def test_a_daemon_that_is_down_is_named(engine, monkeypatch, tmp_path):
    monkeypatch.setattr(type(engine), "sockets", (str(tmp_path / "none"),))
    assert f"{engine.name} does not answer at" in engine.find(["db"])["db"].reason
    with pytest.raises(OSError):
        engine.starts()


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


def test_starts_are_told_under_all_names_and_a_ping_is_answered(engine, daemon):
    daemon.events = b"".join([
        frame(b"are you there", opcode=9),
        frame(event("instance-created", "/1.0/instances/db")),
        frame(event("instance-started", "/1.0/instances/db")),
        frame(b"no JSON"),
        frame(event("instance-restarted", "/1.0/instances/db?project=shop", "shop")),
    ])  # fmt: skip
    starts = engine.starts()
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
    assert lxd_api._frame(whole + b"more") == (1, long, len(whole))
    assert all(lxd_api._frame(whole[:length]) is None for length in range(len(whole)))
    huge = b"\x81\x7f" + struct.pack(">Q", 70_000) + b"a" * 70_000
    assert lxd_api._frame(huge) == (1, b"a" * 70_000, len(huge))


@pytest.mark.parametrize("text", [b"", b"[]", b'{"metadata": {}}', b'{"metadata": {"action": "instance-started"}}',
                                  event("instance-stopped", "/1.0/instances/db"), event("instance-started", None)])
def test_what_is_no_start_is_nobodys(text):
    assert lxd_api._names_in(text) == []


@pytest.mark.parametrize("ref", ["web", "c-1", "shop/web", "my_p.1/web"])
def test_what_is_a_reference(ref):
    assert Lxd().mistake(ref) is None


@pytest.mark.parametrize("ref", ["", "/web", "a/b/c", "-n", "1web", "a b", "../x", "a_b", "web?project=x"])
def test_what_is_none(ref):
    assert Lxd().mistake(ref) is not None
