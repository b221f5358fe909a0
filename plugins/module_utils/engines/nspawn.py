# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine ``nspawn``: machines of systemd-nspawn, as systemd-machined registers them."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import (
    Answers,
    ContainerEngine,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.files import read_text

_MACHINES = "/run/systemd/machines"


class Nspawn(ContainerEngine):
    name: t.ClassVar[str] = "nspawn"

    def find(self, refs: t.Sequence[str]) -> Answers:
        return {ref: self.of_pid(ref, _leader(ref)) for ref in refs}


def _leader(ref: str) -> str | None:
    """machined keeps the first process of a machine in a file of variables."""
    try:
        found = re.search(r"^LEADER=([0-9]+)$", read_text(f"{_MACHINES}/{ref}"), re.MULTILINE)
    except OSError:
        return None
    return found.group(1) if found else None
