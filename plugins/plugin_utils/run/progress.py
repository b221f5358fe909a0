# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has made its part of a plan in this run: one file per host, in the plan's folder on the controller."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.plan_dir import FLEET_FILE, document_file

FOLDER = "made"


def read_plan(directory: str) -> dict[str, Any]:
    """What the plan says of the fleet: ``digest``, ``hosts``, ``networks``, ``known_networks``."""
    return _read(os.path.join(directory, FLEET_FILE), "the plan")


def read_host(directory: str, host: str) -> dict[str, Any]:
    """A host's plan file: ``document``, ``digest``, ``networks``."""
    return _read(os.path.join(directory, document_file(host)), f"the document of {host}")


def note(directory: str, host: str, digest: str, kept: Mapping[str, int], switches: bool = False) -> None:
    """The host has made its part of the plan of that digest; ``kept`` leftovers a network stay. ``switches``: the way
    to other hosts is still the old one."""
    folder = os.path.join(directory, FOLDER)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, document_file(host))
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        json.dump({"host": host, "digest": digest, "kept": dict(kept), "switches": switches}, file)
    os.replace(f"{path}.new", path)


def made_here(directory: str, digest: str, host: str) -> dict[str, int] | None:
    """What the host kept when it made its part of this very plan; None if it has not."""
    entry = _note_of(directory, digest, host)
    return entry["kept"] if entry else None


def switches_here(directory: str, digest: str, host: str) -> bool:
    """Whether the host has made the new way to others, and goes by the old one."""
    entry = _note_of(directory, digest, host)
    return bool(entry and entry.get("switches"))


def made(directory: str, digest: str) -> tuple[set[str], set[str]]:
    """Hosts that have made their part of this very plan, and those of them that do not go by an old way to others.

    A file is read for each: ask only where something is left.
    """
    notes = _notes(directory, digest)
    return {entry["host"] for entry in notes}, {entry["host"] for entry in notes if not entry.get("switches")}


def left_over(directory: str, digest: str) -> list[str]:
    """Those of them that kept something which is ours and no longer planned there."""
    return sorted(entry["host"] for entry in _notes(directory, digest) if any(entry["kept"].values()))


def switching(directory: str, digest: str) -> list[str]:
    """Those of them that have made a new way to others, and go by the old one."""
    return sorted(entry["host"] for entry in _notes(directory, digest) if entry.get("switches"))


def _note_of(directory: str, digest: str, host: str) -> dict[str, Any] | None:
    """What a host has noted when it made its part of this very plan; None if it has not."""
    path = os.path.join(directory, FOLDER, document_file(host))
    entry = _read(path, "a note") if os.path.exists(path) else None
    return entry if entry and entry["digest"] == digest else None


def _notes(directory: str, digest: str) -> list[dict[str, Any]]:
    try:
        names = os.listdir(os.path.join(directory, FOLDER))
    except FileNotFoundError:
        return []
    notes = [_read(os.path.join(directory, FOLDER, name), "a note") for name in names if name.endswith(".json")]
    return [entry for entry in notes if entry["digest"] == digest]


def _read(path: str, what: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        raise Refusal(
            f"{what} is not in {os.path.dirname(path)}",
            "Run containerhost.network.plan first, for a fleet (containerhost_hosts) that this host belongs to",
        ) from None
    except (OSError, ValueError) as error:
        raise Refusal(f"{path} can't be read ({error})", "Plan again") from None
