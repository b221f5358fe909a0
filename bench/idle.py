# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that finds nothing to do: against one that does nothing."""

from __future__ import annotations

from bench.harness import Scene
from bench.modules import Modules
from bench.results import Row


def rows(modules: Modules, rounds: int) -> list[Row]:
    row = Row("a module that finds nothing to do", "an empty module that imports IPRoute", at_most=1)
    document = {"version": 1, "netns": [{"network": "n0", "name": "c0"}]}
    ours = modules.ours("document", {"document": document})
    empty = modules.script("empty", {"document": document})
    with Scene() as scene:
        ours(scene)
        empty(scene)
        for _number in range(rounds):
            row.add(ours(scene), empty(scene))
    return [row]
