# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program's commands: their exit statuses, what they print where, and what is waited for."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Pending, Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import ChangeSet
from ansible_collections.containerhost.network.plugins.module_utils.engine.session import Ended, Incapable
from ansible_collections.containerhost.network.plugins.module_utils.keep import main
from ansible_collections.containerhost.network.plugins.module_utils.keep import saved as saved_file
from ansible_collections.containerhost.network.plugins.module_utils.keep.restore import Outcome
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.keep.documents import (
    bridge,
    saved,
    veth,
)
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import want

WEB = saved(bridge=[bridge("web")], veth=[veth("web", "shop"), veth("web", "db", "docker"), veth("web", "db", "lxc")])
NOTHING = ChangeSet([], [], [], [], [], [])


def waits(ref: str, engine: str = "netns", blocked: bool = False) -> Pending:
    sandbox = {"engine": engine, "ref": ref}
    wanted = want("veth", name=f"chv-{ref}", master="ch-web", sandbox=sandbox, interface="eth0")
    return Pending(wanted, f"{ref} does not run", blocked)


class Host:
    """A kernel that answers what a test says: an outcome, differences, or an error; one after the other."""

    def __init__(self) -> None:
        self.answers: list[object] = []
        self.asked: list[list[str]] = []

    def say(self, *_arguments: object) -> object:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def attach(self, _kernel: object, _document: object, names: list[str]) -> object:
        self.asked.append(names)
        return self.say()


@pytest.fixture
def host(monkeypatch) -> Host:
    made = Host()

    @contextlib.contextmanager
    def kernel(_kinds, sandboxes=None) -> Iterator[None]:
        made.sandboxes = sandboxes
        try:
            yield None
        except Problem as error:
            raise Ended(str(error), [str(error)]) from error

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(main, "kernel_of_this_host", kernel)
    monkeypatch.setattr(saved_file, "read", lambda: WEB)
    for name in ("restore", "differences"):
        monkeypatch.setattr(main, name, made.say)
    monkeypatch.setattr(main, "attach", made.attach)
    return made


COMMANDS = [["restore"], ["restore", "--wait", "60"], ["check"], ["diff"], ["show"], ["attach", "shop"]]


def named(words: list[str]) -> str:
    return " ".join(words)


def answer(words: list[str], *pending: Pending) -> object:
    return Outcome((), pending) if words[0] in ("restore", "attach") else NOTHING._replace(pending=list(pending))


@pytest.mark.parametrize("words", COMMANDS, ids=named)
def test_0_where_all_is_as_saved(host, words):
    host.answers = [answer(words)]
    assert main.main(words) == 0


@pytest.mark.parametrize("words", COMMANDS, ids=named)
def test_0_where_another_container_does_not_run(host, words, capsys):
    host.answers = [answer(words, waits("db", "docker"))]
    assert main.main(words) == 0
    if words[0] != "show":
        assert capsys.readouterr().out.startswith("pending: veth db eth0 (web): db does not run\n")


@pytest.mark.parametrize("words", [words for words in COMMANDS if "--wait" not in words], ids=named)
def test_1_where_something_is_blocked(host, words):
    host.answers = [answer(words, waits("shop", blocked=True))]
    assert main.main(words) == 1


@pytest.mark.parametrize("words", COMMANDS, ids=named)
@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, "nothing is saved in /etc/containerhost/document.json: a run of the playbook for this host saves it"),
        (Problem("document.json is of version 2"), "document.json is of version 2"),
    ],
    ids=["nothing", "another version"],
)
def test_3_at_once_without_a_document(host, words, monkeypatch, capsys, found, told):
    def read() -> object:
        if isinstance(found, Problem):
            raise found
        return found

    monkeypatch.setattr(saved_file, "read", read)
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it waits for what does not come"))
    assert main.main(words) == 3
    assert capsys.readouterr().err == f"containerhost: {told}\n"


@pytest.mark.parametrize("words", COMMANDS, ids=named)
def test_3_at_once_without_a_library(host, words, monkeypatch):
    host.answers = [Incapable("pyroute2 is missing", lacks=["pyroute2"])]
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it waits for what does not come"))
    assert main.main(words) == 3


