# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds are found by their files, and contradictions between them are told to their author."""

from __future__ import annotations

import importlib
import shutil
import sys
import types

import pytest

from ansible_collections.containerhost.network.plugins.module_utils import kinds as folder
from ansible_collections.containerhost.network.plugins.module_utils.engine import discovery
from ansible_collections.containerhost.network.plugins.module_utils.engine.dependence import (
    DependenceCircle,
    by_dependence,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS, InconsistentKinds
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, link_data_of
from ansible_collections.containerhost.network.plugins.module_utils.netlink.attributes import Layouts
from ansible_collections.containerhost.network.plugins.module_utils.netlink.codec import ATOMS

TEXT = """
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind

class Lamp(Kind):
    name = "lamp"
    options = {"name": {"type": "str"}}
    key = ("name",)
"""


def file_of(text: str, name: str = "lamp") -> types.ModuleType:
    file = types.ModuleType(name)
    exec(compile(text, name, "exec"), vars(file))
    return file


TWO = TEXT + TEXT.replace("Lamp", "Torch").replace('"lamp"', '"torch"')


def test_a_file_in_the_folder_is_a_kind_and_nothing_else_names_it(tmp_path, monkeypatch):
    copy = shutil.copytree(folder.__path__[0], tmp_path / "kinds")
    (copy / "lamp.py").write_text(TEXT)
    monkeypatch.setattr(folder, "__path__", [str(copy)])
    monkeypatch.delitem(sys.modules, f"{folder.__name__}.lamp", raising=False)
    assert "lamp" in discovery.files()
    file = importlib.import_module(f"{folder.__name__}.lamp")
    assert discovery.kind_of(file).name == "lamp"
    monkeypatch.delitem(sys.modules, f"{folder.__name__}.lamp")


def test_each_file_of_the_folder_has_been_found():
    assert {kind.name for kind in KINDS} == set(discovery.files())


@pytest.mark.parametrize(("text", "names"), [("", "none"), (TWO, "Lamp, Torch")])
def test_a_file_without_a_kind_or_with_two_is_refused(text, names):
    with pytest.raises(InconsistentKinds, match=f"lamp must define one kind, and defines {names}"):
        discovery.kind_of(file_of(text))


def test_a_kind_is_called_as_its_file_is():
    with pytest.raises(InconsistentKinds, match="torch must define the kind torch: `name` of Lamp says that"):
        discovery.kind_of(file_of(TEXT, "torch"))


def test_kinds_that_come_after_each_other_in_a_circle_are_told():
    names = ("a", "b", "c")
    kinds = [type(name, (Kind,), {"name": name, "after": (names[n - 1],)})() for n, name in enumerate(names)]
    with pytest.raises(DependenceCircle, match="a after c after b after a; mend `after`"):
        by_dependence([*KINDS, *kinds])


@pytest.mark.parametrize(("attribute", "values"), [("name", ("a", "a")), ("kernel_kind", ("ifb", "ifb"))])
def test_two_kinds_of_one_name_are_refused(attribute, values):
    one, other = (type(f"Kind{n}", (Kind,), {"name": f"k{n}", attribute: value})() for n, value in enumerate(values))
    with pytest.raises(InconsistentKinds, match=f"both have the {attribute} {values[0]}"):
        discovery.checked([*KINDS, one, other])


_NUMBERS = ("uint8", "uint16", "uint32", "uint64", "int32", "be16", "be32")
# A value of each type of attribute.
SAMPLES = {
    **dict.fromkeys(_NUMBERS, 1),
    **dict.fromkeys(("asciiz", "string"), "eth0"),
    **dict.fromkeys(("l2addr", "lladdr"), "02:00:00:00:00:01"),
    **dict.fromkeys(("ipaddr", "ip4addr", "target"), "10.0.0.1"),
    "ip6addr": "fd00::1",
    "boolopts": (1, 3),
    "flag": True,
    "hex": b"\1",
}


def test_each_type_of_attribute_has_a_sample():
    assert {*SAMPLES} == {*ATOMS, "hex"}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.kernel_kind], ids=lambda kind: kind.name)
def test_the_attributes_that_a_kind_declares_can_be_packed_and_read(kind):
    link = Layouts(link_data_of([kind])).link
    values = {name: SAMPLES[type_] for name, (_number, type_) in kind.data_attributes.items()}
    data = {**values, **{name: {"IFLA_IFNAME": "eth0"} for name in kind.data_links}}
    raw = link.pack({"header": {}, "IFLA_LINKINFO": {"IFLA_INFO_KIND": kind.kernel_kind, "IFLA_INFO_DATA": data}})
    found = link.unpack(raw)["IFLA_LINKINFO"]["IFLA_INFO_DATA"]
    assert found.keys() == data.keys()
    assert {name: found[name] for name in kind.data_attributes} == values
