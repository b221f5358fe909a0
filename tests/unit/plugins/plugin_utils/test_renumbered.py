# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An overlay's mode is not changed beside the old one, and what other subnets mean for containers is told before."""

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


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (ROUTED % "10.42.0.0/16", BRIDGED % ("10.42.0.0/16", "false"), "`fabric` is routed on its hosts"),
        (BRIDGED % ("10.42.0.0/16", "false"), ROUTED % "10.42.0.0/16", "`fabric` is bridged on its hosts"),
        (BRIDGED % ("10.42.0.0/16", "true"), ROUTED % "10.42.0.0/16", "and `mode` is routed"),
    ],
)
def test_another_mode_is_another_network(after, before, now, words):
    with pytest.raises(PlanError) as refused:
        after(before, now)
    assert words in str(refused.value) and "set `state: absent`, run site, and then change `mode`" in str(refused.value)


def test_an_encrypted_tunnel_has_another_port_along_with_another_vni(after):
    sealed = "{fabric: {driver: overlay, mode: bridged, encrypted: true, vni: %d, port: %d, subnets: [10.42.0.0/24]}}"
    with pytest.raises(PlanError) as refused:
        after(sealed % (42, 51820), sealed % (43, 51820))
    assert "Give it another `port` along with it, such as 51821" in str(refused.value)
    assert after(sealed % (42, 51820), sealed % (43, 51821)).warnings == ()
    assert after(sealed % (42, 51820), sealed % (42, 51821)).warnings == ()


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
