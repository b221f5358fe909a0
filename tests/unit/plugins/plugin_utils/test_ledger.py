# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime
import json
import os
import stat
from dataclasses import replace

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import (
    EndpointEntry,
    KeyEntry,
    Ledger,
    NetworkEntry,
    SliceEntry,
)

LEDGER = Ledger(
    networks={"fabric": NetworkEntry("overlay"), "office": NetworkEntry("bridge", ("10.64.0.0/24",), "2026-10-01")},
    slices={("fabric", "h1"): SliceEntry(("10.42.0.0/24", "fd00:42::/64"))},
    endpoints={
        ("fabric", "h1", "shop"): EndpointEntry(("10.42.0.2", "fd00:42::2"), "eth0"),
        ("office", "h1", "old"): EndpointEntry(("10.64.0.2",), "eth0", "2026-10-01"),
        ("lan", "*", "printer"): EndpointEntry(("192.168.7.130",), "lan0", "2026-11-01"),
    },
    salts={"mac/fabric/h1/shop": 1},
    keys={("vault", "h1"): KeyEntry("ch-vault", "yHcRHtx1qSLKxbCRNvoL0iROyTo1LZSiWnSXbDj2lEA=")},
)

# The format, version 1. Users keep it in git: a change needs a new version and a migration.
TEXT = """{
"containerhost.ledger": 1,
"endpoints/fabric/h1/shop": {"addresses": ["10.42.0.2", "fd00:42::2"], "interface": "eth0"},
"endpoints/lan/*/printer": {"addresses": ["192.168.7.130"], "interface": "lan0", "absent_since": "2026-11-01"},
"endpoints/office/h1/old": {"addresses": ["10.64.0.2"], "interface": "eth0", "absent_since": "2026-10-01"},
"keys/vault/h1": {"device": "ch-vault", "public_key": "yHcRHtx1qSLKxbCRNvoL0iROyTo1LZSiWnSXbDj2lEA="},
"networks/fabric": {"driver": "overlay"},
"networks/office": {"driver": "bridge", "subnets": ["10.64.0.0/24"], "absent_since": "2026-10-01"},
"salts/mac/fabric/h1/shop": 1,
"slices/fabric/h1": {"slices": ["10.42.0.0/24", "fd00:42::/64"]},
"~": "sorted, one entry a line; every line but this one ends in a comma"
}
"""


def test_the_format_is_like_this_for_ever():
    assert ledgers.render(LEDGER) == TEXT
    assert ledgers.parse(TEXT, "x") == LEDGER


def test_it_is_json():
    assert json.loads(TEXT)["containerhost.ledger"] == 1


SALT = '"salts/mac/fabric/h1/shop": 1'
SALTS_THAT_ARE_NONE = ("Infinity", "1.5", '"1"', "true")


def test_an_empty_ledger_reads_back():
    assert ledgers.parse(ledgers.render(Ledger()), "x") == Ledger()


def test_an_entry_more_is_a_line_more():
    more = replace(LEDGER, slices={**LEDGER.slices, ("web", "zz"): SliceEntry(("10.80.0.0/24",))})
    before, after = (set(ledgers.render(each).splitlines()) for each in (LEDGER, more))
    assert len(after - before) == 1
    assert not before - after


def test_lines_in_another_order_as_merges_leave_them_are_read():
    lines = TEXT.splitlines()
    shuffled = [lines[0], *reversed(lines[1:-2]), *lines[-2:]]
    assert ledgers.parse("\n".join(shuffled), "x") == LEDGER


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (TEXT.replace('"networks/fabric"', '<<<<<<< HEAD\n"networks/fabric"'), "conflict markers"),
        (TEXT.replace('"slices', '>>>>>>> theirs\n"slices'), "conflict markers"),
        (TEXT[:200], "can't be read"),
        ("", "can't be read"),
        ("[]", "is not a ledger"),
        ("{}", "is not a ledger"),
        (TEXT.replace('ledger": 1', 'ledger": 2'), "has the format 2, and this collection knows 1"),
        (TEXT.replace('ledger": 1', 'ledger": "1"'), "is damaged: its format is '1'"),
        (TEXT.replace('ledger": 1', 'ledger": 0'), "is damaged: its format is 0"),
        (TEXT.replace('"networks/office"', '"networks/fabric"'), "the entry 'networks/fabric' is there twice"),
        (TEXT.replace('"networks/office"', '"netwroks/office"'), "makes no sense, 'netwroks/office'"),
        (TEXT.replace('"slices/fabric/h1"', '"slices/fabric"'), "makes no sense, 'slices/fabric'"),
        (TEXT.replace('"driver": "overlay"', '"colour": "red"'), "makes no sense, 'networks/fabric'"),
        (TEXT.replace('"10.42.0.2"', '"10.42.0"'), "'10.42.0'"),
        (TEXT.replace('["10.42.0.0/24", "fd00:42::/64"]', '["10.42.0.1/24"]'), "'10.42.0.1/24'"),
        (TEXT.replace('["10.64.0.0/24"]', '"10.64.0.0/24"'), "makes no sense, 'networks/office'"),
        (TEXT.replace("2026-10-01", "yesterday"), "makes no sense"),
        *((TEXT.replace(SALT, SALT[:-1] + salt), "makes no sense, 'salts/") for salt in SALTS_THAT_ARE_NONE),
    ],
)
def test_what_is_no_ledger_is_refused_in_one_sentence(text, reason):
    with pytest.raises(Refusal) as refusal:
        ledgers.parse(text, "/srv/containerhost.ledger")
    assert reason in refusal.value.what
    assert "/srv/containerhost.ledger" in refusal.value.what
    assert "\n" not in refusal.value.what


