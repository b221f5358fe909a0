# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose container engines say what a test wants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.containerhost.network.tests.integration.conftest import Sleeper
from ansible_collections.containerhost.network.tests.integration.engines.fake import Engines


@pytest.fixture
def engines(host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engines]:
    engines = Engines(tmp_path / "engines", host)
    for name, value in engines.environment.items():
        monkeypatch.setenv(name, value)
    yield engines
    engines.stop()


class Containers:
    """Processes with network namespaces of their own, by name."""

    def __init__(self) -> None:
        self._running: dict[str, Sleeper] = {}

    def start(self, name: str) -> int:
        """Its pid on the host."""
        self._running[name] = Sleeper("--net")
        return self._running[name].pid

    def end(self, name: str) -> None:
        self._running.pop(name).end()


@pytest.fixture
def containers() -> Iterator[Containers]:
    containers = Containers()
    yield containers
    for name in list(containers._running):
        containers.end(name)
