# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``site`` on hosts that boot systemd, and what such a host goes through without it."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.systemd.conftest import (
    answer,
    assert_kept,
    assert_same,
    listen,
    site,
    states,
)

FILES = """
import hashlib, os, stat
for top in ("/etc", "/usr/local", "/usr/share", "/run/systemd/system"):
    for place, folders, names in os.walk(top):
        for path in sorted(os.path.join(place, name) for name in [*folders, *names]):
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                print(path, oct(mode), os.readlink(path))
            elif stat.S_ISREG(mode) and top != "/usr/share":
                print(path, oct(mode), hashlib.sha256(open(path, "rb").read()).hexdigest())
            else:
                print(path, oct(mode))
"""
OF_NETWORKS = ("/run/systemd/system/containerhost-names-", "/etc/netns")  # whatever keeps these
METRICS = "/var/tmp/metrics"


def files(fleet):
    """Whatever may be installed on hosts: names, kinds, modes, contents."""
    return {host.name: host.run("/usr/bin/python3", "-", input=FILES).stdout.splitlines() for host in fleet}


@pytest.fixture(scope="module")
def files_before(pair, untouched):
    return files(pair)


@pytest.fixture(scope="module")
def kept(files_before, town):
    return town


def changed_files(fleet, before):
    """But for what the tests themselves have written."""
    found = files(fleet)
    lines = {line for host in found for line in {*found[host]} ^ {*before[host]}}
    return sorted(line for line in lines if not line.startswith(("/etc/nftables.conf", *OF_NETWORKS)))


def units(host):
    told = host.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "containerhost*").stdout
    return "".join(line for line in told.splitlines(keepends=True) if not line.startswith("containerhost-names-"))


def is_active(host, unit):
    return host.run("systemctl", "is-active", unit, check=False).stdout.strip()


def test_site_works_on_hosts_that_boot_systemd(kept):
    assert_kept(kept, states(kept))
    assert kept["h1"].pings("10.42.1.5", netns="shop")
    listen(kept["h1"])
    assert answer(kept) == "from shop"


def test_a_name_server_is_a_service_that_comes_back_when_it_is_killed(kept):
    host, unit = kept["h1"], "containerhost-names-fabric"
    assert host.run("ip", "netns", "exec", "shop", "getent", "hosts", "db.fabric").stdout.split()[1] == "db.fabric"
    before = host.run("systemctl", "show", "--value", "--property=MainPID", unit).stdout
    host.run("systemctl", "kill", "--signal=KILL", unit)
    again = f"until [ $(systemctl show --value --property=MainPID {unit}) -ne {before.strip()} ] &&"
    host.run("timeout", "20", "sh", "-c", f"{again} ip netns exec shop getent hosts db; do sleep 0.1; done")
    assert is_active(host, unit) == "active"


def test_after_a_reboot_everything_is_back_without_a_run(kept):
    before = states(kept)
    kept["h1"].reboot()
    assert is_active(kept["h1"], "containerhost-restore") == "active"
    listen(kept["h1"])
    assert answer(kept) == "from shop"
    assert kept["h2"].pings("10.42.0.2", netns="db")
    assert kept["h1"].run("ip", "netns", "exec", "shop", "getent", "hosts", "db").stdout
    assert_kept(kept, before)


SERVICE = """
[Unit]
After=containerhost-restore.service
[Service]
Type=oneshot
RemainAfterExit=yes
NetworkNamespacePath=/run/netns/shop
ExecStart=ping -c 1 -W 2 10.80.0.1
[Install]
WantedBy=multi-user.target
"""


def test_a_service_that_is_given_a_namespace_has_its_network_from_its_first_command_on(kept):
    host = kept["h1"]
    host.put("/etc/systemd/system/inside.service", SERVICE)
    host.run("systemctl", "enable", "inside.service")
    host.reboot()
    assert is_active(host, "inside.service") == "active"
    host.run("systemctl", "disable", "--now", "inside.service")
    host.run("rm", "/etc/systemd/system/inside.service")
    host.run("systemctl", "daemon-reload")


