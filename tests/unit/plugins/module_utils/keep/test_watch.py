# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service that waits for news: what it hands to its child, when, and what it does when the news end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import Starts
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Pending, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.keep import watch
from ansible_collections.containerhost.network.plugins.module_utils.keep.restore import Outcome, is_meant
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import ENGINES
from ansible_collections.containerhost.network.plugins.module_utils.startup import LibraryMissing

SOON = 20.0  # seconds, for what happens at once on a machine that is not busy


class News(Starts):
    """A source that a test feeds: names on a line each; it ends when its writing end is closed."""

    def __init__(self) -> None:
        self.ours, self.theirs = os.pipe()
        os.set_blocking(self.ours, False)
        self.closed = False

    def tell(self, *names: str) -> None:
        os.write(self.theirs, "".join(f"{name}\n" for name in names).encode())

    def fileno(self) -> int:
        return self.ours

    def read(self) -> list[str]:
        some = os.read(self.ours, 1 << 16)
        if not some:
            raise OSError("the news have ended")
        return some.decode().split()

    def end(self) -> None:
        os.close(self.theirs)

    def close(self) -> None:
        os.close(self.ours)
        self.closed = True


class Work:
    """What children do instead of a restore: each notes what it was given, and is held until it is let go.

    As many as ``pending`` of those that are asked for one container find that something of it is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.held = False
        self.pending = 0

    def __call__(self, engine: str, refs, is_last: bool) -> NoReturn:
        status = 0
        try:
            path = self.folder / f"{time.monotonic():.6f} {os.getpid()}"
            path.with_suffix(".new").write_text(f"{engine} {' '.join(sorted(refs))}{' for the last time' * is_last}")
            asked = sum("*" not in each for each in self.done())
            status = watch._PENDING if refs != {"*"} and asked < self.pending else 0
            path.with_suffix(".new").rename(path)
            until(lambda: not self.held or (self.folder / "released.new").exists())
        finally:
            os._exit(status)

    def release(self, _news: News | None = None) -> None:
        (self.folder / "released.new").touch()

    def done(self) -> list[str]:
        return [path.read_text() for path in self._paths()]

    def children(self) -> list[int]:
        return [int(path.name.split()[1]) for path in self._paths()]

    def _paths(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if path.suffix != ".new")


@pytest.fixture
def work(tmp_path, monkeypatch) -> Work:
    made = Work(tmp_path)
    monkeypatch.setattr(watch, "_work", made)
    return made


@pytest.fixture
def listening(work) -> Iterator[Callable[..., list[str]]]:
    """Listen until a test's steps are through: each is done as soon as so many children have begun."""

    def listen(engine: str, *steps: tuple[int, Callable[[News], None]]) -> list[str]:
        news = Scripted(work, list(steps))
        with pytest.raises(OSError, match="the news have ended"):
            watch._listen(engine, news)
        news.close()
        return work.done()

    yield listen
    for child in work.children():
        assert not Path(f"/proc/{child}").exists(), "a child is left, or nobody has waited for it"


class Scripted(News):
    """Runs the steps of a test in a process of their own, as soon as so many children have begun."""

    def __init__(self, work: Work, steps: list[tuple[int, Callable[[News], None]]]) -> None:
        super().__init__()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self.ours)
                for number, step in steps:
                    until(lambda number=number: len(work.done()) >= number)
                    step(self)
            finally:
                os._exit(0)
        os.close(self.theirs)

    def close(self) -> None:
        super().close()
        os.waitpid(self.pid, 0)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def tell(*names: str) -> Callable[[News], None]:
    return lambda news: news.tell(*names)


def nothing(news: News) -> None:
    """The news end when the steps do."""


def test_everything_is_looked_at_once_when_it_begins(listening):
    assert listening("docker", (1, nothing)) == ["docker *"]


def test_each_start_is_handed_on_at_once(listening, work):
    done = listening("docker", (1, tell("shop")), (2, tell("db", "cache")), (3, nothing))
    assert done == ["docker *", "docker shop", "docker cache db"]


def test_what_happens_while_a_child_works_is_done_by_the_next_all_at_once(listening, work):
    work.held = True
    told = [(1, tell("shop")), (1, tell("db")), (1, tell("shop", "cache"))]
    assert listening("docker", *told, (1, work.release), (2, nothing)) == ["docker *", "docker cache db shop"]


def test_whatever_is_taken_of_the_rules_is_everything(listening):
    assert listening("nftables", (1, tell("table", "rule", "rule")), (2, nothing)) == ["nftables *", "nftables *"]


def test_everything_is_looked_at_again_when_that_is_long_enough_ago(listening):
    again = [(number, tell("table")) for number in range(1, 4)]
    assert listening("nftables", *again, (4, nothing)) == ["nftables *"] * 4
    assert watch._APART == 0.5


def test_and_not_before(listening, monkeypatch):
    monkeypatch.setattr(watch, "_APART", 1000.0)
    assert listening("nftables", (1, tell("table")), (1, tell("rule")), (1, nothing)) == ["nftables *"]


def test_starts_are_not_held_up_by_that(listening, monkeypatch):
    monkeypatch.setattr(watch, "_APART", 1000.0)
    assert listening("docker", (1, tell("shop")), (2, nothing)) == ["docker *", "docker shop"]


def test_a_child_that_is_killed_is_followed_by_the_next(listening, work):
    work.held = True
    kill = (1, lambda news: os.kill(work.children()[0], 9))
    last = (2, lambda news: os.kill(work.children()[1], 9))
    assert listening("docker", kill, (1, tell("shop")), last, (2, nothing)) == ["docker *", "docker shop"]


