# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run saves on its host, and when it saves nothing, or removes what was saved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins.module_utils import document_module as module
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Change, Found, Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import ChangeSet
from ansible_collections.containerhost.network.plugins.module_utils.keep import install
from ansible_collections.containerhost.network.plugins.module_utils.keep import saved as saved_file
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.keep.documents import (
    bridge,
    document,
    saved,
    veth,
)

WEB = document(bridge=[bridge("web")])
NOTHING = ChangeSet([], [], [], [], [], [])
KEPT = NOTHING._replace(
    kept=[
        Change("remove", "bridge", None, Found("bridge", (name,), {"name": name}, f"plan/{name}"), {})
        for name in ("web", "gone")
    ]
)


@pytest.fixture
def planned(monkeypatch, tmp_path) -> list:
    """What was to be installed: a document or None, and the folder for metrics."""
    found: list = []

    def plan(document, metrics_folder=None):
        found.append((document, metrics_folder))
        return "a plan"

    monkeypatch.setattr(install, "plan", plan)
    monkeypatch.setattr(saved_file, "read", lambda: None)
    monkeypatch.setattr(saved_file, "FOLDER", str(tmp_path))  # it kept something before
    return found


def parameters(whole=None, phase="make", everything=False, **save):
    told = {"enabled": True, "metrics_folder": None, "host": "h1", "digest": "d2", "drivers": None}
    told = {**told, "networks": {"web": "bridge"}, **save}
    return {"document": WEB if whole is None else whole, "phase": phase, "everything": everything, "save": told}


def test_a_module_of_one_kind_goes_without_what_keeps_a_host():
    """It is sent with all that it imports, and imports it each time."""
    module_of = "ansible_collections.containerhost.network.plugins.modules.bridge"
    loaded = "import sys; print(*(name for name in sys.modules if '.module_utils.keep.' in name))"
    done = subprocess.run(
        [sys.executable, "-c", f"import {module_of}; {loaded}"], capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(Path(module.__file__).parents[5])},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr


def test_a_run_saves_its_document(planned):
    assert module.kept_files_of(parameters(metrics_folder="/var/lib/node"), NOTHING, False) == "a plan"
    assert planned == [(saved(document=WEB, digest="d2"), "/var/lib/node")]


def test_networks_of_which_something_stays_for_now_wait(planned):
    module.kept_files_of(parameters(), KEPT, False)
    assert planned[0][0].waiting == ["web"]


def test_where_it_is_not_wanted_what_was_there_goes(planned):
    module.kept_files_of(parameters(enabled=False), NOTHING, False)
    assert planned == [(None, None)]


def test_where_everything_goes_it_goes_too(planned):
    module.kept_files_of({**parameters(everything=True), "save": None}, NOTHING, False)
    assert planned == [(None, None)]


def test_a_document_of_somebodys_own_is_not_saved(planned):
    assert module.kept_files_of({**parameters(), "save": None}, NOTHING, False) is None
    assert planned == []


def test_check_mode_tells_it_once(planned):
    assert module.kept_files_of(parameters(), NOTHING, True) == "a plan"
    assert module.kept_files_of(parameters(phase="remove"), NOTHING, True) is None
    assert module.kept_files_of(parameters(phase="remove"), NOTHING, False) == "a plan"


def test_a_host_without_networks_forgets_them_when_nothing_is_left(planned):
    nothing = parameters(document(), networks={})
    assert module.kept_files_of(nothing, KEPT, False) is None
    module.kept_files_of({**nothing, "phase": "remove"}, NOTHING, False)
    assert planned[0][0].is_empty


# -- a role ------------------------------------------------------------------------------------------------------------

OTHERS = saved(
    {"web": "bridge", "fabric": "overlay"},
    bridge=[bridge("web", mtu=1400), bridge("fabric")],
    veth=[veth("fabric", "db", "docker")],
)


def test_a_role_leaves_what_other_roles_have_saved(planned, monkeypatch):
    monkeypatch.setattr(saved_file, "read", lambda: OTHERS)
    module.kept_files_of(parameters(drivers=["bridge"]), NOTHING, False)
    [(whole, _folder)] = planned
    assert dict(whole.networks) == {"web": "bridge", "fabric": "overlay"}
    assert whole.document == document(
        bridge=[bridge("web"), bridge("fabric")], veth=[veth("fabric", "db", "docker")]
    )


def test_a_run_of_all_drivers_does_not_look_at_it(planned, monkeypatch):
    monkeypatch.setattr(saved_file, "read", lambda: pytest.fail("it is written anew"))
    module.kept_files_of(parameters(), NOTHING, False)
    assert planned[0][0].document == WEB


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ({"teapot": [bridge("fabric")]}, "objects of kind teapot"),
        ({"bridge": [{"network": "fabric"}]}, "name"),
        ({"bridge": [{"network": "fabric", "name": ["a"]}]}, "name"),
        ({"bridge": [bridge("fabric", colour="red")]}, "colour"),
    ],
)
def test_what_no_run_would_have_saved_is_not_taken_over(planned, monkeypatch, kinds, words):
    monkeypatch.setattr(saved_file, "read", lambda: saved({"fabric": "overlay"}, **kinds))
    with pytest.raises(Problem, match=rf"document\.json is not what this collection saves \(.*{words}"):
        module.kept_files_of(parameters(drivers=["bridge"]), NOTHING, False)
    assert planned == []
