# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of measurements: medians, which way a ratio goes, and what a missing peer leaves behind."""

from __future__ import annotations

import json

import pytest

from ansible_collections.containerhost.network.bench.results import Row, data, table


def test_a_ratio_is_that_of_the_medians():
    row = Row("attach", "ip", ours=[1.0, 9.0, 2.0], peer=[4.0, 4.0, 400.0], at_most=0.5)
    assert (row.ratio, row.met()) == (0.5, True)


def test_times_faster_turns_the_ratio_round():
    row = Row("attach", "CNI", ours=[1.0], peer=[3.0], speedup=True, at_least=3)
    assert (row.ratio, row.target, row.met()) == (3.0, "≥ 3", True)


@pytest.mark.parametrize(
    ("bound", "ours", "strict", "lenient"),
    [
        ({"at_most": 0.5}, 0.51, False, True),
        ({"at_most": 0.5}, 1.01, False, False),
        ({"at_least": 3}, 2.9, False, True),
        ({"at_least": 3}, 1.4, False, False),
    ],
)
def test_a_quick_run_allows_a_factor_of_two_and_no_more(bound, ours, strict, lenient):
    row = Row("work", "peer", ours=[ours], peer=[1.0], **bound)
    assert (row.met(), row.met(2.0)) == (strict, lenient)


def test_measuring_again_adds_to_what_was_measured():
    row = Row("work", "peer", ours=[9.0], peer=[1.0], at_most=1)
    joined = row.joined(Row("work", "peer", ours=[1.0, 1.0], peer=[1.0, 1.0], at_most=1))
    assert (row.met(), joined.met(), len(joined.ours)) == (False, True, 3)


def test_a_missing_peer_is_said_and_meets_nothing():
    row = Row("attach", "CNI", ours=[1.0], at_most=1, missing="/usr/lib/cni/bridge is not installed")
    assert "missing: /usr/lib/cni/bridge is not installed" in table([row], [])
    (entry,) = json.loads(data([row]))
    assert {"name", "ours", "peer", "ratio", "target", "met"} <= set(entry)
    assert (entry["met"], entry["peer"]) == (None, None)
