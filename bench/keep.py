# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Between two runs: what the program ``containerhost`` takes for what a run has made, against that run."""

from __future__ import annotations

import json
import typing as t

from bench import documents
from bench.harness import Failed, Sample, Scene
from bench.modules import HOST_PYTHON, SCRIPTS, Modules
from bench.results import Row

PROGRAM = "/usr/local/sbin/containerhost"
_CHECK_SECONDS = 3.0
_ATTACH_SECONDS = 0.3
# The machine's own /etc and /usr/local stay as they are.
_OWN_FILES = """
mkdir /run/files
mount -t tmpfs bench /run/files
for each in etc usr/local; do
    mkdir -p /run/files/$each/upper /run/files/$each/work
    mount -t overlay bench -o lowerdir=/$each,upperdir=/run/files/$each/upper,workdir=/run/files/$each/work /$each
done
"""


def rows(modules: Modules, count: int, rounds: int) -> list[Row]:
    table = {
        "restore": Row(f"restore {count}", "their first run", at_most=1),
        "check": Row(f"containerhost check, {count} as saved", "a limit", at_most=1),
        "attach": Row(f"containerhost attach, 1 of {count} that has started", "a limit", at_most=1),
        "kept": Row(f"{count} again, with the host's files kept", "the same without", at_most=1.1),
    }
    for _number in range(rounds):
        _round(modules, table, count)
    return list(table.values())


def _round(modules: Modules, table: dict[str, Row], count: int) -> None:
    document = documents.attached(count)
    networks = {f"n{number}": "bridge" for number in range(documents.BRIDGES)}
    save = {"enabled": True, "host": "h1", "digest": "bench", "networks": networks, "drivers": None}
    keeping = {"document": document, "save": {**save, "metrics_folder": None}}
    with Scene() as scene:
        scene.sh(_OWN_FILES)
        scene.run([HOST_PYTHON, str(SCRIPTS / "sandboxes.py"), "quiet"])
        first = modules.ours("document", keeping)(scene)
        kept, without = modules.ours("document", keeping), modules.ours("document", {"document": document})
        table["kept"].add(kept(scene), without(scene))
        check = scene.run([PROGRAM, "check"])
        _limited(table["check"], check, _CHECK_SECONDS)
        if check.output != "as saved\n":
            raise Failed(f"it is not as saved: {check.output[:300]}")
        middle = documents.endpoints(count)[count // 2]
        scene.run(["ip", "link", "del", middle.host_end])
        _limited(table["attach"], scene.run([PROGRAM, "attach", middle.sandbox]), _ATTACH_SECONDS)
        # As after a reboot: nothing is left in the kernel, and the document is there.
        modules.ours("document", {"document": {"version": 1}, "remove": ["*"]})(scene)
        restored = scene.run([PROGRAM, "restore", "--json"])
        table["restore"].add(restored, first)
        made, wanted = json.loads(restored.output)["counts"]["added"], sum(map(len, _kinds(document)))
        if made != wanted:
            raise Failed(f"{made} objects of {wanted} were restored")


def _kinds(document: documents.Document) -> t.Iterator[list[t.Any]]:
    return (rows for kind, rows in document.items() if kind != "version")


def _limited(row: Row, sample: Sample, seconds: float) -> None:
    row.add(sample)
    row.peer.append(seconds)
