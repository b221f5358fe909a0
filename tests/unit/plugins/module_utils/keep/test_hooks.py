# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine calls about a container that starts: which it is, and that it is not kept from starting."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import Running
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.session import Busy, Ended
from ansible_collections.containerhost.network.plugins.module_utils.keep import hooks, main
from ansible_collections.containerhost.network.plugins.module_utils.keep import saved as saved_file
from ansible_collections.containerhost.network.plugins.module_utils.state.lock import PATIENCE
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.keep.documents import saved, veth

ID = "4f5ae2c1b0d9" + "0123456789abc" * 4


@pytest.fixture
def attached(monkeypatch) -> list[tuple[str, str, float]]:
    """What would be attached: the sandbox's name, its namespace, and for how long a run is waited for."""
    found: list[tuple[str, str, float]] = []
    monkeypatch.setattr(hooks, "_attach", lambda name, one, patience: found.append((name, one.netns, patience)))
    return found


def save(monkeypatch, *refs: tuple[str, str]) -> None:
    document = saved(veth=[veth("web", ref, engine) for engine, ref in refs])
    monkeypatch.setattr(saved_file, "read", lambda: document)


def podman(monkeypatch, tmp_path: Path, state: object = None, **storage: object) -> None:
    """Podman's call: a state on standard input, and the files of its storage, by name."""
    bundle = tmp_path / "overlay-containers" / ID / "userdata"
    bundle.mkdir(parents=True)
    for name, rows in storage.items():
        path = tmp_path / "overlay-containers" / f"{name.replace('_', '-')}.json"
        path.write_text(rows if isinstance(rows, str) else json.dumps(rows))
    whole = {"ociVersion": "1.0.2", "id": ID, "status": "creating", "pid": 707, "bundle": str(bundle)}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(whole) if state is None else str(state)))


def rows(name: str = "front") -> list[dict]:
    return [{"id": "0" * 64, "names": ["other"]}, {"id": ID, "names": [name]}]


OURS = ("podman:front", "/proc/707/ns/net", hooks._PATIENCE)


# -- podman ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["containers", "volatile_containers"])
def test_a_container_of_podman_is_known_by_the_name_in_its_storage(monkeypatch, tmp_path, attached, file):
    save(monkeypatch, ("podman", "front"), ("podman", "other"))
    podman(monkeypatch, tmp_path, **{file: rows()})
    hooks.called_by("podman")
    assert attached == [OURS]


def test_one_that_was_renamed_is_known_by_its_new_name(monkeypatch, tmp_path, attached):
    save(monkeypatch, ("podman", "blue"))
    podman(monkeypatch, tmp_path, containers=rows("blue"))
    hooks.called_by("podman")
    assert [name for name, *_rest in attached] == ["podman:blue"]


@pytest.mark.parametrize("ref", [ID, ID[:12]])
@pytest.mark.parametrize("storage", [{}, {"containers": rows()}], ids=["no storage", "storage"])
def test_one_that_the_inventory_names_by_its_id_is_known_by_that(monkeypatch, tmp_path, attached, ref, storage):
    save(monkeypatch, ("podman", ref))
    podman(monkeypatch, tmp_path, **storage)
    hooks.called_by("podman")
    assert [name for name, *_rest in attached] == [f"podman:{ref}"]


@pytest.mark.parametrize("refs", [[], [("podman", "back")], [("docker", "front")], [("lxc", "front")]])
def test_one_that_is_none_of_ours_is_let_be(monkeypatch, tmp_path, attached, refs, capfd):
    save(monkeypatch, *refs)
    podman(monkeypatch, tmp_path, containers=rows())
    hooks.called_by("podman")
    assert (attached, capfd.readouterr().err) == ([], "")


def test_where_nothing_is_saved_it_is_let_be(monkeypatch, tmp_path, attached, capfd):
    monkeypatch.setattr(saved_file, "read", lambda: None)
    podman(monkeypatch, tmp_path, containers=rows())
    hooks.called_by("podman")
    assert (attached, capfd.readouterr().err) == ([], "")


