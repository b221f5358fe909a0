# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A document's devices by what they are for, whatever kind they are: tunnels, containers' interfaces, shims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS

# What people call their packets, by kind.
TUNNELS = {kind.name: kind.tunnel for kind in KINDS if kind.tunnel}
# Kinds of device that end in a container.
ENDS = [kind.name for kind in KINDS if kind.kernel_kind and kind.ends_in_sandbox]

Document = Mapping[str, Sequence[Mapping[str, Any]]]


def tunnels(document: Document) -> list[dict[str, Any]]:
    """Those of a document, each with its `kind`. One that another one carries comes after it."""
    found = [{"kind": kind, **row} for kind in TUNNELS for row in document.get(kind, ())]
    names = {row["name"] for row in found}
    return sorted(found, key=lambda row: row.get("link") in names)


def container_ends(document: Document) -> Iterator[Mapping[str, Any]]:
    """Interfaces of containers; with a `master` the host's end is a port of that bridge."""
    return (row for kind in ENDS for row in document.get(kind, ()) if row.get("sandbox"))


def shims(document: Document) -> Iterator[Mapping[str, Any]]:
    """Interfaces of the host's own, of the kinds that otherwise end in a container."""
    return (row for kind in ENDS for row in document.get(kind, ()) if not row.get("sandbox"))
