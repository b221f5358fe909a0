# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Borrow
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import attachments
from ansible_collections.containerhost.network.plugins.module_utils.state.lock import lock
from ansible_collections.containerhost.network.plugins.module_utils.state.records import CannotNote, Records

KEY = "net/ipv4/conf/eth0/forwarding"
ANYWHERE = "/run/netns/shop"


def borrow(owner: str, key: str = KEY, netns: str | None = None, guard=("borrowed4", "eth0")) -> Borrow:
    return Borrow(netns, key, "1", owner, "forwarding", guard)


@pytest.fixture
def path(tmp_path) -> Iterator[str]:
    """Whoever writes records holds the lock, which makes their folder and takes it away."""
    with lock(str(tmp_path / "containerhost")):
        yield str(tmp_path / "containerhost" / "records.json")


def test_what_it_was_before_is_noted_once(path):
    records = Records(path)
    records.borrow(borrow("plan/web"), "0")
    records.borrow(borrow("plan/fabric"), "1")
    records.borrow(borrow("plan/web"), "1")
    assert records.loan(None, KEY) == {
        "before": "0",
        "value": "1",
        "owners": ["plan/fabric", "plan/web"],
        "kind": "forwarding",
        "guard": ["borrowed4", "eth0"],
    }


def test_a_setting_is_given_back_when_its_last_holder_lets_go(path):
    records = Records(path)
    records.borrow(borrow("plan/web"), "0")
    records.borrow(borrow("plan/fabric"), "1")
    assert records.give_back(None, KEY, "plan/web") is None
    assert records.give_back(None, KEY, "plan/nobody") is None
    assert records.give_back(None, KEY, "plan/fabric")["before"] == "0"
    assert records.give_back(None, KEY, "plan/fabric") is None


def test_what_a_setting_becomes_when_it_is_given_back_may_change_meanwhile(path):
    records = Records(path)
    assert records.returns_to(None, KEY, "2") is False
    records.borrow(borrow("plan/web"), "0")
    assert records.returns_to(None, KEY, "2") is True
    assert records.give_back(None, KEY, "plan/web")["before"] == "2"


def test_the_same_setting_in_another_namespace_is_another(path):
    records = Records(path)
    records.borrow(borrow("plan/web"), "0")
    records.borrow(borrow("plan/web", netns=ANYWHERE), "7")
    assert set(records.borrowed()) == {(None, KEY), (ANYWHERE, KEY)}
    assert records.give_back(ANYWHERE, KEY, "plan/web")["before"] == "7"
    assert set(records.borrowed()) == {(None, KEY)}


def test_what_was_saved_is_there_for_the_next_run(path):
    records = Records(path)
    records.borrow(borrow("plan/web"), "0")
    records.set_owner("route", (None, "10.0.0.0/8", 0, 254), "plan/web")
    records.set_digest(None, "abc")
    records.note_places(["/run/netns", "/run/netns/shop"])
    records.save()
    again = Records(path)
    assert again.borrowed() == records.borrowed()
    assert again.owner("route", (None, "10.0.0.0/8", 0, 254)) == "plan/web"
    assert again.digest(None) == "abc"
    assert again.places() == ["/run/netns", "/run/netns/shop"]
    again.forget_places(["/run/netns/shop", "/run/other"])
    assert again.places() == ["/run/netns"]


def test_the_file_goes_with_its_last_entry_and_its_folder_too(tmp_path):
    path = str(tmp_path / "containerhost" / "records.json")
    with lock(str(tmp_path / "containerhost")):
        records = Records(path)
        records.set_owner("route", ("a",), "task")
        records.save()
    assert Path(path).exists()
    with lock(str(tmp_path / "containerhost")):
        records.set_owner("route", ("a",), None)
        records.save()
    assert not Path(path).parent.exists()


def test_nothing_is_written_when_nothing_was_noted(path):
    Records(path).save()
    assert not Path(path).exists()


def test_a_new_file_replaces_the_old_one_whole(path):
    records = Records(path)
    records.set_digest(None, "abc")
    records.save()
    before = Path(path).stat().st_ino
    records.set_digest(None, "def")
    records.save()
    assert Path(path).stat().st_ino != before
    assert sorted(entry.name for entry in Path(path).parent.iterdir()) == ["lock", "records.json"]
    assert Path(path).stat().st_mode & 0o777 == 0o600


