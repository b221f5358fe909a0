# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind that exists in this file only, with all that can be missing: attributes of its devices that pyroute2 does not
know, an end in a sandbox, routes over it, and a container that ``verify`` tries. Its device is the kernel's macvtap."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.bases.stacked import STACKED_OPTIONS, StackedKind
from ansible_collections.containerhost.network.plugins.module_utils.engine import apply as applying
from ansible_collections.containerhost.network.plugins.module_utils.engine.diff import diffs
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS, checked
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import leaving, read_document
from ansible_collections.containerhost.network.plugins.module_utils.engine.executor import Executor
from ansible_collections.containerhost.network.plugins.module_utils.engine.inspection import read_whole
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import link_data_of
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import compare
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.lock import lock
from ansible_collections.containerhost.network.plugins.module_utils.state.records import Records
from ansible_collections.containerhost.network.plugins.plugin_utils.verify import probes
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import Heard

pytestmark = pytest.mark.quick

_MODES = {"private": 1, "vepa": 2, "bridge": 4}


class Macvtap(StackedKind):
    name = "macvtap"
    kernel_kind = "macvtap"
    # By names that nobody else has: what pyroute2 says of the kind would not do.
    data_attributes = {"TEST_MACVTAP_MODE": (1, "uint32")}
    modes = _MODES
    mode_attribute = "TEST_MACVTAP_MODE"
    modes_apart = frozenset(("private", "vepa"))
    options = {"mode": {"type": "str", "choices": list(_MODES), "default": "bridge"}, **STACKED_OPTIONS}


ALL = checked((*(kind for kind in KINDS if kind.kernel_kind != Macvtap.kernel_kind), Macvtap()))
TAP = {
    "network": "lan",
    "parent": "low",
    "sandbox": {"engine": "netns", "ref": "shop"},
    "mac": "02:00:00:00:00:05",
    "addresses": ["10.7.0.5/24"],
    "routes": [{"dst": "10.8.0.0/24", "via": "10.7.0.1"}],
}
BELOW = {"netns": [{"network": "lan", "name": "shop"}], "bridge": [{"network": "lan", "name": "low"}]}


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


def document(check: bool = False, **kinds: Any) -> list[str]:
    """Applies a document; the headers of its diff."""
    with lock(), Wire(link_data_of(ALL)) as wire:
        kernel = Kernel(wire, Records(), ALL)
        wanted = read_document(ALL, {"version": 1, **kinds}, False)
        todo = compare(ALL, kernel, wanted, leaving(("*",), (), False))
        if not check:
            applying.apply(ALL, Executor(kernel), todo)
        return [f"{row['before_header']} → {row['after_header']}" for row in diffs(ALL, todo.changes)]


def test_it_is_made_in_its_sandbox_changed_in_place_and_removed():
    made = document(check=True, macvtap=[TAP], **BELOW)
    assert document(macvtap=[TAP], **BELOW) == made
    assert made[-1] == "macvtap shop eth0 (lan): absent → macvtap shop eth0 (lan)"
    shown = ip("-n", "shop", "-d", "link", "show", "eth0")
    assert "macvtap mode bridge" in shown and "link/ether 02:00:00:00:00:05" in shown
    assert "10.8.0.0/24 via 10.7.0.1 dev eth0" in ip("-n", "shop", "route")
    assert document(macvtap=[TAP], **BELOW) == []
    changed = ["macvtap shop eth0 (lan) → macvtap shop eth0 (lan)"]
    assert document(macvtap=[{**TAP, "mode": "private"}], **BELOW) == changed
    assert "macvtap mode private" in ip("-n", "shop", "-d", "link", "show", "eth0")
    assert document(macvtap=[{**TAP, "mode": "private"}], **BELOW) == []
    assert document(**BELOW) == ["macvtap shop eth0 (lan) → macvtap shop eth0 (lan): absent"]
    assert "eth0" not in ip("-n", "shop", "-br", "link")


def test_routes_over_it_are_its_own_and_one_that_is_an_object_stays():
    over = {"network": "lan", "netns": "shop", "dst": "10.9.0.0/24", "via": "10.7.0.1", "device": "eth0"}
    document(macvtap=[TAP], **BELOW)
    assert document(macvtap=[TAP], **BELOW) == []
    assert document(macvtap=[TAP], route=[over], **BELOW) == [
        "route 10.9.0.0/24 (lan): absent → route 10.9.0.0/24 (lan)"
    ]
    assert document(macvtap=[TAP], route=[over], **BELOW) == []


def test_it_is_read_back_as_its_document_had_it():
    document(macvtap=[TAP], **BELOW)
    with Wire(link_data_of(ALL)) as wire:
        kernel = Kernel(wire, Records(), ALL)
        (found,) = read_whole(Macvtap(), kernel)
        exported = Macvtap().export(found.values)
    assert {name: exported[name] for name in TAP if name != "network"} == {
        name: value for name, value in TAP.items() if name != "network"
    }


def test_verify_tries_its_container():
    other = {**TAP, "sandbox": {"engine": "netns", "ref": "db"}, "addresses": ["10.7.0.6/24"]}
    networks = {"lan": {"driver": "tap", "members": ["h1", "h2"], "shared": True}}
    documents = {"h1": {"macvtap": [TAP]}, "h2": {"macvtap": [other]}}
    tried = probes.tries(documents, networks, {}, Heard(), ALL)
    assert {(each.about, each.source, each.target) for each in tried} == {
        ("matrix", "h1/shop", "h2/db"),
        ("matrix", "h2/db", "h1/shop"),
        ("mtu", "h1/shop", "h2/db"),
        ("mtu", "h2/db", "h1/shop"),
    }
