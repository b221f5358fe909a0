# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module's documentation says about its options is what the module takes."""

from __future__ import annotations

import importlib

import pytest
import yaml

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.module import argument_spec

PLUGINS = "ansible_collections.containerhost.network.plugins"
STATED = ("type", "elements", "choices", "default", "required")


def documentation(name: str) -> dict:
    """A module's documentation with its fragments, joined as Ansible does it."""
    stated = yaml.safe_load(importlib.import_module(f"{PLUGINS}.modules.{name}").DOCUMENTATION)
    for fragment in stated["extends_documentation_fragment"]:
        module = importlib.import_module(f"{PLUGINS}.doc_fragments.{fragment.rpartition('.')[2]}")
        for option, text in yaml.safe_load(module.ModuleDocFragment.DOCUMENTATION).get("options", {}).items():
            stated["options"][option] = {**text, **stated["options"].get(option, {})}
    return stated


def stated_options(options: dict) -> dict:
    return {
        name: {
            **{word: option[word] for word in STATED if word in option},
            "suboptions": stated_options(option.get("suboptions", {})),
        }
        for name, option in options.items()
    }


def taken_options(spec: dict) -> dict:
    return {
        name: {
            **{word: option[word] for word in STATED if word in option},
            "suboptions": taken_options(option.get("options", {})),
        }
        for name, option in spec.items()
    }


def texts(options: dict):
    for name, option in options.items():
        yield name, option.get("description")
        yield from texts(option.get("suboptions", {}))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_documented_options_are_those_that_are_taken(kind):
    assert stated_options(documentation(kind.name)["options"]) == taken_options(argument_spec(kind))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_option_is_described(kind):
    assert [name for name, text in texts(documentation(kind.name)["options"]) if not text] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_needs_recreate_is_said(kind):
    text = " ".join(documentation(kind.name)["options"]["recreate"]["description"])
    assert [name for name in sorted(kind.fixed) if f"O({name})" not in text] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_examples_are_named_and_call_by_full_names(kind):
    tasks = yaml.safe_load(importlib.import_module(f"{PLUGINS}.modules.{kind.name}").EXAMPLES)
    for task in tasks:
        assert task["name"][0].isupper()
        (module,) = [key for key in task if key != "name"]
        assert module.startswith("containerhost.network.")
    assert f"containerhost.network.{kind.name}" in {key for task in tasks for key in task}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_returns_are_documented(kind):
    returns = yaml.safe_load(importlib.import_module(f"{PLUGINS}.modules.{kind.name}").RETURN)
    assert set(returns) == {"counts", "diff", "problems"}