def test_after_a_power_failure_as_well(kept):
    before = states(kept)
    kept["h1"].crash()
    kept["h1"].boot()
    assert_kept(kept, before)


def test_after_a_restart_of_the_network_service_nothing_is_amiss(kept):
    before = states(kept)
    kept["h1"].run("systemctl", "restart", "systemd-networkd")
    assert_kept(kept, before)


@pytest.mark.parametrize("what", ["restart", "reload"])
def test_a_restart_or_reload_of_nftables_brings_our_rules_back(kept, what):
    before = states(kept)
    kept["h1"].put("/etc/nftables.conf", "flush ruleset\n")
    kept["h1"].run("systemctl", "start", "nftables.service")
    kept["h1"].run("systemctl", what, "nftables.service")
    assert "containerhost" in kept["h1"].run("nft", "list", "tables").stdout
    assert_kept(kept, before)


def test_a_flush_is_noticed_and_mended(kept):
    before = states(kept)
    kept["h1"].run("nft", "flush", "ruleset")
    kept["h1"].run("timeout", "5", "sh", "-c", "until nft list table inet containerhost >/dev/null 2>&1; do :; done")
    assert_kept(kept, before)


def test_rules_of_routing_that_the_network_service_takes_away_are_mended(kept):
    """What closes our networks where nftables does not, networkd takes for somebody's leftovers."""
    before = states(kept)
    kept["h1"].run("networkctl", "reconfigure", "eth0")
    kept["h1"].run("timeout", "10", "sh", "-c", "until containerhost check >/dev/null; do sleep 0.05; done")
    assert_kept(kept, before)


def test_a_service_that_is_killed_begins_again(kept):
    before = states(kept)
    kept["h1"].run("systemctl", "kill", "--signal=KILL", "containerhost-nftables")
    kept["h1"].run("nft", "flush", "ruleset")
    kept["h1"].run("timeout", "10", "sh", "-c", "until nft list table inet containerhost >/dev/null 2>&1; do :; done")
    assert_kept(kept, before)


def test_metrics_are_written_by_a_timer(kept):
    host = kept["h1"]
    host.run("mkdir", "-p", METRICS)
    run = kept.play("containerhost.network.site", "-e", f"containerhost_metrics_dir={METRICS}", "--limit", "h1")
    assert (run.status, run.changed) == (0, 1), run.output
    assert is_active(host, "containerhost-check.timer") == "active"
    host.run("ip", "link", "del", "ch-fabric")
    host.run("systemctl", "start", "containerhost-check.service")
    told = host.run("cat", f"{METRICS}/containerhost.prom").stdout
    assert "containerhost_as_saved 0\\n" in told.replace("\n", "\\n")
    assert 'containerhost_network_differences{network="fabric",driver="overlay"} 0' not in told
    assert 'containerhost_network_differences{network="web",driver="bridge"} 0' in told
    assert "ch-fabric" not in host.run("ip", "link").stdout
    assert site(kept).changed == 1
    assert host.run("ls", METRICS).stdout == ""
    assert is_active(host, "containerhost-check.timer") == "inactive"


def test_switched_off_nothing_of_it_is_left(kept, files_before):
    off = kept.play("containerhost.network.site", "-e", "containerhost_keep=false")
    assert (off.status, off.changed) == (0, 2), off.output
    assert changed_files(kept, files_before) == []
    assert units(kept["h1"]) == ""
    assert kept.play("containerhost.network.site", "-e", "containerhost_keep=false").changed == 0
    assert site(kept).changed == 2


def test_taken_down_everything_is_as_before(kept, untouched, files_before):
    assert kept.play("containerhost.network.teardown").status == 0
    assert_same(untouched, states(kept))
    assert changed_files(kept, files_before) == []
    assert units(kept["h1"]) == ""
    left = f"ls -d {'* '.join(OF_NETWORKS)} /run/containerhost-names; pgrep dnsmasq"
    assert kept["h1"].run("sh", "-c", left, check=False).stdout == ""
