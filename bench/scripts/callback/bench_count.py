# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts what a play does on each host, for a play of empty tasks to do as much: into $BENCH_COUNT, as JSON."""

from __future__ import annotations

import json
import os
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: bench_count
type: aggregate
short_description: Counts tasks and modules a host
description: For the measurements of this collection's own development.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "bench_count"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[str, list[str]] = {}

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._count(result, "module" if "invocation" in result._result else "action")

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._count(result, "failed")

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._count(result, "failed")

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._count(result, "action")

    def _count(self, result: t.Any, what: str) -> None:
        self._seen.setdefault(result._host.get_name(), []).append(what)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        with open(os.environ["BENCH_COUNT"], "w", encoding="utf-8") as file:
            json.dump(self._seen, file)