def test_what_goes_wrong_in_a_child_is_said_and_ends_nothing(monkeypatch, capfd):
    def wrong(engine, refs) -> Outcome:
        raise ValueError("no such thing")

    monkeypatch.setattr(watch, "_apply", wrong)
    child = watch._Child("docker", ["shop"], is_last=False)
    assert not child.end()
    assert "ValueError: no such thing" in capfd.readouterr().err


def test_a_container_of_which_something_is_pending_is_looked_for_again(listening, work):
    work.pending = 2
    done = listening("docker", (1, tell("shop")), (4, nothing))
    assert done == ["docker *", *["docker shop"] * 3]


def test_but_not_for_ever(listening, work, monkeypatch):
    monkeypatch.setattr(watch, "_AGAIN", (0.01, 0.02))
    work.pending = 99
    done = listening("docker", (1, tell("shop")), (4, tell("db")), (7, tell("shop")), (8, nothing))
    once = ["docker shop", "docker shop", "docker shop for the last time"]
    wanted = ["docker *", *once, *(each.replace("shop", "db") for each in once), *once]
    # How far the third one gets until the news end depends on how busy the machine is.
    assert len(done) >= 8 and done == wanted[: len(done)]


def test_what_is_pending_is_told_when_it_is_not_looked_for_again(monkeypatch, capfd):
    waits = Pending(Wanted("veth", ("db", "eth0"), {}, "plan/web"), "x")
    monkeypatch.setattr(watch, "_apply", lambda engine, refs: Outcome((), (waits,)))
    monkeypatch.setattr(watch.report, "lines", lambda outcome: [each.reason for each in outcome.pending])
    for refs, is_last, told in (({"db"}, False, ""), ({"db"}, True, "x\n"), ({"*"}, False, "x\n")):
        assert watch._Child("docker", refs, is_last).end()
        assert capfd.readouterr().out == told


# -- a source that ends ------------------------------------------------------------------------------------------------


class Enough(BaseException):
    pass


class Source:
    """Each time that it is begun it is one of these: an error, or news that end in some seconds."""

    name = "docker"

    def __init__(self, *what: OSError | float) -> None:
        self.what = list(what)
        self.begun: list[News] = []

    def starts(self) -> News:
        if not self.what:
            raise Enough
        one = self.what.pop(0)
        if isinstance(one, OSError):
            raise one
        news = News()
        news.end()
        self.begun.append(news)
        return news


@pytest.fixture
def slept(monkeypatch) -> list[float]:
    """Seconds between one try and the next, which nobody waits for."""
    found: list[float] = []
    monkeypatch.setattr(time, "sleep", found.append)
    return found


def forever(monkeypatch, source: Source, listen: Callable[..., None] | None = None) -> None:
    monkeypatch.setitem(watch.SOURCES, "docker", source)
    if listen is not None:
        monkeypatch.setattr(watch, "_listen", listen)
    with pytest.raises(Enough):
        watch.forever("docker")


def test_a_source_that_ends_is_closed_and_begun_again(monkeypatch, slept, work):
    source = Source(0.0, 0.0, 0.0)
    forever(monkeypatch, source)
    assert work.done() == ["docker *"] * 3
    assert [news.closed for news in source.begun] == [True] * 3


def test_one_that_does_not_answer_is_asked_less_and_less_often_and_told_of_once(monkeypatch, slept, capsys):
    forever(monkeypatch, Source(*[ConnectionRefusedError(111, "Connection refused")] * 6))
    assert slept == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert capsys.readouterr().err.count("Connection refused") == 1


def test_one_that_ends_at_once_is_not_begun_again_without_a_pause(monkeypatch, slept, work):
    forever(monkeypatch, Source(0.0, 0.0, 0.0, 0.0))
    assert slept == [0.1, 0.2, 0.4, 0.8]


def test_one_that_has_lasted_is_begun_again_soon(monkeypatch, slept):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def listen(name: str, news: News) -> None:
        now[0] += 60
        raise OSError("the engine was restarted")

    forever(monkeypatch, Source(0.0, 0.0, 0.0), listen)
    assert slept == [0.1, 0.1, 0.1]


def test_without_a_library_it_goes_on_until_there_is_one(monkeypatch, slept, work):
    def missing() -> None:
        raise LibraryMissing("pyroute2 is not installed")

    monkeypatch.setattr(watch, "import_definitions", missing)
    forever(monkeypatch, Source(0.0))
    assert work.done() == ["docker *"]


# -- whom it is about --------------------------------------------------------------------------------------------------

ID = "4f5ae2c1b0d94f5ae2c1b0d94f5ae2c1b0d94f5ae2c1b0d94f5ae2c1b0d94f5a"


@pytest.mark.parametrize(
    ("ref", "refs", "meant"),
    [
        ("shop", ["shop", ID], True),
        (ID, ["shop", ID], True),
        (ID[:12], ["shop", ID], True),
        (ID[:11], ["shop", ID], False),
        ("sho", ["shop", ID], False),
        ("shop2", ["shop", ID], False),
        ("shop", [], False),
    ],
)
def test_a_container_is_meant_by_its_name_or_the_beginning_of_its_id(ref, refs, meant):
    assert is_meant({"engine": "docker", "ref": ref}, "docker", refs) is meant
    assert not is_meant({"engine": "podman", "ref": ref}, "docker", refs)


def test_engines_that_call_nobody_are_watched_and_those_that_do_are_not():
    assert sorted(watch.SOURCES) == ["containerd", "docker", "incus", "lxd", "nftables", "nspawn", "systemd"]
    assert set(watch.SOURCES) - {"nftables"} < set(ENGINES)
