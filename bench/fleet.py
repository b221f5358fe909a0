# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a large fleet, by itself: is it linear, what does it weigh."""

from __future__ import annotations

import json
import subprocess
import sys

from bench.harness import CLEAN, Failed
from bench.modules import SCRIPTS, Modules
from bench.results import Row

CONTAINERS = 20


def rows(modules: Modules, hosts: int, rounds: int) -> list[Row]:
    """A fleet of so many hosts against a tenth of them: ten times is linear, and what caches cannot hold comes on top.

    That nothing is done more often than ten times is a unit test's: it counts calls, which a clock cannot.
    """
    few = f"{hosts // 10} hosts"
    table = {
        "plan": Row(f"plan of {hosts} hosts × {CONTAINERS} containers, nothing in the ledger", few),
        "again": Row(f"plan of {hosts} hosts × {CONTAINERS} containers again", few),
        "memory": Row(f"plan of {hosts} hosts × {CONTAINERS} containers: peak memory", few, unit="MiB"),
        "render_one": Row(f"one host's document as text, of {hosts} peers", few, unit="s"),
        "document": Row(f"one host's document, of {hosts} peers: size", few, unit="kB"),
        "ledger": Row(f"the ledger of {hosts} hosts × {CONTAINERS} containers", few, unit="kB"),
    }
    for _number in range(rounds):
        for count, side in ((hosts, "ours"), (hosts // 10, "peer")):
            for name, value in _measure(modules, count).items():
                if name in table:
                    getattr(table[name], side).append(value / 1000 if table[name].unit == "kB" else value)
    return list(table.values())


def _measure(modules: Modules, hosts: int) -> dict[str, float]:
    answer = subprocess.run(
        [modules.python, str(SCRIPTS / "plan.py"), str(hosts), str(CONTAINERS)],
        env={**CLEAN, "PYTHONPATH": str(modules.path), "PYTHONPYCACHEPREFIX": str(modules.work / "pycache")},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise Failed(answer.stderr[-1000:])
    print(f"bench: {hosts} hosts: {answer.stdout.strip()}", file=sys.stderr)
    return json.loads(answer.stdout)
