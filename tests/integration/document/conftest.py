# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents applied as the contract wants them: predicted, done as predicted, and done once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.containerhost.network.tests.integration.document.town import Town, a_town

Apply = Callable[..., dict[str, Any]]


@pytest.fixture
def apply(host: Any) -> Apply:
    """Applies a document: check mode, a run and a run again. The run's answer, once the other two agree with it."""

    def _apply(document: dict[str, Any], remove: tuple[str, ...] = ("*",), **options: Any) -> dict[str, Any]:
        given = {"document": document, "remove": list(remove), **options}
        predicted = host.module("document", check=True, **given)
        done = host.module("document", **given)
        again = host.module("document", **given)
        for answer in (predicted, done, again):
            assert not answer.get("failed"), answer["msg"]
        assert predicted["diff"] == done["diff"]
        assert predicted["changed"] is done["changed"] is bool(done["diff"])
        assert (again["changed"], again["diff"]) == (False, [])
        return done

    return _apply


@pytest.fixture
def refused(host: Any) -> Callable[..., str]:
    """Applies a document that cannot be: its one message, once nothing has changed."""

    def _refused(document: dict[str, Any], remove: tuple[str, ...] = ("*",), **options: Any) -> str:
        before = host.snapshot()
        given = {"document": document, "remove": list(remove), **options}
        predicted = host.module("document", check=True, **given)
        answer = host.module("document", **given)
        assert answer["failed"]
        assert predicted["msg"] == answer["msg"]
        assert host.snapshot() == before
        return answer["msg"]

    return _refused


@pytest.fixture
def own_town(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Town]:
    """A host with people outside; bridged frames are shown to IP's rules where the parameter says so."""
    with a_town(tmp_path, getattr(request, "param", 0)) as town:
        yield town
