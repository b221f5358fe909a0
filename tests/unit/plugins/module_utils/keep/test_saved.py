# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A saved document: as it is written it is read, a role's run leaves the others' parts, and damage is a sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.keep import layout
from ansible_collections.containerhost.network.plugins.module_utils.keep import saved as saved_file
from ansible_collections.containerhost.network.plugins.module_utils.keep.restore import sandbox_names
from ansible_collections.containerhost.network.plugins.module_utils.keep.saved import (
    COLLECTION,
    Saved,
    merged,
    same,
    text_of,
)
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.keep.documents import (
    bridge,
    document,
    publish,
    saved,
    veth,
)

ROOT = Path(__file__).resolve().parents[5]
WHOLE = saved(
    {"web": "bridge", "fabric": "overlay"},
    bridge=[bridge("web"), bridge("fabric")],
    veth=[veth("web", "shop"), veth("fabric", "db", "docker", address="10.42.0.2")],
    nat_rule=[publish("web", 8080)],
    waiting=["fabric"],
    date=1_700_000_000,
)


def test_the_version_is_the_collections():
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"] == COLLECTION


# -- text --------------------------------------------------------------------------------------------------------------


def written(path: Path, content: Any) -> str:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def test_what_is_written_is_read_again(tmp_path):
    assert saved_file.read(written(tmp_path / "d", text_of(WHOLE))) == WHOLE


def test_it_has_a_line_for_each_object():
    rows = text_of(WHOLE).splitlines()
    assert sum('"network":' in row for row in rows) == 5


NAMES = st.text(st.characters(codec="utf-8"), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | NAMES
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))
SANDBOXES = ("sandbox", "container", "joins")  # what these name has a shape of its own
ROWS = st.lists(
    st.builds(
        lambda network, more: {**more, "network": network},
        NAMES,
        st.dictionaries(NAMES.filter(lambda name: name not in SANDBOXES), VALUES, max_size=4),
    ),
    max_size=3,
)
KINDS = st.dictionaries(NAMES.filter(lambda name: name != "version"), ROWS, max_size=3)


@st.composite
def any_saved(draw) -> Saved:
    return Saved(
        host=draw(NAMES),
        digest=draw(NAMES),
        collection=draw(NAMES),
        networks=draw(st.dictionaries(NAMES, NAMES, max_size=3)),
        document=document(**draw(KINDS)),
        waiting=draw(st.lists(NAMES, max_size=2)),
        date=draw(st.integers(0, 2**33)),
    )


@given(any_saved())
def test_any_document_is_read_as_it_is_written(tmp_path_factory, value):
    assert saved_file.read(written(tmp_path_factory.getbasetemp() / "any", text_of(value))) == value


# -- whose part is whose -----------------------------------------------------------------------------------------------


def key_of(kind: str, row: dict[str, Any]) -> Any:
    return str(row.get("name") or sorted((name, str(value)) for name, value in row.items() if name != "network"))


def test_a_run_of_all_drivers_leaves_nothing_of_before():
    new = saved({"lan": "macvlan"}, bridge=[])
    assert merged(WHOLE, new, None, key_of) == new
    assert merged(None, new, ["macvlan"], key_of) == new


def test_a_roles_run_leaves_the_parts_of_other_drivers():
    new = saved({"web": "bridge"}, bridge=[bridge("web", mtu=1400)], veth=[veth("web", "front")], digest="d2")
    found = merged(WHOLE, new, ["bridge"], key_of)
    assert dict(found.networks) == {"web": "bridge", "fabric": "overlay"}
    assert found.digest == "d2"
    assert found.document == document(
        bridge=[bridge("web", mtu=1400), bridge("fabric")],
        veth=[veth("web", "front"), veth("fabric", "db", "docker", address="10.42.0.2")],
    )


@pytest.mark.parametrize("drivers", [None, ["bridge"]])
def test_a_run_leaves_networks_that_another_play_defines(drivers):
    found = merged(WHOLE, saved({"lan": "bridge"}, bridge=[bridge("lan")]), drivers, key_of, ["web"])
    others = {"fabric": "overlay"} if drivers else {}
    assert dict(found.networks) == {"web": "bridge", **others, "lan": "bridge"}
    assert {row["network"] for row in found.document["bridge"]} == {"lan", "web", *others}


def test_a_network_of_its_drivers_that_is_no_longer_planned_goes():
    assert dict(merged(WHOLE, saved({}, bridge=[]), ["overlay"], key_of).networks) == {"web": "bridge"}


def test_a_network_that_has_another_driver_now_is_the_new_one():
    found = merged(WHOLE, saved({"fabric": "bridge"}, bridge=[bridge("fabric")]), ["bridge"], key_of)
    assert dict(found.networks) == {"fabric": "bridge"}
    assert found.document == document(bridge=[bridge("fabric")])


def test_what_both_have_is_there_once():
    shared = {"network": "fabric", "name": "shop"}
    before = saved({"fabric": "overlay"}, netns=[shared])
    new = saved({"web": "bridge"}, netns=[{"network": "web", "name": "shop"}])
    assert merged(before, new, ["bridge"], key_of).document["netns"] == [{"network": "web", "name": "shop"}]


def test_who_waits_goes_on_waiting_until_his_own_run():
    assert merged(WHOLE, saved({"web": "bridge"}), ["bridge"], key_of).waiting == ["fabric"]
    assert merged(WHOLE, saved({"fabric": "overlay"}, bridge=[]), ["overlay"], key_of).waiting == []
    assert merged(WHOLE, saved({"web": "bridge"}, waiting=["web"]), ["bridge"], key_of).waiting == ["fabric", "web"]


