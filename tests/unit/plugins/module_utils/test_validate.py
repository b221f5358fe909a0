# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a document may hold: anything else is a sentence, never a traceback."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import read_document
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import Unready
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import ENGINES

SANDBOX = {"engine": "netns", "ref": "shop"}


def sentences(document: dict) -> list[str]:
    with pytest.raises(Unready) as refused:
        read_document(KINDS, document, False)
    return refused.value.problems


@pytest.mark.parametrize(
    ("kind", "row", "sentence"),
    [
        ("bridge", {"network": "w"}, "bridge: `name` is missing in {network: w}"),
        ("bridge", {"name": "b"}, "bridge: `network` is missing in {name: b}"),
        ("bridge", {"network": "w", "name": 5}, "bridge: `name` is 5, not text: quote it"),
        ("bridge", {"network": "w", "name": "b", "mtu": "much"}, "bridge: `mtu` is 'much', not a number"),
        ("bridge", {"network": "w", "name": "b", "mtu": True}, "bridge: `mtu` is True, not a number"),
        ("bridge", {"network": "w", "name": "b", "mac": 131073}, "bridge: `mac` is 131073, not text: quote it"),
        ("bridge", {"network": "w", "name": "b", "mtuu": 3}, "bridge: unknown option mtuu; known is mtu"),
        ("bridge", {"network": "w", "name": "b", "addresses": [5]}, "bridge: `addresses` is 5, not text: quote it"),
        ("isolation", {"network": "w", "device": "b", "accept_from": ["b", None]},
         "isolation: `accept_from` has an item without a value: leave it out"),
        ("veth", {"network": "w", "name": "v", "sandbox": SANDBOX, "routes": [None]},
         "veth: `routes` has an item without a value: leave it out"),
        ("bridge", {"network": "w", "name": "b", "addresses": "10.0.0.1/24"},
         "bridge: `addresses` is '10.0.0.1/24', not a list"),
        ("bridge", "b", "bridge: 'b' is no object; write its options as a mapping"),
        ("nat_rule", {"network": "w", "rule": "nat"},
         "nat_rule: `rule` is 'nat', not one of masquerade, publish, via_gateway"),
        ("veth", {"network": "w", "name": "v", "sandbox": {"engine": "netns"}},
         "veth: `sandbox`: `ref` is missing in {engine: netns}"),
        ("veth", {"network": "w", "name": "v", "sandbox": SANDBOX, "routes": [{"via": "10.0.0.1"}]},
         "veth: `routes`: `dst` is missing in {via: 10.0.0.1}"),
        ("veth", {"network": "w", "name": "v", "sandbox": {"engine": "jail", "ref": "x"}},
         f"veth: `sandbox`: `engine` is 'jail', not one of {', '.join(ENGINES)}"),
        ("bridge", {"network": "w", "name": "a" * 16},
         "bridge: name 'aaaaaaaaaaaaaaaa' has 16 characters; the kernel takes 15: shorten it"),
        ("vxlan", {"network": "w", "name": "x"}, "vxlan: vxlan x needs a `vni`: a number from 0 to 16777215"),
        ("vxlan", {"network": "w", "name": "x", "vni": 1 << 24}, "vxlan: vni 16777216 is not between 0 and 16777215"),
        ("route", {"network": "w", "dst": "10.0.0.0/8", "device": "b", "via": "fd00::1"},
         "route: route 10.0.0.0/8 and its `via` fd00::1 are not of one family"),
        ("forwarding", {"network": "w"},
         "forwarding: forwarding takes either `device`, one of ours, or `uplink`, the way out"),
        ("sysctl", {"network": "w", "key": "kernel.panic", "value": "1"},
         "sysctl: sysctl kernel.panic is not below net.: only a namespace's own settings are set here"),
        ("sysctl", {"network": "w", "key": "net.ipv4/../../kernel/panic", "value": "1"},
         "sysctl: sysctl net.ipv4/../../kernel/panic is not below net.: only a namespace's own settings are set here"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_object_is_one_sentence(kind, row, sentence):
    assert sentences({"version": 1, kind: [row]}) == [sentence]


def test_what_nat_cannot_publish_is_refused_by_name():
    row = {"network": "w", "rule": "publish", "host_port": 80, "host_address": "::1", "address": "fd00::2"}
    (sentence,) = sentences({"version": 1, "nat_rule": [row]})
    assert "[::1] cannot be published by NAT" in sentence


def test_all_mistakes_are_told_at_once():
    document = {"version": 1, "bridge": [{"name": 5}, {"network": "w", "name": "b", "mtu": []}], "bride": []}
    assert sentences(document) == [
        "bridge: `network` is missing in {name: 5}",
        "bridge: `name` is 5, not text: quote it",
        "bridge: `mtu` is [], not a number",
        "the document has objects of kind bride; this collection knows bridge",
    ]


@pytest.mark.parametrize("rows", [None, {"name": "b"}, "b", 3])
def test_what_is_no_list_of_objects_is_refused(rows):
    assert sentences({"version": 1, "bridge": rows}) == [f"bridge: {rows!r} is no list of objects"]


@pytest.mark.parametrize("version", [None, 0, 2, "1"])
def test_a_document_of_another_version_is_refused(version):
    with pytest.raises(Problem, match="the document is of version"):
        read_document(KINDS, {"version": version}, False)


def test_a_number_may_come_as_text_where_a_template_made_it():
    (bridge,) = read_document(KINDS, {"version": 1, "bridge": [{"network": "w", "name": "b", "mtu": "1400"}]}, False)
    assert bridge.values["mtu"] == 1400


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 1 << 33)
    | st.text(max_size=5)
    | st.sampled_from(("10.0.0.1/24", "fd00::1")),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(("ref", "engine", "dst")), inner, max_size=2)
    ),
    max_leaves=4,
)
rows = st.sampled_from(KINDS).flatmap(
    lambda kind: st.tuples(
        st.just(kind.name),
        st.fixed_dictionaries({"network": st.just("w")}, optional=dict.fromkeys([*kind.options, "netns"], junk)),
    )
)


@given(rows)
def test_whatever_stands_in_an_option_there_is_no_traceback(row):
    kind, values = row
    try:
        read_document(KINDS, {"version": 1, kind: [values]}, False)
    except (Unready, Problem) as refused:
        assert str(refused)
