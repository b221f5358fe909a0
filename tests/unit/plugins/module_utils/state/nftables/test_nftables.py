# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import NftElement
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import nft_derived, nftables
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_listing import read
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nftables import (
    NftTable,
    after,
    transaction,
)

MARK = "containerhost:plan/web"
THERE = NftTable(True, True, {"ours": {"ch-web": (None, MARK)}, "publish4": {"tcp . 80": ("10.0.0.2 . 80", MARK)}})
ADD = NftElement(None, "publish4", "tcp . 81", "10.0.0.3 . 81", MARK)
DELETE = NftElement(None, "publish4", "tcp . 80", None, "", True)


def commands(table: NftTable, steps: list[NftElement]) -> str:
    return transaction(table, steps, after(table, steps))


def test_an_intact_table_gets_elements_and_no_frame():
    rows = commands(THERE, [ADD]).splitlines()
    assert (
        'add element inet containerhost publish4 { tcp . 81 comment "containerhost:plan/web" : 10.0.0.3 . 81 }'
    ) in rows
    assert all(row.split()[1] == "element" for row in rows)


def test_elements_of_one_set_go_together():
    text = commands(THERE, [ADD, ADD._replace(key="tcp . 82")])
    assert text.count("add element inet containerhost publish4 ") == 1


def test_deletes_come_before_adds():
    """An element's value is changed by taking it out and putting it in."""
    lines = commands(THERE, [ADD, DELETE]).splitlines()
    words = [line.split()[0] for line in lines]
    assert words == sorted(words, reverse=True)
    assert [line.split()[0] for line in lines if "publish4" in line] == ["delete", "add"]


def test_a_missing_table_is_made_first():
    text = commands(NftTable(False, False, {}), [ADD])
    assert text.index("table inet containerhost {") < text.index("add element")
    assert "delete table" not in text


def test_a_damaged_table_is_recreated_with_all_that_was_in_it():
    lines = commands(THERE._replace(intact=False), [ADD])
    assert lines.startswith("delete table inet containerhost")
    assert '"ch-web" comment' in lines
    assert "tcp . 80 comment" in lines


@pytest.mark.parametrize("name", ["ch-web", "timeout", "and", "10.0.0.0", "a#b", "x;y"])
def test_a_devices_name_is_never_one_of_nfts_words(name):
    text = commands(THERE, [NftElement(None, "accepted", f"{name} . {name}", None, MARK)])
    assert f'{{ "{name}" . "{name}" comment' in text


def test_the_table_after_is_the_one_before_with_the_steps_done():
    table = after(THERE, [ADD, DELETE, NftElement(None, "guarded", "ch-web", None, MARK)])
    elements = {
        "ours": {"ch-web": (None, MARK)},
        "publish4": {"tcp . 81": ("10.0.0.3 . 81", MARK)},
        "guarded": {"ch-web": (None, MARK)},
    }
    assert table == NftTable(True, True, elements, followed=nft_derived.derived(elements))
    assert "tcp . 80" in THERE.elements["publish4"]


def test_an_element_that_is_changed_is_there_afterwards():
    again = DELETE._replace(value="10.0.0.9 . 9", comment=MARK, delete=False)
    assert after(THERE, [again, DELETE]).elements["publish4"]["tcp . 80"] == ("10.0.0.9 . 9", MARK)


TABLE = """table inet containerhost {{
    set ours {{
        type ifname{elements}
    }}

    chain leaving {{
        {rule}
    }}
}}
""".replace("    ", "\t")  # as nft writes it
WITH = '\n\t\telements = { "ch-web" comment "containerhost:plan/web" }'


def test_the_digest_sees_rules_and_no_elements():
    def digest(rule: str = "accept", elements: str = "", family: str = "inet") -> str:
        return nftables._digest({family: read(TABLE.format(rule=rule, elements=elements))})

    assert digest() == digest(elements=WITH) == digest(elements=WITH.replace(" }", ',\n\t\t\t     "ch-b" }'))
    assert len({digest(), digest("drop"), digest(family="bridge")}) == 3


@pytest.mark.parametrize(
    ("name", "there", "needed", "enough"),
    [
        ("taken", ["tcp . 80-82"], ["tcp . 80", "tcp . 82"], True),
        ("taken", ["tcp . 80-82", "udp . 53"], ["tcp . 80-82"], True),
        ("taken", ["tcp . 80-82"], ["tcp . 80-83"], False),
        ("taken", ["tcp . 80-82"], ["udp . 81"], False),
        ("taken", ["tcp . 1-9", "tcp . 80-82", "tcp . 90"], ["tcp . 1-9", "tcp . 81-82"], True),
        ("taken", ["tcp . 1-9", "tcp . 80-82", "tcp . 90"], ["tcp . 9-10"], False),
        ("taken", ["tcp . 80-82", "tcp . 84-89"], ["tcp . 79"], False),
        ("owned6", ["fd00::2 . tcp . 80"], [], True),
        ("owned6", ["fd00::2 . tcp . 80"], ["fd00::3 . tcp . 80"], False),
        ("inside4", ["10.0.0.0/8", "10.1.0.0/16"], ["10.0.0.0/8"], False),
    ],
)
def test_too_much_is_as_good_as_enough_only_where_it_lets_nobody_in(name, there, needed, enough):
    assert nft_derived.is_enough(name, {*there}, {*needed}) is enough