@pytest.mark.parametrize(
    "storage", ["", "{", "{}", "[]", "[3]", '["x"]', "[null]", '[{"id": 3}]', "[[]]", '[{"names": 3}]']
)
def test_a_storage_that_nobody_understands_keeps_nobody_from_starting(monkeypatch, tmp_path, attached, storage):
    save(monkeypatch, ("podman", "front"))
    podman(monkeypatch, tmp_path, containers=storage)
    hooks.called_by("podman")
    assert attached == []


@pytest.mark.parametrize(
    "state",
    [
        *("", "{", "{}", "[]", "3", "null", "[" * 100_000),
        *('{"bundle": 3}', '{"bundle": "/x", "id": []}', '{"bundle": "/x", "id": "y"}'),
        *('{"bundle": "/x", "id": "y", "pid": "z"}', '{"bundle": "/x", "id": "y", "pid": null}'),
    ],
)
def test_a_call_that_nobody_understands_keeps_nobody_from_starting(monkeypatch, tmp_path, attached, state, capfd):
    save(monkeypatch, ("podman", "front"))
    podman(monkeypatch, tmp_path, state=state, containers=rows())
    assert main.main(["hook", "podman"]) == 0
    assert attached == []
    assert capfd.readouterr().err


# -- lxc ---------------------------------------------------------------------------------------------------------------


def lxc(monkeypatch, **variables: str) -> None:
    for name in ("LXC_NAME", "LXC_PID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("more", [[], ["box", "lxc", "start-host"], ["box", "--help"]])
def test_a_container_of_lxc_is_known_by_its_environment(monkeypatch, attached, more):
    """lxc adds its name and the hook's to the command (lxc.container.conf(5), lxc.hook.version 0)."""
    save(monkeypatch, ("lxc", "box"))
    lxc(monkeypatch, LXC_NAME="box", LXC_PID="31")
    assert main.main(["hook", "lxc", *more]) == 0
    assert attached == [("lxc:box", "/proc/31/ns/net", hooks._PATIENCE)]


@pytest.mark.parametrize("variables", [{}, {"LXC_NAME": "box"}, {"LXC_PID": "3"}, {"LXC_NAME": "box", "LXC_PID": "x"}])
def test_a_call_of_lxc_without_a_name_or_a_process_is_let_be(monkeypatch, attached, variables):
    save(monkeypatch, ("lxc", "box"))
    lxc(monkeypatch, **variables)
    assert main.main(["hook", "lxc"]) == 0
    assert attached == []


# -- what goes wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Problem("somebody else's device"), "containerhost: somebody else's device\n"),
        (Ended("pyroute2 is missing"), "containerhost: pyroute2 is missing\n"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (AttributeError("whatever"), "AttributeError: whatever"),
        (RecursionError(), "RecursionError"),
    ],
)
@pytest.mark.parametrize("at", ["document", "attaching"])
def test_whatever_goes_wrong_is_said_and_keeps_nobody_from_starting(monkeypatch, capfd, error, words, at):
    def wrong(*_arguments):
        raise error

    save(monkeypatch, ("lxc", "box"))
    lxc(monkeypatch, LXC_NAME="box", LXC_PID="31")
    monkeypatch.setattr(saved_file, "read", wrong) if at == "document" else monkeypatch.setattr(hooks, "_attach", wrong)
    assert main.main(["hook", "lxc"]) == 0
    assert words in capfd.readouterr().err


def test_behind_a_run_that_is_at_work_it_is_attached_when_that_has_ended(monkeypatch, tmp_path):
    """The run may be waiting for the engine, which waits for the answer."""
    told = tmp_path / "told"
    os.mkfifo(told)

    def busy_at_first(name: str, container: Running, patience: float) -> None:
        if patience != PATIENCE:
            raise Busy("another run is at work")
        told.write_text(f"{name} {os.readlink(container.netns)}")

    save(monkeypatch, ("lxc", "box"))
    lxc(monkeypatch, LXC_NAME="box", LXC_PID=str(os.getpid()))
    monkeypatch.setattr(hooks, "_attach", busy_at_first)
    assert main.main(["hook", "lxc"]) == 0
    assert told.read_text() == f"lxc:box {os.readlink('/proc/self/ns/net')}"
    os.wait()
