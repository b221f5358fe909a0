# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engines there are, how a sandbox is named as a namespace, and that an engine is asked once."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins.module_utils import document_module, sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import (
    Done,
    NoContainer,
    Running,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engines import podman
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import NoNamespace
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import (
    ENGINES,
    Engines,
    InconsistentEngines,
    Sandboxes,
    netns_of,
)


def test_every_file_of_an_engine_is_listed_under_its_name():
    folder = Path(sandboxes.__file__).parent / "engines"
    assert sorted(ENGINES) == sorted(file.stem for file in folder.glob("[!_]*.py"))


def test_every_kind_that_ends_in_a_sandbox_says_when_it_has_to_wait():
    silent = [kind.name for kind in KINDS if kind.ends_in_sandbox and type(kind).pending is Kind.pending]
    assert silent == []


@pytest.mark.parametrize(
    ("engine", "ref", "netns"),
    [
        ("netns", "shop", "/run/netns/shop"),
        ("pid", "4711", "/proc/4711/ns/net"),
        ("path", "/run/x", "/run/x"),
        ("docker", "db", "docker:db"),
        ("nspawn", "db", "nspawn:db"),
    ],
)
def test_a_sandbox_is_named_by_a_path_where_its_reference_is_one(engine, ref, netns):
    assert netns_of({"engine": engine, "ref": ref}) == netns


@pytest.mark.parametrize(
    ("engine", "ref"),
    [("netns", ".."), ("pid", "self"), ("pid", "0"), ("path", "x"), ("path", "/a\0"), ("lxc", "-n"), ("unheard", "x")],
)
def test_what_is_no_reference_is_refused(engine, ref):
    with pytest.raises(Problem):
        netns_of({"engine": engine, "ref": ref})


_FILE = """
from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import ContainerEngine
class One(ContainerEngine):
    name = "{name}"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A package for engines, empty but for one of each name that is asked for."""
    package = tmp_path / f"somebodys_{tmp_path.name.replace('-', '_')}"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield lambda **files: (
        [(package / f"{stem}.py").write_text(text) for stem, text in files.items()],
        Engines(importlib.import_module(package.name)),
    )[1]
    for name in [name for name in sys.modules if name.startswith(package.name)]:
        del sys.modules[name]


def test_a_file_is_an_engine_and_is_looked_into_when_it_is_needed(folder):
    engines = folder(jail=_FILE.format(name="jail"), netns=_FILE.format(name="netns"), aaa="raise ImportError")
    assert list(engines) == ["netns", "aaa", "jail"]
    assert "aaa" in engines and "docker" not in engines
    assert engines["jail"].name == "jail"
    assert engines["jail"] is engines["jail"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (_FILE.format(name="docker"), "defines the engine docker: give the file the engine's name"),
        ("", "must define one engine, and defines none"),
        (_FILE.format(name="jail") + "class Two(One):\n    pass\n", "must define one engine, and defines One, Two"),
    ],
    ids=["a name that is another file's", "no engine", "two engines"],
)
def test_a_file_that_is_not_one_engine_of_its_name_is_refused(folder, text, words):
    with pytest.raises(InconsistentEngines, match=words):
        folder(jail=text)["jail"]


class Engine(ENGINES["docker"].__class__):
    """Knows ``db`` and ``shop`` only, and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def find(self, refs):
        self.asked.append(list(refs))
        return {ref: self.of_pid(ref, 7) if ref in ("db", "shop") else self.unknown(ref) for ref in refs}


def test_an_engine_is_asked_once_for_all_that_will_be_needed(monkeypatch):
    engine = Engine()
    monkeypatch.setitem(ENGINES, "docker", engine)
    found = Sandboxes()
    found.expect([{"engine": "docker", "ref": "db"}, None, {"engine": "docker", "ref": "gone"}])
    assert [found.path_of(netns) for netns in ("/run/netns/a", "docker:db", "docker:db")] == [
        "/run/netns/a", "/proc/7/ns/net", "/proc/7/ns/net"
    ]  # fmt: skip
    with pytest.raises(NoNamespace, match="there is no docker container gone on this host"):
        found.path_of("docker:gone")
    assert engine.asked == [["db", "gone"]]
    assert found.path_of("docker:shop") == "/proc/7/ns/net"
    assert engine.asked == [["db", "gone"], ["shop"]]


def test_podman_is_asked_before_a_run_that_its_containers_may_wait_for(monkeypatch, tmp_path):
    asked = []

    class Podman(type(ENGINES["podman"])):
        def find(self, refs):
            asked.append(list(refs))
            return {ref: Running(str(tmp_path / ref)) for ref in refs}

    monkeypatch.setitem(ENGINES, "podman", Podman())
    named = (("podman", "a"), ("docker", "b"), ("podman", "c"))
    ends = [{"sandbox": {"engine": engine, "ref": ref}} for engine, ref in named]
    mistaken = [{"sandbox": "a"}, {"sandbox": {"engine": "podman"}}, "text"]
    document = {"version": 1, "veth": [*ends, *mistaken], "hosts_file": ends[:1]}
    document_module._asked_before(document)
    assert asked == []
    found = document_module._asked_before({**document, "podman_network": [{"name": "web"}]})
    assert asked == [["a", "c"]]
    # Whoever has ended by the time that the run begins is asked for again.
    (tmp_path / "a").touch()
    found.forget_ended()
    assert found.path_of("podman:a") == str(tmp_path / "a")
    assert asked == [["a", "c"]]
    found.path_of("podman:c")
    assert asked == [["a", "c"], ["c"]]


@pytest.mark.parametrize("pid", [0, -1, True, None, "", "x", "1 2", "../1", 1.5, [1], 10**12])
def test_a_pid_that_is_none_is_no_container(pid):
    assert isinstance(ENGINES["lxc"].of_pid("db", pid), NoContainer)


@pytest.mark.parametrize("pid", [7, "7"])
def test_a_pid_leads_to_its_namespace(pid):
    assert ENGINES["lxc"].of_pid("db", pid) == "/proc/7/ns/net"


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ('[{"Id": "abc1", "Name": "db", "State": {"Pid": 7}}]', {"db": "/proc/7/ns/net", "abc": "/proc/7/ns/net"}),
        ('[{"Id": "db99", "Name": "abc", "State": {"Pid": 8}}, {"Id": "abc1", "Name": "db", "State": {"Pid": 7}}]',
         {"db": "/proc/7/ns/net", "abc": "/proc/8/ns/net"}),
        ("[]", {}),
        ("null", {}),
        ('[null, {"Name": "db"}, {"Name": "abc", "State": 1}]', {}),
        ("no JSON", {}),
    ],
    ids=["by name and id", "a name before an id", "nobody", "null", "rubbish", "text"],
)  # fmt: skip
def test_podman_is_understood(monkeypatch, told, found):
    monkeypatch.setattr(podman, "ask", lambda command: Done(0, told))
    answers = ENGINES["podman"].find(["db", "abc"])
    assert {ref: path for ref, path in answers.items() if isinstance(path, str)} == found
    assert set(answers) == {"db", "abc"}
