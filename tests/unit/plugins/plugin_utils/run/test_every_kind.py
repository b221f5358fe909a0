# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent to a host with a module that needs every kind."""

from __future__ import annotations

import ast
import pathlib
import re

import pytest
from ansible import constants as C
from ansible.plugins.loader import module_loader

from ansible_collections.containerhost.network.plugins.module_utils.engine import discovery
from ansible_collections.containerhost.network.plugins.plugin_utils.run import every_kind

PLUGINS = pathlib.Path(every_kind.__file__).parents[2]
# Modules that look at objects of kinds that they don't name.
NEED_EVERY_KIND = ("document", "network_info", "route")
# Those that go into sandboxes, and into none but those of their own objects.
NEED_ENGINES = sorted(
    path.stem for path in (PLUGINS / "action").glob("*.py") if "(SandboxAction)" in path.read_text()
)


def imported(source: str) -> list[str]:
    """What a text imports, in its order, as Ansible reads it."""
    names = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return names


@pytest.mark.parametrize("name", NEED_EVERY_KIND)
def test_a_module_is_sent_with_an_import_of_every_kind(name, tmp_path, monkeypatch):
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    copy = every_kind.write_module(name)
    source = (tmp_path / "containerhost-modules" / copy / f"{copy}.py").read_text()
    kinds = [each.rpartition(".")[2] for each in imported(source) if ".module_utils.kinds." in each]
    assert kinds == discovery.files()
    assert every_kind.write_module(name) == copy


@pytest.mark.parametrize("name", NEED_EVERY_KIND)
def test_an_action_of_its_name_sends_it_so(name):
    text = (PLUGINS / "action" / f"{name}.py").read_text()
    assert f'MODULE = "{name}"' in text and "EveryKindAction" in text


def test_a_module_that_asks_for_all_kinds_has_such_an_action():
    asking = {
        path.stem
        for path in (PLUGINS / "modules").glob("*.py")
        if re.search(r"engine\.discovery import KINDS", path.read_text())
    }
    assert asking <= set(NEED_EVERY_KIND)


@pytest.mark.parametrize("kinds", [True, False])
def test_a_module_is_sent_with_every_engine_and_imports_none_of_them(tmp_path, monkeypatch, kinds):
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    copy = every_kind.write_module("veth", kinds)
    source = (tmp_path / "containerhost-modules" / copy / f"{copy}.py").read_text()
    assert any(".module_utils.kinds." in each for each in imported(source)) == kinds
    assert not any(".module_utils.engines." in each for each in imported(source))
    named = [alias.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import) for alias in node.names]
    sent = {each.rpartition(".")[2] for each in named if ".module_utils.engines." in each}
    assert sent == {path.stem for path in (PLUGINS / "module_utils/engines").glob("[!_]*.py")}


@pytest.mark.parametrize("name", NEED_ENGINES)
def test_an_action_of_its_name_sends_it_with_engines(name):
    text = (PLUGINS / "action" / f"{name}.py").read_text()
    assert f'MODULE = "{name}"' in text and "SandboxAction" in text


def test_every_kind_that_ends_in_a_sandbox_has_such_an_action():
    ending = {kind.name for kind in discovery.KINDS if kind.ends_in_sandbox}
    missing = sorted(ending - {*NEED_ENGINES, *NEED_EVERY_KIND})
    assert missing == [], f"give each an action in plugins/action/, as macvlan has: {missing}"


def test_a_module_that_does_not_begin_as_ours_do_is_refused():
    with pytest.raises(ValueError, match="does not begin with"):
        every_kind.with_all("import os\n", kinds=True)


def test_what_is_written_after_another_was_looked_up_is_found_as_well(monkeypatch, tmp_path):
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    for name in ("document", "probe"):
        copy = every_kind.write_module(name)
        assert module_loader.find_plugin(f"ansible.legacy.{copy}", ".py", collection_list=None)
