# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import wanted_object
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import NftElement
from ansible_collections.containerhost.network.plugins.module_utils.kinds.sender_filter import SenderFilter
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import (
    nft_derived,
    nft_listing,
    nftables,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nftables import (
    NftTable,
    after,
    transaction,
)

MARK = "containerhost:plan/web"
KIND = SenderFilter()
VALUES = {
    "port": "chv1",
    "mac": "fe:ff:ff:ff:ff:ff",
    "sources": ["10.0.0.2", "fd00::2", "ffff:ffff:ffff:ffff:8000::", "::ffff:0:0"],
    "relays": ["0.0.0.0/0", "10.9.0.0/16", "fd09::7/128"],
}


def spelled(values):
    return wanted_object(KIND, values, "plan/web").values


def elements_of(values) -> dict:
    found: dict = {}
    for element in KIND.elements(spelled(values)):
        found.setdefault(element.set, {})[element.key] = (None, MARK)
    return found


@pytest.mark.parametrize("left_out", [(), ("sources",), ("relays",), ("sources", "relays")])
def test_it_is_read_from_its_elements_as_it_was_spelled(left_out):
    values = {name: value for name, value in VALUES.items() if name not in left_out}
    (found,) = KIND.objects(elements_of(values))
    assert spelled(found.values) == spelled(values)
    assert spelled(KIND.export(spelled(values))) == spelled(values)
    assert {*found.elements} == {*KIND.elements(spelled(values))}


def test_one_of_a_tunnel_is_read_as_it_was_spelled_and_keeps_what_speaks_for_those_who_are_here_out():
    tunnel = {"port": "ch-pond", "elsewhere": True}
    elements = elements_of(tunnel)
    (found,) = KIND.objects(elements)
    assert spelled(found.values) == spelled(tunnel) == spelled(KIND.export(spelled(tunnel)))
    assert nft_derived.derived(elements_of(VALUES))["home4"] == {}
    both = nft_derived.derived({**elements_of(VALUES), **elements})
    assert list(both["home4"]) == ["ch-pond . 10.0.0.2"]
    assert f"ch-pond . {0xFD << 56} . 2" in both["home6"]
    assert len(both["home6"]) == 3


@pytest.mark.parametrize(("owner", "is_kept_out"), [("plan/web", True), ("podman:web", True), ("plan/other", False)])
def test_what_comes_by_a_tunnel_may_have_the_link_local_address_of_a_container_of_another_network(owner, is_kept_out):
    tunnel = {"tunnels": {"ch-pond": (None, f"containerhost:{owner}")}}
    derived = nft_derived.derived({**elements_of(VALUES), **tunnel})
    assert bool(derived["home4"]) == bool(derived["home6"]) == is_kept_out


@pytest.mark.parametrize("more", [{"mac": "02:00:00:00:00:01"}, {"sources": ["10.0.0.2"]}, {"relays": ["10.0.0.0/8"]}])
def test_nobody_alone_is_behind_a_tunnel(more):
    with pytest.raises(Problem, match="leave `mac`, `sources` and `relays` out"):
        spelled({"port": "ch-pond", "elsewhere": True, **more})


def test_one_without_its_mac_is_not_in_force():
    elements = elements_of(VALUES)
    del elements["macs"]
    (found,) = KIND.objects(elements)
    assert {*KIND.elements(found.values)} != {*found.elements}


def test_half_of_an_address_is_a_number_without_a_sign():
    element = '"chv1" . 0x1 . 0xfd85688c13b70000 . 0xffffffffffffffff'
    typed = "typeof iifname . @ll,48,48 . @nh,64,64 . @nh,128,64"
    text = f"table bridge x {{\n\tset s {{\n\t\t{typed}\n\t\telements = {{ {element} }}\n\t}}\n}}\n"
    assert [*nft_listing.read(text).elements["s"]] == ["chv1 . 1 . 18268122414333755392 . 18446744073709551615"]


# -- the table of family bridge ------------------------------------------------------------------------------------

OURS = {"ours": {"ch-web": (None, MARK)}}
ADD = NftElement(None, "macs", "chv1 . 10", None, MARK)


def commands(table: NftTable, steps: list[NftElement]) -> str:
    return transaction(table, steps, after(table, steps))


def test_it_is_made_with_the_first_port_and_goes_with_the_last():
    before = NftTable(True, True, OURS)
    text = commands(before, [ADD])
    assert text.startswith("\ntable bridge containerhost {")
    assert 'add element bridge containerhost macs { "chv1" . 10 comment' in text
    assert 'add element bridge containerhost ports { "chv1" comment' in text
    assert "table inet" not in text

    with_port = after(before, [ADD])
    assert with_port.bridge
    assert commands(with_port, [ADD._replace(delete=True)]) == "delete table bridge containerhost"
    assert not after(with_port, [ADD._replace(delete=True)]).bridge


def test_a_damaged_one_takes_the_other_along():
    there = NftTable(True, False, {**OURS, "macs": {"chv1 . 10": (None, MARK)}}, bridge=True)
    lines = commands(there, []).splitlines()
    assert lines[:2] == ["delete table inet containerhost", "delete table bridge containerhost"]
    assert commands(there._replace(bridge=False), []).splitlines()[1] != "delete table bridge containerhost"


def test_with_nothing_in_them_both_go():
    assert nftables.deletion(NftTable(False, False, {}, bridge=True)) == ["delete table bridge containerhost"]
    assert nftables.deletion(NftTable(False, False, {})) == []
