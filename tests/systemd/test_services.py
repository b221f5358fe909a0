# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services as containers: engine ``systemd``, by a unit's name."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.systemd.conftest import NETWORKS, assert_kept, site, states
from ansible_collections.containerhost.network.tests.systemd.fleet import SystemdFleet

PRIVATE = """
[Service]
PrivateNetwork=yes
BindPaths=/etc/app.hosts:/etc/hosts /etc/app.conf:/etc/resolv.conf
ExecStartPre=/bin/true
ExecStart=sleep infinity
[Install]
WantedBy=multi-user.target
"""
NAMED = """
[Service]
NetworkNamespacePath=/run/netns/%i
ExecStart=sleep infinity
"""
SHARED = "[Service]\nExecStart=sleep infinity\n"
CONTAINERS = {
    "app": {"engine": "systemd", "networks": {"web": {}}},
    "base": {"networks": {}},
    "front": {"engine": "systemd", "ref": "in@base", "networks": {"web": {}}},
    "plain": {"engine": "systemd", "ref": "plain.service", "networks": {"web": {}}},
    "gone": {"engine": "systemd", "networks": {"web": {}}},
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    fleet = SystemdFleet(tmp_path_factory.mktemp("services"), ["h1"])
    try:
        for name, text in (("app", PRIVATE), ("in@", NAMED), ("plain", SHARED)):
            fleet["h1"].put(f"/etc/systemd/system/{name}.service", text)
        for name in ("hosts", "conf"):
            fleet["h1"].put(f"/etc/app.{name}", "# mine\n")
        fleet["h1"].run("ip", "netns", "add", "base")
        fleet["h1"].run("systemctl", "daemon-reload")
        fleet["h1"].run("systemctl", "enable", "--now", "app.service")
        fleet["h1"].run("systemctl", "start", "in@base.service", "plain.service")
        networks = {"web": {**NETWORKS["web"], "names": ["hosts", "resolver"]}}
        fleet.inventory({"h1": {"containerhost_containers": CONTAINERS}}, containerhost_networks=networks)
        yield fleet
    finally:
        fleet.end()


def addresses(host, unit):
    pid = host.run("systemctl", "show", "--property=MainPID", "--value", unit).stdout.strip()
    return host.run("nsenter", f"--target={pid}", "--net", "ip", "-br", "-4", "address", "show", "dev", "eth0").stdout


def inside(host, unit, *argv):
    pid = host.run("systemctl", "show", "--property=MainPID", "--value", unit).stdout.strip()
    return host.run("nsenter", f"--target={pid}", "--net", "--mount", *argv).stdout


def test_services_with_a_namespace_of_their_own_are_attached(fleet):
    host = fleet["h1"]
    told = site(fleet)
    assert "10.80.0.2/24" in addresses(host, "app")
    assert "10.80.0.3/24" in addresses(host, "in@base")
    assert told.said("there is no service gone.service on this host")
    assert told.said("systemd plain.service is in the host's own network namespace")
    assert told.said("the hosts file of systemd in@base is the host's own: give it one of its own, as by BindPaths=")
    assert "# mine\n" in inside(host, "app", "cat", "/etc/hosts")
    assert inside(host, "app", "getent", "hosts", "front.web").split()[0] == "10.80.0.3"
    assert "nameserver 10.80.0.1\n" in inside(host, "app", "cat", "/etc/resolv.conf")
    assert_kept(fleet, states(fleet))


def attached(host):
    shown = 'nsenter --target=$(systemctl show --property=MainPID --value app) --net ip -br -4 address show dev eth0'
    host.run("timeout", "50", "sh", "-c", f"until {shown} 2>/dev/null | grep -q 10.80.0.2; do sleep 0.05; done")


def test_one_that_starts_again_is_attached_without_a_run(fleet):
    host = fleet["h1"]
    host.run("systemctl", "restart", "app")
    attached(host)
    host.reboot()
    attached(host)