def test_no_file_is_an_empty_ledger(tmp_path):
    assert ledgers.load(str(tmp_path / "none")) == Ledger()


def test_a_saved_ledger_is_loaded_again_and_nothing_else_is_left_lying_about(tmp_path):
    path = tmp_path / "containerhost.ledger"
    with ledgers.locked(str(path)):
        ledgers.save(LEDGER, str(path))
    assert ledgers.load(str(path)) == LEDGER
    assert os.listdir(tmp_path) == ["containerhost.ledger"]


@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_the_file_s_mode_stays(tmp_path, mode):
    path = tmp_path / "containerhost.ledger"
    path.write_text(TEXT)
    path.chmod(mode)
    ledgers.save(Ledger(), str(path))
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_new_file_s_mode_is_by_umask(tmp_path):
    path = tmp_path / "containerhost.ledger"
    before = os.umask(0o027)
    try:
        ledgers.save(LEDGER, str(path))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_to_the_ledger_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "fleet.ledger", tmp_path / "containerhost.ledger"
    target.write_text(ledgers.render(Ledger()))
    link.symlink_to(target)
    ledgers.save(LEDGER, str(link))
    assert link.is_symlink()
    assert ledgers.load(str(target)) == LEDGER


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "containerhost.ledger"
    path.write_text(TEXT)

    def fail(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(Refusal, match="No space left on device"):
        ledgers.save(Ledger(), str(path))
    assert path.read_text() == TEXT
    assert os.listdir(tmp_path) == ["containerhost.ledger"]


def test_a_directory_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Refusal, match="can't be opened"), ledgers.locked(str(tmp_path / "none" / "x")):
        pass


def test_a_second_run_waits_for_the_first(tmp_path):
    path = str(tmp_path / "containerhost.ledger")
    reader, writer = os.pipe()
    with ledgers.locked(path):
        child = os.fork()
        if not child:
            with ledgers.locked(path):
                os.write(writer, b"b")
            os._exit(0)
        os.write(writer, b"a")
    os.waitpid(child, 0)
    assert os.read(reader, 2) == b"ab"


class TestRelease:
    def test_everything_absent_goes_and_nothing_else(self):
        after, released = ledgers.release(LEDGER)
        assert released == ["endpoints/lan/*/printer", "endpoints/office/h1/old", "networks/office"]
        assert after == Ledger(
            {"fabric": NetworkEntry("overlay")},
            LEDGER.slices,
            {("fabric", "h1", "shop"): LEDGER.endpoints["fabric", "h1", "shop"]},
            LEDGER.salts,
            keys=LEDGER.keys,
        )

    def test_by_network(self):
        assert ledgers.release(LEDGER, networks=("office",))[1] == ["endpoints/office/h1/old", "networks/office"]

    def test_by_host(self):
        assert ledgers.release(LEDGER, hosts=("h1",))[1] == ["endpoints/office/h1/old"]

    def test_by_container(self):
        assert ledgers.release(LEDGER, containers=("printer",))[1] == ["endpoints/lan/*/printer"]

    def test_criteria_narrow_each_other(self):
        assert ledgers.release(LEDGER, networks=("office",), containers=("printer",))[1] == []

    def test_by_age_the_day_itself_included(self):
        day = datetime.date(2026, 10, 1)
        assert "networks/office" in ledgers.release(LEDGER, older_than=day)[1]
        assert ledgers.release(LEDGER, older_than=day - datetime.timedelta(days=1))[1] == []

    def test_again_is_nothing(self):
        after = ledgers.release(LEDGER, networks=("office",))[0]
        assert ledgers.release(after, networks=("office",)) == (after, [])

    def test_what_is_in_the_inventory_is_not_released(self):
        with pytest.raises(Refusal, match="networks/fabric is still in the inventory|fabric/h1"):
            ledgers.release(LEDGER, networks=("fabric",))
