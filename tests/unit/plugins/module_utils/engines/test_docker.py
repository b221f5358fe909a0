# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker's events, as a daemon on a socket of the test's own sends them, cut wherever it likes."""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engines import docker
from ansible_collections.containerhost.network.plugins.module_utils.engines.docker import Docker

ID = "4f5ae2c1b0d9" + "0123456789abc" * 4
HEAD = b"HTTP/1.0 200 OK\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\n\r\n"
SECONDS = 10


def event(action: str, name: str, identity: str = ID, **attributes: str) -> bytes:
    """A row of ``GET /events`` of Docker 20.10."""
    actor = {"ID": identity, "Attributes": {"image": "redis", "name": name, **attributes}}
    whole = {"status": action, "id": identity, "from": "redis", "Type": "container", "Action": action, "Actor": actor}
    return json.dumps({**whole, "scope": "local", "time": 1, "timeNano": 1_000_000_001}).encode() + b"\n"


class Daemon:
    """Answers with a head and then, when that is understood, with events, in such pieces; then it waits, or ends."""

    def __init__(self, path: Path, head: list[bytes], events: list[bytes], ends: bool) -> None:
        self.request = b""
        self.understood = threading.Event()
        self._head, self._events, self._ends = head, events, ends
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        peer, _address = self._socket.accept()
        with peer:
            while b"\r\n\r\n" not in self.request:
                self.request += peer.recv(4096)
            for piece in self._head:
                peer.sendall(piece)
            if self._events:
                self.understood.wait(SECONDS)
            for piece in self._events:
                peer.sendall(piece)
            if not self._ends:
                self._over.wait(SECONDS)

    def end(self) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()


@pytest.fixture
def daemon(tmp_path, monkeypatch) -> Iterator[Callable[..., Daemon]]:
    made: list[Daemon] = []

    def of(events: bytes = b"", size: int = 1 << 20, head: bytes = HEAD, ends: bool = True) -> Daemon:
        path = tmp_path / f"d{len(made)}"
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        made.append(Daemon(path, cut(head, size), cut(events, size), ends))
        return made[-1]

    yield of
    for each in made:
        each.end()


def names(served: Daemon) -> list[str]:
    """Whom the events are about, until they end."""
    news = Docker().starts()
    served.understood.set()
    found: list[str] = []
    try:
        while True:
            ready, _write, _error = select.select([news], [], [], SECONDS)
            assert ready, found
            found += news.read()
    except OSError as error:
        assert str(error) == "docker has ended its events"
        return found
    finally:
        news.close()


def cut(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


def test_starts_and_new_names_are_asked_for_and_nothing_else(daemon):
    served = daemon()
    names(served)
    line = served.request.split(b"\r\n")[0].decode()
    assert line.startswith("GET /events?filters=") and line.endswith(" HTTP/1.0")
    assert json.loads(unquote(line.split("=")[1].split()[0])) == {"type": ["container"], "event": ["start", "rename"]}


def test_each_event_tells_the_containers_name_and_id(daemon):
    served = daemon(event("start", "shop") + event("rename", "blue", oldName="/shop"))
    assert names(served) == ["shop", ID, "blue", ID]


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1000])
def test_wherever_it_is_cut_it_is_the_same(daemon, size):
    served = daemon(event("start", "shop") + event("start", "db", "f" * 64), size)
    assert names(served) == ["shop", ID, "db", "f" * 64]


@pytest.mark.parametrize("size", [1, 3, 50, 100_000])
def test_chunks_are_no_events(daemon, size):
    """A daemon may answer as HTTP/1.1 does, whatever it was asked in."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(row), row) for row in (event("start", "shop"), event("start", "db")))
    served = daemon(chunks + b"0\r\n\r\n", size, head=HEAD.replace(b"1.0", b"1.1"))
    assert names(served) == ["shop", ID, "db", ID]


@pytest.mark.parametrize(
    "row",
    [
        *(b"", b"{", b"[]", b"null", b'"shop"', b"{}", b"\xff\xfe"),
        *(b'{"Actor": {}}', b'{"Actor": {"ID": "x"}}', b'{"Actor": {"ID": "x", "Attributes": []}}'),
    ],
)
def test_what_is_no_event_is_passed_over(daemon, row):
    served = daemon(row + b"\n" + event("start", "shop"))
    assert names(served) == ["shop", ID]


def test_labels_of_any_length_are_read(daemon):
    served = daemon(event("start", "shop", label="x" * 500_000), 60_000)
    assert names(served) == ["shop", ID]


def test_a_line_without_an_end_is_the_end(daemon, monkeypatch):
    monkeypatch.setattr(docker, "_MOST", 1000)
    served = daemon(b"x" * 10_000, ends=False)
    assert names(served) == []


def test_it_does_not_wait_for_more_than_there_is(daemon):
    served = daemon(event("start", "shop"), ends=False)
    news = Docker().starts()
    assert news.read() == []
    served.understood.set()
    found: list[str] = []
    while not found:
        select.select([news], [], [], SECONDS)
        found += news.read()
    assert (found, news.read()) == (["shop", ID], [])
    news.close()


@pytest.mark.parametrize("size", [5, 1000])
@pytest.mark.parametrize("status", [b"404 Not Found", b"500 Internal Server Error", b"301 Moved"])
def test_an_answer_that_is_none_is_said_in_its_words(daemon, status, size):
    daemon(size=size, head=b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\n{}")
    with pytest.raises(OSError, match=rf"docker tells no events: HTTP/1\.1 {status.decode()}"):
        Docker().starts()


@pytest.mark.parametrize("head", [b"", b"HTTP/1.0 200 OK\r\n"])
def test_a_daemon_that_ends_before_it_has_answered_is_an_error(daemon, head):
    daemon(head=head)
    with pytest.raises(OSError, match="docker has ended its events"):
        Docker().starts()


def test_where_there_is_no_daemon_there_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none")
    with pytest.raises(FileNotFoundError):
        Docker().starts()
