# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two kinds that exist in this file only, on a real kernel: whoever adds one writes its table, and nothing else."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.module_utils import basic

from ansible_collections.containerhost.network.plugins.module_utils import module as module_utils
from ansible_collections.containerhost.network.plugins.module_utils.bases.device import (
    ADDRESS_OPTIONS,
    DEVICE_OPTIONS,
    DeviceKind,
    change_link,
    finish_link,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.apply import apply
from ansible_collections.containerhost.network.plugins.module_utils.engine.diff import diffs
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import leaving, read_document
from ansible_collections.containerhost.network.plugins.module_utils.engine.executor import Executor
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, link_data_of
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import owner_of_row
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import Unready, compare
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Record
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.lock import lock
from ansible_collections.containerhost.network.plugins.module_utils.state.records import Records

pytestmark = pytest.mark.quick


class Ifb(DeviceKind):
    """A device of a kind that the collection has not heard of."""

    name = "ifb"
    kernel_kind = "ifb"
    options = {**DEVICE_OPTIONS, **ADDRESS_OPTIONS}

    def add(self, wanted: Any) -> list:
        values = wanted.values
        made = m.new_link(values["name"], "ifb", None, wanted.netns, up=values["up"], address=values.get("mac"))
        return [[made], finish_link(values["name"], wanted.netns, self.mark_of(wanted), values.get("addresses") or ())]

    def change(self, wanted: Any, found: Any, differences: Any) -> list:
        return [change_link(wanted, differences, self.mark_of(wanted))]


class Address(Kind):
    """An address on a device: no device, with an owner that only our records know."""

    name = "address"
    key = ("device", "cidr")
    after = ("ifb", "bridge")
    options = {"device": {"type": "str", "required": True}, "cidr": {"type": "str", "required": True}}

    def read(self, kernel: Kernel, wanted: Any) -> Iterator[Found]:
        for device, cidrs in kernel.addresses(None).items():
            for cidr in kernel.addresses_of(device) and cidrs:
                key = (None, device, cidr)
                owner = kernel.records.owner(self.name, key)
                if owner or any(object_.key == key for object_ in wanted):
                    yield Found(self.name, key, {"device": device, "cidr": cidr}, owner)

    def obstacles(self, kernel: Kernel, wanted: Any) -> Iterator[str]:
        if not kernel.has_link(wanted.values["device"]):
            yield f"there is no device {wanted.values['device']}"

    def add(self, wanted: Any) -> list:
        note = Record(self.name, wanted.key, wanted.owner)
        return [[note, m.new_address(wanted.values["device"], wanted.values["cidr"])]]

    def remove(self, found: Found) -> list:
        gone = m.delete_address(found.values["device"], found.values["cidr"])
        return [[gone], [Record(self.name, found.key, None)]]


ALL = (Address(), Ifb(), *(kind for kind in KINDS if kind.kernel_kind != Ifb.kernel_kind))


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


def document(check: bool = False, remove: tuple = ("*",), **kinds: Any) -> list[str]:
    """Applies a document that knows the two kinds; the headers of its diff."""
    with lock(), Wire(link_data_of(ALL)) as wire:
        kernel = Kernel(wire, Records(), ALL)
        wanted = read_document(ALL, {"version": 1, **kinds}, False)
        todo = compare(ALL, kernel, wanted, leaving(remove, (), False))
        if not check:
            apply(ALL, Executor(kernel), todo)
        return [f"{row['before_header']} → {row['after_header']}" for row in diffs(ALL, todo.changes)]


RED = {"network": "web", "name": "red", "mac": "02:00:00:00:00:01", "addresses": ["10.0.0.1/24"]}
SECOND = {"network": "web", "device": "red", "cidr": "10.0.1.1/24"}


def test_a_new_kind_is_added_changed_and_removed_through_a_document():
    both = {"ifb": [RED], "address": [SECOND]}
    added = [
        "ifb red (web): absent → ifb red (web)",
        "address red 10.0.1.1/24 (web): absent → address red 10.0.1.1/24 (web)",
    ]
    assert document(check=True, **both) == added
    assert "red" not in ip("-br", "link")
    assert document(**both) == added
    assert "alias containerhost:plan/web" in ip("link", "show", "red")
    changed = {"network": "web", "name": "red", "mtu": 1400}
    assert document(check=True, ifb=[changed], address=[SECOND]) == ["ifb red (web) → ifb red (web)"]
    assert "mtu 1500" in ip("link", "show", "red")
    assert document(ifb=[changed], address=[SECOND]) == ["ifb red (web) → ifb red (web)"]
    assert document(ifb=[changed], address=[SECOND]) == []
    assert document(ifb=[changed]) == ["address red 10.0.1.1/24 (web) → address red 10.0.1.1/24 (web): absent"]
    assert "10.0.1.1" not in ip("addr", "show", "red")
    assert document() == ["ifb red (web) → ifb red (web): absent"]
    assert "red" not in ip("-br", "link")


def test_a_new_kind_is_held_to_the_same_contracts():
    ip("link", "add", "red", "type", "bridge")
    with pytest.raises(Unready, match="there is one already that is not ours"):
        document(ifb=[RED])
    with pytest.raises(Unready, match="there is no device blue"):
        document(address=[{**SECOND, "device": "blue"}])
    with pytest.raises(Unready, match="unknown option cidrr; known is cidr"):
        document(address=[{**SECOND, "cidrr": ""}])


def test_a_new_kind_comes_after_what_it_needs_of_the_other_kinds():
    bridge = {"network": "web", "name": "ch-web", "mac": "02:00:00:00:00:07"}
    done = document(address=[{**SECOND, "device": "ch-web"}], bridge=[bridge])
    assert [row.split()[0] for row in done] == ["bridge", "address"]
    gone = document()
    # What stands on a device goes along with it: it is not a change of its own.
    assert gone == ["bridge ch-web (web) → bridge ch-web (web): absent"]


def single(**options: Any) -> dict[str, Any]:
    """The kind's module, as `run_kind` makes it."""
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": {"_ansible_diff": True, **options}}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        module_utils.run_kind(Ifb())
    return json.loads(out.getvalue())


def test_a_new_kind_is_a_module_in_one_call():
    assert single(name="red", _ansible_check_mode=True)["changed"]
    assert "red" not in ip("-br", "link")
    assert single(name="red")["changed"]
    assert not single(name="red")["changed"]
    assert "alias containerhost:task" in ip("link", "show", "red")
    assert single(config=[{"name": "blue"}], purge=True)["counts"] == {
        "added": 1, "changed": 0, "recreated": 0, "removed": 1,
    }  # fmt: skip
    assert single(name="blue", state="absent")["changed"]
    assert ip("-br", "link").count("\n") == 1


def test_the_owner_of_a_row_is_its_devices_or_in_the_records():
    with lock(), Wire() as wire:
        kernel = Kernel(wire, Records())
        ip("link", "add", "ours", "type", "bridge")
        ip("link", "set", "ours", "alias", "containerhost:plan/web")
        assert owner_of_row(kernel, "route", ("k",), "ours", None, ours=True, wanted=False) == "plan/web"
        assert owner_of_row(kernel, "route", ("k",), "ours", None, ours=False, wanted=False) is None
        assert owner_of_row(kernel, "route", ("k",), "lo", None, ours=True, wanted=False) == "plan/?"
        kernel.records.set_owner("route", ("k",), "task")
        assert owner_of_row(kernel, "route", ("k",), "lo", None, ours=True, wanted=False) == "task"
