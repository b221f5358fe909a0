# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine ``podman``: containers of root, asked by one command for all of them."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import (
    RESOLV,
    Answers,
    ContainerEngine,
    ask,
)


class Podman(ContainerEngine):
    name: t.ClassVar[str] = "podman"
    has_hosts_file: t.ClassVar[bool] = True
    # With --network none it makes no resolv.conf (podman 4.3).
    keeps: t.ClassVar[t.FrozenSet[str]] = frozenset((RESOLV,))

    def find(self, refs: t.Sequence[str]) -> Answers:
        """What is there is told, also where others of them are not."""
        try:
            told = json.loads(ask(["podman", "inspect", "--type", "container", *refs]).output or "[]")
        except (OSError, ValueError) as error:
            return self.silent(refs, "podman does not answer", error)
        rows = [row for row in told if isinstance(row, dict)] if isinstance(told, list) else []
        return {ref: self._understand(ref, rows) for ref in refs}

    def _understand(self, ref: str, rows: t.Sequence[t.Mapping[str, t.Any]]) -> t.Any:
        """A reference is a name, or the beginning of an id."""
        named = [row for row in rows if row.get("Name") == ref]
        for row in named or [row for row in rows if str(row.get("Id")).startswith(ref)]:
            state = row.get("State")
            pid = state.get("Pid") if isinstance(state, dict) else None
            return self.of_pid(ref, pid, row.get("HostsPath"), row.get("ResolvConfPath"))
        return self.unknown(ref)
