# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import multiprocessing
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Borrow
from ansible_collections.containerhost.network.plugins.module_utils.state import records as records_module
from ansible_collections.containerhost.network.plugins.module_utils.state.records import Records, lock

KEY = "net/ipv4/conf/eth0/forwarding"
ANYWHERE = "/run/netns/shop"


def borrow(owner: str, key: str = KEY, netns: str | None = None, guard=("borrowed4", "eth0")) -> Borrow:
    return Borrow(netns, key, "1", owner, "forwarding", guard)


@pytest.fixture
def path(tmp_path) -> str:
    return str(tmp_path / "containerhost" / "records.json")


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


def test_the_file_goes_with_its_last_entry_and_its_folder_too(path):
    records = Records(path)
    records.set_owner("route", ("a",), "task")
    records.save()
    assert Path(path).exists()
    records.set_owner("route", ("a",), None)
    records.save()
    assert not Path(path).parent.exists()


def test_nothing_is_written_when_nothing_was_noted(path):
    Records(path).save()
    assert not Path(path).parent.exists()


def test_a_new_file_replaces_the_old_one_whole(path):
    records = Records(path)
    records.set_digest(None, "abc")
    records.save()
    before = Path(path).stat().st_ino
    records.set_digest(None, "def")
    records.save()
    assert Path(path).stat().st_ino != before
    assert [entry.name for entry in Path(path).parent.iterdir()] == ["records.json"]


@pytest.mark.parametrize("content", ["{", "", '{"version": 2}'])
def test_a_file_that_it_cannot_read_is_a_sentence(path, content):
    Path(path).parent.mkdir()
    Path(path).write_text(content)
    with pytest.raises(Problem, match=r"records\.json"):
        Records(path)


keys = st.sampled_from((KEY, "net/ipv6/conf/all/forwarding", "net/ipv4/conf/ch-a.b/rp_filter"))
owners = st.sampled_from(("plan/web", "plan/web2", "task"))
namespaces = st.sampled_from((None, ANYWHERE, "/run/netns/with space"))


@given(st.lists(st.tuples(st.booleans(), namespaces, keys, owners), max_size=20), st.sampled_from("012"))
def test_whoever_borrows_and_returns_in_whatever_order_it_is_as_before_in_the_end(history, before):
    """Against a world where a loan sets the value, and the end of a loan restores it."""
    with tempfile.TemporaryDirectory() as folder:
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
        assert not Path(f"{folder}/own").exists()


# -- one run at a time ----------------------------------------------------------------------------------------------


def _hold(folder, ready, release) -> None:
    with lock(folder):
        ready.set()
        release.wait(20)


def test_a_second_run_waits_for_the_first(tmp_path):
    fork = multiprocessing.get_context("fork")
    ready, release = fork.Event(), fork.Event()
    first = fork.Process(target=_hold, args=(str(tmp_path), ready, release))
    first.start()
    ready.wait(20)
    timer = threading.Timer(0.2, release.set)
    timer.start()
    with lock(str(tmp_path)):
        assert release.is_set()
    first.join()
    timer.join()
    assert list(tmp_path.iterdir()) == []


def test_a_run_does_not_wait_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(records_module, "_LOCK_SECONDS", 0)
    with lock(str(tmp_path)), pytest.raises(Problem, match="another run"), lock(str(tmp_path)):
        pass
