# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs as a textfile for Prometheus' node_exporter (its collector ``textfile``)."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import ChangeSet
from ansible_collections.containerhost.network.plugins.module_utils.keep import report, saved
from ansible_collections.containerhost.network.plugins.module_utils.keep.saved import Saved
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import replace_text

FILE = "containerhost.prom"
_READABLE = 0o644  # node_exporter is not root
_OF_NETWORKS = (
    ("objects", "Objects of a network in this host's saved document."),
    ("differences", "Objects of a network that are not as saved."),
    ("pending", "Endpoints of a network that wait for their container, or for something on the host."),
)


def path_in(folder: str) -> str:
    return os.path.join(folder, FILE)


def write(folder: str, document: Saved, todo: ChangeSet) -> None:
    """Raises Problem where the folder takes no file."""
    path = path_in(folder)
    try:
        replace_text(path, text(document, todo, saved.last_run(), saved.now()), mode=_READABLE)
    except OSError as error:
        raise Problem(f"{path} cannot be written ({error.strerror}): name a folder that is there") from error


def text(document: Saved, todo: ChangeSet, last_run: int | None, now: int) -> str:
    """The file's content. Times are in seconds since 1970."""
    rows: list[str] = []

    def gauge(name: str, what: str, values: t.Iterable[tuple[str, t.Any]]) -> None:
        rows.extend((f"# HELP containerhost_{name} {what}", f"# TYPE containerhost_{name} gauge"))
        rows.extend(f"containerhost_{name}{labels} {value}" for labels, value in values)

    gauge("last_run_timestamp_seconds", "When the last successful run ended.", [("", last_run or 0)])
    gauge("last_check_timestamp_seconds", "When this was written.", [("", now)])
    gauge("as_saved", "Whether the host is as its document says.", [("", int(not report.differs(todo)))])
    networks = report.by_network(document, todo)
    for name, what in _OF_NETWORKS:
        values = ((f'{{network="{of}",driver="{part["driver"]}"}}', part[name]) for of, part in networks.items())
        gauge(f"network_{name}", what, values)
    return "\n".join(rows) + "\n"
