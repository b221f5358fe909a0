# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run has done on each host: notes in the plan's folder, from which the run's summary is made at its end.

Hosts are worked on in processes of their own, which share only files. ``progress.py`` has what decides what a run does;
these notes are for people, and go when the fleet is planned again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import shape
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.shims import ENGINE

FOLDER = "run"
ENDED, LOST, CLAIMED, TOLD = "ended", "lost", "claimed", "told"
_COUNTS = ("added", "changed", "recreated", "removed")


def of_result(result: Mapping[str, Any]) -> dict[str, Any]:
    """What an answer of module C(document) says of its host.

    ``state``: made, lacking (a library), failed or unreachable; ``counts``: objects by what was done to them;
    ``pending``: containers that wait; ``lacks``, ``installed``: packages, in words.
    """
    state = "made"
    if result.get("unreachable"):
        state = "unreachable"
    elif result.get("failed"):
        state = "failed"
    elif result.get("lacks"):
        state = "lacking"
    waiting = {
        (each["sandbox"]["engine"], each["sandbox"]["ref"]) for each in result.get("pending") or () if each["sandbox"]
    }
    return {
        "state": state,
        "changed": bool(result.get("changed")),
        "counts": {name: (result.get("counts") or {}).get(name, 0) for name in _COUNTS},
        "pending": len(waiting),
        "lacks": result.get("plan", "") if state == "lacking" else "",
        "installed": result.get("installed", ""),
    }


def containers(document: Mapping[str, Any]) -> int:
    """How many containers a document is about; the host's own end of a network is none."""
    rows = (row for rows in document.values() if isinstance(rows, list) for row in rows)
    sandboxes = (row.get("sandbox") for row in rows if isinstance(row, Mapping))
    return len({(each["engine"], each["ref"]) for each in sandboxes if each and each["engine"] != ENGINE})


def joined(before: Mapping[str, Any] | None, entry: Mapping[str, Any]) -> dict[str, Any]:
    """A host's entry after one more phase: what was done adds up, the rest is as it is now."""
    if before is None:
        return dict(entry)
    counts = {name: before["counts"][name] + entry["counts"][name] for name in _COUNTS}
    kept = {name: before[name] or entry[name] for name in ("changed", "installed", "pending", "lacks")}
    lacking = before["state"] == "lacking" and entry["state"] == "made"
    warned = {**entry.get("warnings", {}), **before.get("warnings", {})}
    both = {"counts": counts, "warnings": warned, "state": "lacking" if lacking else entry["state"]}
    return {**before, **entry, **kept, **both}


def record(directory: str, file: str, entry: Mapping[str, Any], ended: bool) -> None:
    """Note what became of a host. ``file`` is its file's name; ``ended``: nothing more is done there in this run."""
    folder = os.path.join(directory, FOLDER)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, file)
    with open(f"{path}.new", "w", encoding="utf-8") as output:
        json.dump(joined(_read(path), entry), output)
    os.replace(f"{path}.new", path)
    lost = entry["state"] in ("failed", "unreachable")
    for name, true in ((ENDED, ended or lost), (LOST, lost)):
        if true:
            claim(directory, name, file)


def told(directory: str, warnings: Sequence[str], host: str, everyone: bool) -> tuple[list[str], dict[str, Any]]:
    """The warnings of a host that it tells, and all of them for its entry, by what they have in common with others'.

    The first host that has a warning tells it, the summary counts the others. ``everyone``: each host tells its own.
    """
    mine, entry = [], {}
    for warning in warnings:
        text = warning.removeprefix(host).lstrip(": ")
        key = _key(shape(text))
        first = claim(directory, TOLD, key)
        again = not claim(directory, TOLD, f"{key}.{_key(host)}")
        if (first or everyone) and not again:
            mine.append(warning)
        entry[key] = {"text": text, "told": first or everyone}
    return mine, entry


def first_with(directory: str, text: str, host: str) -> str:
    """The host that has said the same before; the host itself where none has."""
    path = os.path.join(directory, FOLDER, TOLD, f"{_key(text)}.first")
    if claim(directory, TOLD, os.path.basename(path)):
        with open(path, "w", encoding="utf-8") as file:
            file.write(host)
        return host
    with open(path, encoding="utf-8") as file:
        return file.read() or host  # whoever is first may be about to write its name


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def claim(directory: str, what: str, name: str) -> bool:
    """Whether nobody has claimed this before."""
    folder = os.path.join(directory, FOLDER, what)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    try:
        os.close(os.open(os.path.join(folder, name), os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    return True


def is_end(directory: str, active: Collection[str], batch: Collection[str]) -> bool:
    """Whether the run is over. ``active``: files of the play's hosts that have not failed; ``batch``: of this batch's.

    A play ends as well where all hosts of a batch have failed.
    """
    ended, lost = (_names(directory, name) for name in (ENDED, LOST))
    return {*active} <= ended or bool(batch) and {*batch} <= lost


def entries(directory: str) -> list[dict[str, Any]]:
    """All notes of this run."""
    folder = os.path.join(directory, FOLDER)
    found = (_read(os.path.join(folder, name)) for name in sorted(_names(directory, "")) if name.endswith(".json"))
    return [entry for entry in found if entry is not None]


def forget(directory: str) -> None:
    """A new run begins."""
    shutil.rmtree(os.path.join(directory, FOLDER), ignore_errors=True)


def _names(directory: str, folder: str) -> set[str]:
    try:
        return set(os.listdir(os.path.join(directory, FOLDER, folder)))
    except FileNotFoundError:
        return set()


def _read(path: str) -> dict[str, Any] | None:
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None
