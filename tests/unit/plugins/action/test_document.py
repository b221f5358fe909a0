# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.containerhost.network.plugins.action.document import _warned

WAITING = {
    "network": "web", "sandbox": {"engine": "docker", "ref": "db"}, "interface": "eth0",
    "reason": "docker container db is not running on this host: start it, then run again",
}  # fmt: skip


def test_a_container_that_is_pending_is_a_warning_and_no_failure():
    answer = _warned({"changed": True, "pending": [WAITING], "warnings": ["another"]}, "h1")
    assert answer["warnings"] == ["another", f"h1: {WAITING['reason']}. Pending until then: db (web)."]
    assert "failed" not in answer


def test_without_one_the_answer_is_as_it_was():
    for answer in ({"changed": True, "pending": []}, {"failed": True, "msg": "no"}, {"skipped": True}):
        assert _warned(answer, "h1") == answer
