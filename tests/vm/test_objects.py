# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of every kind, for those whose devices a build machine's kernel may lack."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.integration.modules.lives import (
    clear,
    examples_do_what_they_say_once,
    live,
    name_of,
    prepare,
)
from ansible_collections.containerhost.network.tests.vm.cases import CASES


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_an_object_lives_and_leaves_nothing(host_of_a_module, case):
    host = host_of_a_module
    before = host.snapshot()
    prepare(host, case)
    live(host, case)
    clear(host, case)
    assert host.snapshot() == before


@pytest.mark.parametrize("kind", sorted({case.kind for case in CASES}))
def test_examples_do_what_they_say_once(host_of_a_module, kind):
    """Without Ansible, whose start takes longer than the examples on an emulated processor."""
    examples_do_what_they_say_once(host_of_a_module, kind)
