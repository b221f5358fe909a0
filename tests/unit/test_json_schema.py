# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON schemas for editors take every inventory that is right, and find what people get wrong in one value."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.readers import READERS
from ansible_collections.containerhost.network.tests.unit import test_docs
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils import test_mistakes

ROOT = Path(__file__).resolve().parents[2]


def _load():
    spec = importlib.util.spec_from_file_location("json_schema", ROOT / "tools/docs/json_schema.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


generator = _load()


def _validator(name):
    found = json.loads((ROOT / "schemas" / f"{name}.json").read_text())
    jsonschema.Draft7Validator.check_schema(found)
    return jsonschema.Draft7Validator(found)


VARIABLES, INVENTORY = _validator("variables"), _validator("inventory")


def faults(validator, value):
    return [f"{'.'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(value)]


def of_endpoint(**options):
    return {"containerhost_containers": {"app": {"networks": {"web": options}}}}


def of_network(**options):
    return {"containerhost_networks": {"web": options}}


@pytest.mark.parametrize(
    ("path", "text"), [pytest.param(*each, id=each[0].name) for each in generator.generated()]
)
def test_it_is_as_the_plan_s_own_schema_says(path, text):
    assert path.read_text() == text, "make generated"


def test_there_is_a_form_for_every_type_of_key():
    assert sorted(generator.TYPES) == sorted(READERS)


# -- what is right -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((ROOT / "docs/examples").glob("*/*.yml")), ids=lambda path: path.parent.name)
def test_an_inventory_of_the_gallery_is_right(path):
    assert faults(INVENTORY, yaml.safe_load(path.read_text())) == []


@pytest.mark.parametrize("path", sorted((ROOT / "docs/examples").glob("*/*_vars/*.yml")), ids=lambda path: path.name)
def test_variables_of_the_gallery_are_right(path):
    assert faults(VARIABLES, yaml.safe_load(path.read_text())) == []


@pytest.mark.parametrize("page", test_docs.PAGES, ids=lambda page: page.stem)
def test_what_the_pages_show_is_right_unless_they_say_it_is_refused(page):
    for block in test_docs.blocks(page):
        kind = block.info[1] if len(block.info) > 1 and block.info[0] == "yaml" else ""
        if kind in ("inventory", "group_vars", "host_vars") and "refused" not in block.info:
            validator = INVENTORY if kind == "inventory" else VARIABLES
            assert faults(validator, yaml.safe_load(block.text)) == [], block.place


@pytest.mark.parametrize(
    "value",
    [
        "{{ fleet_networks }}",
        {"web": "{{ web }}"},
        {"web": {"driver": "bridge", "subnets": ["{{ base }}.0/24"], "mtu": "{{ mtu }}", "internal": "{{ closed }}"}},
        {"web": {"driver": "{{ driver }}", "whatever": "is not told of an unknown driver"}},
        {"web": {"driver": "overlay", "vni": "{% if lab %}7{% else %}8{% endif %}", "dns": None}},
        {"web": {"driver": "bridge", "internal": "Yes", "icc": 0, "mtu": "1400", "hosts": ["h1", "db-*"]}},
        {"web": {"driver": "bridge", "gateway_mode": {"ipv4": "nat", "ipv6": "routed"}, "handoff": {"docker": True}}},
        {"web": {"driver": "overlay", "backend": "host-gw"}},
        None,
    ],
)
def test_networks_that_are_right(value):
    assert faults(VARIABLES, {"containerhost_networks": value, "containerhost_networks_of_a_group": value}) == []


@pytest.mark.parametrize(
    "value",
    [
        {"publish": ["80", "8080:80", "127.0.0.1::80/udp", "[fd00::1]:53:53/UDP", "7000-7002:80-82", "eth0:8080:80"]},
        {"publish": [{"container_port": 80}, {"host_port": "8080", "container_port": 80, "sources": ["10.0.0.0/8"]}]},
        {"publish": "{{ ports }}"},
        {"address": "fd00::5", "mac": "52-54-00-12-34-56", "rate": {"in": "1.5gbit"}},
        {"addresses": ["10.80.1.5", "{{ six }}"], "address": None, "sysctls": {"net/ipv4/conf/IFNAME/rp_filter": 2}},
        None,
    ],
)
def test_endpoints_that_are_right(value):
    assert faults(VARIABLES, {"containerhost_containers": {"app": {"networks": {"web": value}}}}) == []


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"network_mode": "container:app", "publish": ["80"], "aliases": ["log"]},
        {"network_mode": "{{ mode }}", "publish": ["80"]},
        {"network_mode": "host"},
        {"engine": "pid", "ref": 4711},
    ],
)
def test_containers_that_are_right(value):
    assert faults(VARIABLES, {"containerhost_containers_more": {"app": value}}) == []