def test_merging_changes_neither():
    before, new = text_of(WHOLE), saved({"web": "bridge"})
    text = text_of(new)
    merged(WHOLE, new, ["bridge"], key_of)
    assert (text_of(WHOLE), text_of(new)) == (before, text)


# -- the same ----------------------------------------------------------------------------------------------------------


def test_the_order_of_objects_and_kinds_does_not_matter():
    turned = document(**{kind: rows[::-1] for kind, rows in reversed(WHOLE.document.items()) if kind != "version"})
    assert same(WHOLE, WHOLE._replace(document=turned))
    assert same(WHOLE, WHOLE._replace(document={**WHOLE.document, "route": []}))


@given(any_saved(), st.randoms(use_true_random=False))
def test_any_order_is_the_same(value, random):
    kinds = [(kind, random.sample(rows, len(rows))) for kind, rows in value.document.items() if kind != "version"]
    random.shuffle(kinds)
    assert same(value, value._replace(document=document(**dict(kinds))))


@pytest.mark.parametrize(
    "change", [{"digest": "d2"}, {"date": 1}, {"waiting": []}], ids=lambda change: next(iter(change))
)
def test_what_asks_for_nothing_else_is_the_same(change):
    assert same(WHOLE, WHOLE._replace(**change))


@pytest.mark.parametrize(
    "change",
    [
        {"host": "h2"},
        {"collection": "9.9.9"},
        {"networks": {"web": "bridge"}},
        {"document": document(bridge=[bridge("web", mtu=1400), bridge("fabric")])},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_asks_for_something_else_is_not(change):
    assert not same(WHOLE, WHOLE._replace(**change))
    assert not same(WHOLE, None)
    assert same(None, None)


# -- damage ------------------------------------------------------------------------------------------------------------


def plain() -> dict[str, Any]:
    return json.loads(text_of(WHOLE))


def refused(path: str) -> str:
    with pytest.raises(Problem) as error:
        saved_file.read(path)
    return str(error.value)


def test_where_nothing_is_saved_there_is_none(tmp_path):
    assert saved_file.read(str(tmp_path / "nothing")) is None
    assert saved_file.last_run(str(tmp_path / "nothing")) is None


@pytest.mark.parametrize("content", ["", "{", '{"version": 1', "\0\0\0\0", "[" * 100_000, "nan", '"text"', "[1]", "{}"])
def test_what_is_no_document_is_a_sentence(tmp_path, content):
    path = written(tmp_path / "d", content)
    assert refused(path).startswith(path)
    assert "Run containerhost.network.site for this host" in refused(path)


@pytest.mark.parametrize(
    ("make", "found"),
    [(os.mkdir, "It is a folder"), (os.mkfifo, "It is a pipe"), (lambda path: os.symlink("/", path), "It is a link")],
)
def test_what_is_in_its_place_is_a_sentence(tmp_path, make, found):
    path = str(tmp_path / "d")
    make(path)
    assert refused(path).startswith(f"{path} cannot be read")
    assert found in refused(path)


@pytest.mark.parametrize("version", [0, 2, "1", None, [], 1.5])
def test_another_version_is_refused_whole(tmp_path, version):
    inside = {**plain(), "document": {**plain()["document"], "version": version}}
    for content in ({**plain(), "version": version}, inside):
        text = refused(written(tmp_path / "d", content))
        assert "version" in text or "damaged" in text


def test_another_version_says_which_is_known_and_what_to_do(tmp_path):
    path = written(tmp_path / "d", {**plain(), "version": 7})
    assert refused(path) == (
        f"{path} is of version 7, and this program reads version 1: nothing of it is applied. Run the playbook of the"
        " collection that wrote it, or a newer one"
    )


@pytest.mark.parametrize("version", [0, "1", 1.5, None, [1]])
def test_what_no_version_writes_is_damage(tmp_path, version):
    assert "is damaged (`version`)" in refused(written(tmp_path / "d", {**plain(), "version": version}))
    whole = plain()
    whole["document"]["version"] = version
    assert "is damaged (`document`)" in refused(written(tmp_path / "e", whole))


@pytest.mark.parametrize("name", ["host", "digest", "collection", "date", "networks", "waiting", "document"])
@pytest.mark.parametrize("value", [None, 3.5, [3], {"a": 3}, "absent"])
def test_each_part_that_is_missing_or_of_another_kind_is_named(tmp_path, name, value):
    content = plain()
    if value == "absent":
        del content[name]
    else:
        content[name] = value
    assert f"is damaged (`{name}`)" in refused(written(tmp_path / "d", content))


@pytest.mark.parametrize(
    "rows",
    [
        *(3, "x", None, {}, [3], [{}], [{"network": 3}]),
        [{"network": "web", "sandbox": "shop"}],
        [{"network": "web", "sandbox": {"engine": "docker"}}],
        [{"network": "web", "sandbox": {"engine": 1, "ref": 2}}],
    ],
)
def test_objects_that_are_none_are_damage(tmp_path, rows):
    content = plain()
    content["document"]["veth"] = rows
    assert "is damaged (`document`)" in refused(written(tmp_path / "d", content))


@given(st.data())
def test_whatever_somebody_has_made_of_it_is_read_or_refused_in_a_sentence(tmp_path_factory, data):
    """What is read serves all that is asked of a document before its objects are looked at."""
    content = plain()
    place: Any = content
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(place[key], (dict, list)) and place[key] and data.draw(st.booleans()):
            place = place[key]
            continue
        place[key] = data.draw(VALUES)
        break
    path = written(tmp_path_factory.getbasetemp() / "harmed", content)
    try:
        found = saved_file.read(path)
        assert found is not None
        sandbox_names(found)
    except Problem:
        return
    text_of(found)
    merged(found, found, ["bridge"], key_of)
    assert same(found, found)
    layout.files(found, layout.HostFacts(True, frozenset()), None)
