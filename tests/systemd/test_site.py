# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``site`` on hosts that boot systemd: what is there before and after what such a host goes through."""

from __future__ import annotations

from ansible_collections.containerhost.network.tests.systemd.conftest import (
    answer,
    assert_kept,
    assert_same,
    listen,
    site,
    states,
)


def test_site_works_on_hosts_that_boot_systemd(town):
    assert_kept(town, states(town))
    assert town["h1"].pings("10.42.1.5", netns="shop")
    listen(town["h1"])
    assert answer(town) == "from shop"


def test_after_a_reboot_site_brings_everything_back(town, untouched):
    before = states(town)
    town["h1"].reboot()
    assert_same({"h1": untouched["h1"]}, states(town))
    assert site(town).changed == 1
    assert_kept(town, before)
    assert town["h2"].pings("10.42.0.2", netns="db")
    listen(town["h1"])
    assert answer(town) == "from shop"


def test_after_a_restart_of_the_network_service_nothing_is_amiss(town):
    before = states(town)
    town["h1"].run("systemctl", "restart", "systemd-networkd")
    assert_kept(town, before)


def test_after_a_restart_of_nftables_site_brings_everything_back(town):
    before = states(town)
    town["h1"].put("/etc/nftables.conf", "flush ruleset\n")
    town["h1"].run("systemctl", "restart", "nftables.service")
    assert "containerhost" not in town["h1"].run("nft", "list", "ruleset").stdout
    assert site(town).changed == 1
    assert_kept(town, before)
