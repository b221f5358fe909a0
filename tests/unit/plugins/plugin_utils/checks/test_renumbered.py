# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In another mode containers keep what they have, and what other subnets mean for them is told before."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError

ROUTED = "{fabric: {driver: overlay, vni: 42, subnets: [%s]}}"
BRIDGED = "{fabric: {driver: overlay, mode: bridged, vni: 42, subnets: [%s], per_host_names: %s}}"


@pytest.fixture
def after(fleet):
    """The plan of some networks after that of others."""
    fleet.only_containers(h1="{a: {networks: {fabric: }}}", h2="{b: {networks: {fabric: }}}")

    def plan(before, now):
        fleet.remembering(fleet.networks(before).plan())
        return fleet.networks(now).plan()

    return plan


def known_of(plan, network="fabric"):
    """What the containers of a network have, by name; and what the ledger remembers of them."""
    endpoints = plan.fleet.networks[network].endpoints.values()
    there = {each.container.name: each for found in endpoints for each in found}
    addresses = {name: [str(address) for address, _slice in each.addresses] for name, each in there.items()}
    macs = {name: (each.mac, each.interface, each.host_end) for name, each in there.items()}
    return addresses, macs


@pytest.mark.parametrize("per_host_names", ["false", "true"])
def test_in_another_mode_everybody_keeps_what_he_has(after, fleet, per_host_names):
    bridged = BRIDGED % ('10.42.0.0/16, "fd00:42::/48"', per_host_names)
    routed = ROUTED % '10.42.0.0/16, "fd00:42::/48"'
    before = fleet.networks(routed).plan()
    fleet.remembering(before)
    turned = fleet.networks(bridged).plan()
    assert known_of(turned) == known_of(before)
    assert turned.fleet.networks["fabric"].devices == before.fleet.networks["fabric"].devices
    hosts = {"true": {"h1", "h2"}, "false": {"*"}}[per_host_names]
    assert {key[1] for key in turned.ledger.endpoints if key[0] == "fabric"} == hosts
    fleet.remembering(turned)
    back = fleet.networks(routed).plan()
    assert known_of(back) == known_of(before)
    assert back.ledger == before.ledger
    assert turned.warnings == back.warnings == ()


PINNED = "{networks: {fabric: {address: %s}}}"


def test_a_host_gets_the_slice_that_its_containers_are_in(fleet):
    fleet.only_containers(h1="{a: %s}" % PINNED % "10.42.9.7", h2="{b: %s}" % PINNED % "10.42.3.2")
    fleet.remembering(fleet.networks(BRIDGED % ("10.42.0.0/16", "false")).plan())
    fleet.only_containers(h1="{a: {networks: {fabric: }}}", h2="{b: {networks: {fabric: }}}")
    plan = fleet.networks(ROUTED % "10.42.0.0/16").plan()
    assert known_of(plan)[0] == {"a": ["10.42.9.7"], "b": ["10.42.3.2"]}
    slices = plan.fleet.networks["fabric"].slices
    assert {host: str(own.block) for host, (own,) in slices.items()} == {"h1": "10.42.9.0/24", "h2": "10.42.3.0/24"}


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (
            BRIDGED % ("10.42.0.0/16", "false"),
            ROUTED % "10.42.0.0/16",
            ["`b` on h2 cannot keep its address 10.42.0.2", "10.42.1.0/24", "containerhost_slices of h2"],
        ),
        (
            BRIDGED % ("10.42.0.0/16", "true"),
            ROUTED % "10.42.0.0/16",
            ["`a` on h1 cannot keep its address 10.42.0.1", "10.42.0.0/24"],
        ),
        (
            ROUTED % "10.42.0.0/16",
            BRIDGED % ("10.43.0.0/16", "false"),
            ["`a` on h1 cannot keep its address 10.42.0.2", "Change `mode` first, and `subnets` in another run"],
        ),
    ],
    ids=["in another host's slice", "the gateway's", "of another subnet"],
)
def test_who_cannot_keep_his_address_is_named(after, before, now, words):
    with pytest.raises(PlanError) as refused:
        after(before, now)
    assert [each for each in words if each not in str(refused.value)] == []


def test_who_asks_for_another_address_gets_it_in_another_mode_as_well(after, fleet):
    fleet.remembering(fleet.networks(BRIDGED % ("10.42.0.0/16", "false")).plan())
    fleet.only_containers(h1="{a: %s}" % PINNED % "10.42.0.3", h2="{b: %s}" % PINNED % "10.42.1.5")
    assert known_of(fleet.networks(ROUTED % "10.42.0.0/16").plan())[0] == {"a": ["10.42.0.3"], "b": ["10.42.1.5"]}


def test_an_encrypted_tunnel_may_have_another_vni_another_port_or_both(after):
    sealed = "{fabric: {driver: overlay, mode: bridged, encrypted: true, vni: %d, port: %d, subnets: [10.42.0.0/24]}}"
    for vni, port in ((43, 51820), (43, 51821), (42, 51821)):
        assert after(sealed % (42, 51820), sealed % (vni, port)).warnings == ()


def test_where_the_mode_is_another_one_it_has_another_port_along_with_it(after):
    routed = "{fabric: {driver: overlay, backend: wireguard, port: %d, subnets: [10.42.0.0/16]}}"
    sealed = "{fabric: {driver: overlay, mode: bridged, encrypted: true, vni: 42, port: %d, subnets: [10.42.0.0/16]}}"
    with pytest.raises(PlanError) as refused:
        after(routed % 51820, sealed % 51820)
    assert "both encrypt on one `port` (51820)" in str(refused.value)
    assert after(routed % 51820, sealed % 51821).warnings == ()


def test_once_it_was_taken_away_it_may_have_another_mode(after, fleet):
    fleet.remembering(after(ROUTED % "10.42.0.0/16", "{fabric: {driver: overlay, vni: 42, state: absent}}"))
    assert fleet.networks(BRIDGED % ("10.42.0.0/16", "false")).plan().warnings == ()


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (ROUTED % "10.42.0.0/16", ROUTED % "10.43.0.0/16", ["h1/a from 10.42."]),
        (BRIDGED % ("10.42.0.0/24", "false"), BRIDGED % ("10.44.0.0/24", "false"), ["h1/a from 10.42.0."]),
        (ROUTED % "10.42.0.0/16", ROUTED % '10.42.0.0/16, "fd00:42::/48"', []),
        (ROUTED % "10.42.0.0/16", ROUTED % "10.42.0.0/16, 10.43.0.0/16", []),
        (BRIDGED % ("10.42.0.0/24", "false"), BRIDGED % ("10.42.0.0/16", "false"), []),
    ],
    ids=["another", "another of a segment", "a family more", "one more", "a wider one"],
)
def test_other_addresses_are_told_before_anything_is_changed(after, before, now, told):
    warnings = after(before, now).warnings
    assert [words for words, text in zip(told, warnings, strict=True) if words in text] == told