LOAN = {"before": "0", "value": "1", "owners": ["task"], "kind": "sysctl", "guard": None}


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "",
        "[" * 100_000,
        '{"version": 2}',
        "null",
        "[]",
        '"records"',
        "1",
        "{}",
        *(
            json.dumps({"version": 1, **part})
            for part in (
                {"borrowed": None},
                {"borrowed": [LOAN]},
                {"borrowed": {f" {KEY}": None}},
                {"borrowed": {f" {KEY}": {}}},
                {"borrowed": {"": LOAN}},
                {"borrowed": {" ../../etc/passwd": LOAN}},
                {"borrowed": {f" {KEY}": {**LOAN, "owners": None}}},
                {"borrowed": {f" {KEY}": {**LOAN, "owners": [["task"]]}}},
                {"borrowed": {f" {KEY}": {**LOAN, "before": 0}}},
                {"borrowed": {f" {KEY}": {**LOAN, "guard": ["borrowed4"]}}},
                {"borrowed": {f" {KEY}": {**LOAN, "guard": "ab"}}},
                {"owners": []},
                {"owners": {"route": None}},
                {"owners": {"route": ["task"]}},
                {"owners": {"route": {"10.0.0.0/8": "task"}}},
                {"owners": {"route": {"[]": "task"}}},
                {"owners": {"route": {"{}": "task"}}},
                {"owners": {"route": {"[null, []]": "task"}}},
                {"owners": {"route": {"[null]": 7}}},
                {"digests": "abc"},
                {"digests": {"": None}},
                {"folders": {}},
                {"folders": [1]},
                {"folders": None},
            )
        ),
    ],
    ids=lambda content: content[:60] or "empty",
)
def test_a_file_that_it_cannot_read_is_a_sentence(path, content):
    Path(path).write_text(content)
    with pytest.raises(Problem, match=r"records\.json"):
        Records(path)


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {"version": st.just(1)},
        optional={
            "borrowed": st.dictionaries(st.just(f" {KEY}") | st.text(max_size=5), SHAPES | st.just(LOAN), max_size=2),
            "owners": st.dictionaries(st.text(max_size=3), st.dictionaries(st.text(max_size=5), SHAPES, max_size=2)),
            "digests": SHAPES,
            "folders": SHAPES,
        },
    )
)
def test_whatever_the_file_says_it_is_a_sentence_or_can_be_used(content):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/records.json"
        Path(path).write_text(json.dumps(content))
        try:
            records = Records(path)
        except Problem as error:
            assert "records.json" in str(error)
            return
        for (netns, key), loan in records.borrowed().items():
            for owner in list(loan["owners"]):
                records.give_back(netns, key, owner)
        for kind in content.get("owners", {}):
            for key, _owner in records.owners_of(kind):
                hash(key)
        records.forget_inside({"/run/netns/x"})
        records.forget_places(records.places())
        assert records.digest(None) is None or isinstance(records.digest(None), str)
        records.save()


@pytest.mark.parametrize("made", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_what_is_no_file_is_a_sentence_at_once(path, made):
    made(path)
    with pytest.raises(Problem, match=r"records\.json cannot be read"):
        Records(path)


@pytest.mark.parametrize("made", [os.mkdir, lambda path: os.mkdir(f"{path}.new")])
def test_what_cannot_be_written_is_a_sentence_and_is_not_thought_to_be(path, made):
    records = Records(path)
    records.set_digest(None, "abc")
    made(path)
    for _again in range(2):
        with pytest.raises(CannotNote, match=r"records\.json cannot be written \(Is a directory\)"):
            records.save()


keys = st.sampled_from((KEY, "net/ipv6/conf/all/forwarding", "net/ipv4/conf/ch-a.b/rp_filter"))
owners = st.sampled_from(("plan/web", "plan/web2", "task"))
namespaces = st.sampled_from((None, ANYWHERE, "/run/netns/with space"))


@given(st.lists(st.tuples(st.booleans(), namespaces, keys, owners), max_size=20), st.sampled_from("012"))
def test_whoever_borrows_and_returns_in_whatever_order_it_is_as_before_in_the_end(history, before):
    """Against a world where a loan sets the value, and the end of a loan restores it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(f"{folder}/own").mkdir()
        records = Records(f"{folder}/own/records.json")
        kernel = {(netns, key): before for _lend, netns, key, _owner in history}
        for lend, netns, key, owner in history:
            if lend:
                records.borrow(borrow(owner, key, netns), kernel[netns, key])
                kernel[netns, key] = "1"
            else:
                loan = records.give_back(netns, key, owner)
                kernel[netns, key] = loan["before"] if loan else kernel[netns, key]
            records.save()
            records = Records(f"{folder}/own/records.json")
            assert all((kernel[place] == "1") or (place not in records.borrowed()) for place in kernel)
        for (netns, key), loan in records.borrowed().items():
            for owner in loan["owners"]:
                last = records.give_back(netns, key, owner)
                kernel[netns, key] = last["before"] if last else kernel[netns, key]
        records.save()
        assert set(kernel.values()) <= {before}
        assert list(Path(f"{folder}/own").iterdir()) == []


@pytest.mark.parametrize("version", ["absent", 0, -1, "1", "2", 1.5, None, [1], {"major": 1}])
@pytest.mark.parametrize("read", [Records, attachments.read])
def test_what_no_version_writes_is_damage_and_what_a_newer_one_writes_is_not(tmp_path, version, read):
    path = tmp_path / "file.json"
    path.write_text(json.dumps({"attachments": []} if version == "absent" else {"attachments": [], "version": version}))
    with pytest.raises(Problem, match="is damaged|cannot be read"):
        read(str(path))
    path.write_text('{"version": 2, "attachments": {}}')
    with pytest.raises(Problem, match="written by a newer version of this collection; upgrade this one"):
        read(str(path))
