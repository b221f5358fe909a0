# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A diff of many objects: counts by network and kind, and a first example of each."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.plugin_utils.run import shown_diff


def added(kind, number, network):
    header = f"{kind} {number} ({network})"
    return {"before_header": f"{header}: absent", "after_header": header, "before": "", "after": "present\n"}


LOST = [
    {"before_header": "vxlan v (fabric)", "after_header": "vxlan v (fabric) (re-created)", "before": "", "after": ""},
    *(added("vxlan_fdb", number, "fabric") for number in range(538)),
    *(added("neighbour", number, "fabric") for number in range(538)),
    {"before_header": "veth a (web)", "after_header": "veth a (web): absent", "before": "x\n", "after": ""},
    {"before_header": "file /etc/x: absent", "after_header": "file /etc/x", "before": "", "after": "x\n"},
]


def shown(diffs, hosts=50, known=()):
    claimed = set(known)
    return shown_diff.shown(diffs, hosts, lambda group: not (group in claimed or claimed.add(group)))


def test_few_objects_are_shown_as_they_are():
    assert shown(LOST[:4], hosts=50) == LOST[:4]
    assert shown(LOST[:60], hosts=3) == LOST[:60]
    assert shown(LOST[:2], hosts=10000) == LOST[:2]


def test_many_are_counted_with_a_first_example_of_each_sort():
    told, *examples = shown(LOST)
    assert told["prepared"] == (
        "1079 objects (-v shows each), of the host: added 1 file; fabric: re-created 1 vxlan, added 538 vxlan_fdb,"
        " 538 neighbour; web: removed 1 veth\n"
    )
    assert examples == [LOST[0], LOST[1], LOST[539], LOST[-2], LOST[-1]]


def test_what_another_host_has_shown_is_only_counted():
    known = {"fabric added vxlan_fdb", "fabric added neighbour"}
    assert [each["after_header"] for each in shown(LOST, known=known)[1:]] == [
        "vxlan v (fabric) (re-created)",
        "veth a (web): absent",
        "file /etc/x",
    ]


def ledger(*entries):
    return "\n".join(["{", *(f'"{entry}": {{}},' for entry in entries), "}\n"])


def test_a_short_diff_of_the_ledger_is_whole():
    before, after = ledger("networks/a"), ledger("networks/a", "networks/b")
    expected = {"before": before, "after": after, "before_header": "x", "after_header": "x"}
    assert shown_diff.of_ledger("x", before, after, whole=False) == expected


def test_of_a_long_one_the_first_of_each_sort_is_shown():
    after = ledger(*(f"slices/web/h{number:02}" for number in range(50)), "networks/web")
    assert shown_diff.of_ledger("x", ledger("networks/old"), after, whole=False)["prepared"] == (
        'x (-v shows each):\n+"slices/web/h00": {}  and 49 more slices\n+"networks/web": {}\n-"networks/old": {}\n'
    )
    assert "prepared" not in shown_diff.of_ledger("x", "", after, whole=True)


def test_a_host_that_has_the_same_as_another_one_says_so():
    assert shown_diff.shown(LOST, 50, lambda group: False, lambda counts: "h3") == [
        {"prepared": "1079 objects, as on h3\n"}
    ]
