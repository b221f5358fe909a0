# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's interface as a port of a bridge: whose networkd holds it, and over a reboot."""

from __future__ import annotations

from ansible_collections.containerhost.network.tests.systemd.fleet import SystemdFleet

NETWORKS = {"lan": {"driver": "bridge", "gateway_mode": "bridged", "uplink": "lan0", "subnets": ["192.168.7.0/24"]}}
CONTAINERS = {"shop": {"networks": {"lan": {"address": "192.168.7.130"}}}}
UNMANAGED = "[Match]\nName=lan0\n[Link]\nUnmanaged=yes\n"
# As ifupdown does it, for a host without it.
STATIC = """
[Unit]
DefaultDependencies=no
Before=network.target containerhost-restore.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=ip link set lan0 up
ExecStart=ip addr add 192.168.7.11/24 dev lan0
ExecStart=ip route add 198.51.100.0/24 via 192.168.7.1
[Install]
WantedBy=multi-user.target
"""


def test_what_networkd_holds_is_refused_and_what_a_boot_sets_up_moves_again(tmp_path):
    fleet = SystemdFleet(tmp_path, ["h1"], lans=["lan0"])
    try:
        host = fleet["h1"]
        fleet.inventory({"h1": {"containerhost_containers": CONTAINERS}}, containerhost_networks=NETWORKS)
        refused = fleet.play("containerhost.network.site")
        assert refused.said("lan0 is held by systemd-networkd (/run/systemd/netif/links/"), refused.output
        host.put("/etc/systemd/network/lan0.network", UNMANAGED)
        host.put("/etc/systemd/system/static.service", STATIC)
        host.run("systemctl", "enable", "static.service")
        host.reboot()
        before = host.kernel_state()
        made = fleet.play("containerhost.network.site")
        assert made.status == 0, made.output
        host.reboot()
        assert "dev ch-lan" in host.run("ip", "route", "get", "198.51.100.1").stdout
        assert "192.168.7.11/24" in host.run("ip", "addr", "show", "dev", "ch-lan").stdout
        assert "inet" not in host.run("ip", "addr", "show", "dev", "lan0").stdout
        assert host.pings("192.168.7.130") and host.pings("192.168.7.11", "shop")
        assert host.run("containerhost", "check").returncode == 0
        gone = fleet.play("containerhost.network.teardown")
        assert gone.status == 0, gone.output
        assert host.kernel_state() == before
    finally:
        fleet.end()
