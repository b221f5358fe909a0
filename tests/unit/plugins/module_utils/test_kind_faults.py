# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each way in which a kind contradicts itself is told in a sentence, before it meets a kernel."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.bases.sandbox_interface import SANDBOX_OPTIONS
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
from ansible_collections.containerhost.network.plugins.module_utils.kinds.macvlan import Macvlan
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kind_faults import faults

NAME = {"name": {"type": "str", "required": True}}
ALONE = {name: spec for name, spec in SANDBOX_OPTIONS.items() if name != "interface"}


class Lamp(Kind):
    name = "lamp"
    options = NAME
    key = ("name",)

    def read(self, *given: Any) -> list[Any]:
        return []

    add = change = remove = read


def told(base: type[Kind], **own: Any) -> list[str]:
    return [*faults(type("Torch", (base,), own)(), ("lamp", "netns", "bridge"))]


def test_one_that_is_consistent_has_no_faults():
    assert told(Lamp) == told(Macvlan) == []


@pytest.mark.parametrize(
    ("own", "fault"),
    [
        ({"options": {**NAME, "state": {"type": "str"}}}, "every object has an option `state` already"),
        ({"options": {**NAME, "network": {"type": "str"}}}, "every object has an option `network` already"),
        ({"key": ("name", "port")}, "`key` names `port`, which is none of its options"),
        ({"fixed": frozenset(("mode",))}, "`fixed` names `mode`, which is none of its options"),
        (
            {"options": {"name": {"type": "string"}}},
            "option `name` has the type string, which must be",
        ),
        ({"options": {"name": {"choices": ["a"], "default": "b"}}}, "option `name` has a default that is none of"),
        ({"after": ("brigde",)}, "`after` names brigde, which is no kind"),
        ({"after": ("lamp",)}, "`after` names lamp, which is itself"),
        ({"data_attributes": {"IFLA_LAMP": (1, "uint8")}}, "`data_attributes` and `data_links` are a device's"),
        ({"read": Kind.read}, "it has no `read`"),
        ({"change": Kind.change}, "it has no `change`"),
        ({"kernel_kind": "lamp", "data_attributes": {"IFLA_A": (1, "u8")}}, "attribute IFLA_A has the type u8"),
        (
            {"kernel_kind": "lamp", "data_attributes": {"IFLA_A": (1, "uint8"), "IFLA_B": (1, "uint8")}},
            "attributes IFLA_A and IFLA_B both have the number 1",
        ),
        (
            {"kernel_kind": "lamp", "options": {**NAME, **SANDBOX_OPTIONS}},
            "its device ends in a sandbox, and `attachment` does not say what `verify` tries there",
        ),
        (
            {"kernel_kind": "lamp", "options": {**NAME, **ALONE}, "attachment": lambda self, values: None},
            "its device ends in a sandbox, so an option `interface` names that end",
        ),
    ],
)
def test_each_contradiction_is_one_sentence(own, fault):
    (said,) = told(Lamp, **own)
    assert said.startswith(f"kind lamp: {fault}")


def test_the_mode_of_what_stands_on_a_parent_is_an_attribute_that_it_declares():
    (said,) = told(Macvlan, mode_attribute="IFLA_MODE")
    assert said == "kind macvlan: `mode_attribute` is IFLA_MODE, which is none of its `data_attributes`"


def test_what_every_kind_has_to_say_is_missed():
    class Nothing(Kind):
        key = ("name",)

    assert [*faults(Nothing(), ())] == ["Nothing must say its `name` and its `options`"]
