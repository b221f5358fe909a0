# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is generated from the schema is as the schema is now: `make generated` writes it."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest
import yaml

from ansible_collections.containerhost.network.plugins.plugin_utils import drivers
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import elsewhere, schema
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.readers import READERS

ROOT = Path(__file__).resolve().parents[2]


def _load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


reference = _load("inventory_options")
drawings = _load("drawings")


@pytest.mark.parametrize(
    ("path", "text"), [pytest.param(*each, id=str(each[0].relative_to(ROOT))) for each in reference.generated()]
)
def test_it_is_as_the_schema_says(path, text):
    assert path.read_text() == text, "make generated"


def test_an_engine_is_a_choice_in_the_modules_documentation(monkeypatch):
    monkeypatch.setattr(reference, "ENGINES", ("netns", "jail", "path"))
    text = "engine:\n  type: str\n  choices: [netns, docker, path]\nother:\n  choices: [a, b]\n"
    assert reference.module(text) == text.replace("[netns, docker, path]", "[netns, jail, path]")


def test_each_drawing_is_the_report_s_of_the_example_beside_it():
    made = dict(drawings.generated())
    assert set(drawings.FOLDER.iterdir()) == set(made), "make generated"
    assert [path.name for path, text in made.items() if path.read_text() != text] == [], "make generated"


@pytest.mark.parametrize("page", ["gallery", "quickstart", *sorted(drivers.drivers())])
def test_a_guide_has_a_drawing_of_each_of_its_inventories(page):
    path = ROOT / "docs" / f"{page}.md"
    assert path.is_file(), f"write a guide to it, docs/{page}.md, with an inventory"
    text = path.read_text()
    inventories = re.findall(r"^<!-- example of |^```yaml inventory$", text, re.MULTILINE)
    drawn = len(drawings.SHOWN.findall(text))
    assert inventories and drawn == len(inventories), "show a drawing (images/drawn/) below each inventory"


def test_there_are_words_for_every_type_of_key():
    assert sorted(reference.TYPES) == sorted(READERS)


@pytest.mark.parametrize("role", sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir()))
def test_a_role_describes_every_variable_with_an_example(role):
    spec = yaml.safe_load((ROOT / "roles" / role / "meta/argument_specs.yml").read_text())
    options = spec["argument_specs"]["main"]["options"]
    if role in reference.ROLES:
        wanted = {option.name for option in (*schema.HOST, *schema.FLEET) if option.built}
        assert set(options) == {schema.NETWORKS, schema.CONTAINERS, "containerhost_python", *wanted}
    for name, option in options.items():
        assert option["type"], name
        assert role == "prerequisites" or any(text.startswith("Example ") for text in option["description"]), name


def test_a_role_tells_its_driver_s_keys_and_no_other_driver_s():
    text = (ROOT / "roles/macvlan_network/meta/argument_specs.yml").read_text()
    told = set(re.findall(r"A network has C\((\w+)\)", " ".join(text.split())))
    assert {"subnets", "parent", "mode"} <= told
    assert "C(driver: macvlan)" in text
    assert not {"vni", "icc"} & told


def test_a_new_option_is_taken_without_an_edit():
    """Built or not, of a driver that nobody knew."""
    options = (
        Option("pull", "bool", "Whether it pulls | or not.", default=True),
        Option("way", "text", "Which way.", default="up", choices=("up", "down", "out"), built_choices=("up", "down")),
        Option("later", "int", "Some day.", built=False, minimum=1, maximum=2),
    )
    drivers.register(Driver(name="crane", summary="A crane.", options=options))
    try:
        page = reference.page("<!-- keys of crane -->\n<!-- end -->\n<!-- keys of unbuilt -->\n<!-- end -->")
        specs = reference.argument_specs("    options:\n", "crane")
    finally:
        drivers.unregister("crane")
    built, _end, unbuilt = page.partition("<!-- end -->")
    assert "| `pull` | true or false | `true` | Whether it pulls \\| or not. |" in built
    assert "| `way` | `up` or `down` | `up` | Which way. |" in built
    assert "later" not in built and "out" not in built
    assert "- `later` of crane networks" in unbuilt and "- `way: out` of crane networks" in unbuilt
    assert "A network has C(way), C(up) or C(down)" in " ".join(specs.split())


@pytest.mark.parametrize("word", ["ports", "ipam", "links", "ip", "expose", "driver_opts", "network_aliases"])
def test_what_others_call_it_is_found_in_the_reference(word):
    text = (ROOT / "docs" / "inventory.md").read_text()
    assert f"`{word}`" in text
    assert word in {**elsewhere.NAMES, **dict.fromkeys(elsewhere.OF_DOCKER_NETWORKS)}