@pytest.mark.parametrize("words", [*COMMANDS, ["watch", "nftables"]], ids=named)
def test_3_without_root(host, words, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main.main(words) == 3
    assert capsys.readouterr().err == "containerhost: this needs root\n"


def test_anybody_may_ask_for_the_version(monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main.main(["version"]) == 0
    assert "collection: " in capsys.readouterr().out


# -- restore waits -----------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", sleep)
    return now


def test_what_comes_late_is_waited_for_and_said_once(host, clock, capsys):
    late = Outcome((), [waits("shop", blocked=True)])
    host.answers = [late, late, Ended("x", ["the underlay has no address yet"]), Outcome((), ())]
    assert main.main(["restore", "--wait", "60"]) == 0
    told = capsys.readouterr()
    assert told.err == "waiting: shop does not run\nwaiting: the underlay has no address yet\n"
    assert clock[0] == pytest.approx(1.5)


def test_what_does_not_come_is_waited_for_so_long_and_then_said(host, clock, capsys):
    host.answers = [Ended("x", ["the underlay has no address yet"])]
    assert main.main(["restore", "--wait", "10"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "not restored: the underlay has no address yet"
    assert 10 <= clock[0] < 11


def test_without_waiting_it_is_tried_once(host, monkeypatch):
    host.answers = [Ended("x", ["the underlay has no address yet"])]
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it waits"))
    assert main.main(["restore"]) == 1


def test_a_container_that_does_not_run_is_not_waited_for(host, monkeypatch):
    host.answers = [Outcome((), [waits("db", "docker")])]
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it waits"))
    assert main.main(["restore", "--wait", "60"]) == 0


# -- attach ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["shop"], ["/run/netns/shop"]),
        (["docker:db"], ["docker:db"]),
        (["db"], ["docker:db", "lxc:db"]),
        (["shop", "lxc:db"], ["/run/netns/shop", "lxc:db"]),
    ],
    ids=["a name", "with its engine", "of two engines", "two names"],
)
def test_containers_are_named_as_in_the_inventory_or_with_their_engine(host, words, names):
    host.answers = [Outcome((), ())]
    assert main.main(["attach", *words]) == 0
    assert host.asked == [names]


def test_a_name_that_is_not_in_the_document_is_refused_with_those_that_are(host, capsys):
    assert main.main(["attach", "nobody"]) == 3
    assert capsys.readouterr().err == "containerhost: the saved document has no container nobody; it has db, db, shop\n"


def test_1_where_the_container_that_is_asked_for_does_not_run(host):
    host.answers = [Outcome((), [waits("shop")])]
    assert main.main(["attach", "shop"]) == 1


# -- output ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["restore"], ["check"], ["diff"], ["show"], ["version"]], ids=named)
def test_json_is_one_value(host, words, capsys):
    host.answers = [answer(words)]
    assert main.main([*words, "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out), dict)


def test_a_reader_who_has_seen_enough_is_no_error():
    ours, theirs = os.pipe()
    os.close(ours)
    child = os.fork()
    if child == 0:
        os.dup2(theirs, 1)
        with contextlib.redirect_stdout(os.fdopen(1, "w")):
            os._exit(main.main(["version"]))
    os.close(theirs)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_name_that_is_no_text_is_printed_all_the_same(host):
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream, contextlib.redirect_stdout(stream):
        host.answers = [NOTHING._replace(pending=[waits("a")._replace(reason="\udcff is in the way")])]
        assert main.main(["check"]) == 0
    with os.fdopen(ours, "rb") as stream:
        assert rb"\udcff is in the way" in stream.read()


@pytest.mark.parametrize(("options", "only"), [([], None), (["--wait", "60"], ()), (["--again"], ())])
def test_an_engine_that_may_not_run_is_not_asked(host, monkeypatch, options, only):
    monkeypatch.setattr(main.records, "PATH", __file__)
    host.answers = [Outcome((), ())]
    main.main(["restore", *options])
    assert host.sandboxes._only == only


def test_after_a_firewall_nothing_is_done_before_the_first_restore_of_a_boot(host, monkeypatch, tmp_path):
    monkeypatch.setattr(main.records, "PATH", str(tmp_path / "records.json"))
    monkeypatch.delattr(main, "restore")
    assert main.main(["restore", "--again"]) == 0