@pytest.mark.parametrize(
    "value",
    [
        {"all": {"children": {"web": {"hosts": {"h1": None, "h2": {"ansible_host": "192.0.2.2"}}, "vars": {"x": 1}}}}},
        {"plugin": "amazon.aws.aws_ec2", "regions": ["eu-central-1"]},
        None,
    ],
)
def test_inventories_of_others_are_right(value):
    assert faults(INVENTORY, value) == []


def test_names_that_the_playbooks_take_are_right():
    named = ("containerhost_show", "containerhost_show_hosts", "containerhost_release_older_than")
    for name in named:
        assert faults(VARIABLES, {name: "{{ x }}"}) == [], name


# -- what is wrong -----------------------------------------------------------------------------------------------------


def _is_found(row):
    text = test_mistakes.GROUP
    instead = iter(row.get("instead", ()))
    for before, after in zip(instead, instead, strict=True):
        text = text.replace(before, after, 1)
    try:
        return bool(faults(VARIABLES, yaml.safe_load(text + row.get("more", ""))))
    except yaml.YAMLError:
        return True  # by the editor itself


def test_most_mistakes_that_people_make_are_found_while_they_write():
    """All but those that need more than one value: other names, other hosts, a whole subnet, a template's own."""
    found = [row["mistake"] for row in test_mistakes.MISTAKES if _is_found(row)]
    assert len(found) > len(test_mistakes.MISTAKES) / 2
    assert {
        "option typo", "driver typo", "publish int", "mac short", "address w prefix", "engine typo", "vni missing",
        "networks list", "publish proto", "var typo", "macvlan no parent", "ipam", "image (engine)", "publish text",
    } <= set(found)  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        {"containerhost_network": {}},
        {"containerhost_underlay_adress": "192.0.2.1"},
        of_network(driver="overlay"),
        of_network(driver="overlay", backend="host-gw", vni=42),
        of_network(driver="ipvlan", parent="eth1", mode="l4"),
        of_network(driver="bridge", subnets=["10.80.0.0"]),
        of_network(driver="bridge", subnets=[{"cidr": "10.80.0.0/16", "host-prefix": 24}]),
        of_network(driver="bridge", names=["hosts", "dns"]),
        of_network(driver="bridge", dns={"server": ["192.0.2.53"]}),
        of_network(driver="bridge", handoff={"containerd": True}),
        of_endpoint(publish=[8080]),
        of_endpoint(publish=["8080:80/icmp"]),
        of_endpoint(publish="8080:80"),
        of_endpoint(publish=[{"host_port": 8080}]),
        of_endpoint(address="10.80.1"),
        of_endpoint(mac="53:54:00:12:34:56"),
        of_endpoint(routes=[{"to": "10.0.0.0/8"}]),
        of_endpoint(rate={"in": "100 megabits"}),
        of_endpoint(engine="docker"),
        {"containerhost_containers": {"app": {"engine": "pid"}}},
        {"containerhost_containers": {"app": {"publish": ["80"]}}},
        {"containerhost_containers": {"app": {"network_mode": "host", "networks": {"web": {}}}}},
        {"containerhost_containers": {"my app": {}}},
        {"containerhost_containers": [{"name": "app"}]},
    ],
)
def test_a_value_that_is_wrong_is_found(value):
    assert faults(VARIABLES, value)
    assert faults(INVENTORY, {"all": {"vars": value}})
    assert faults(INVENTORY, {"all": {"children": {"web": {"hosts": {"h1": value}}}}})


def test_a_variable_beside_vars_is_found():
    assert faults(INVENTORY, {"all": {"hosts": {"h1": None}, "containerhost_networks": {}}})
