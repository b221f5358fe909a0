# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name servers on networks that have no gateway: bridged overlays, isolated bridges and macvlan."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.tests.integration.conftest import OWN_PLACES
from ansible_collections.containerhost.network.tests.integration.document.members import Members
from ansible_collections.containerhost.network.tests.integration.document.test_names import ASK

NETWORKS = """
containerhost_underlay_interface: eth0
containerhost_networks:
  pond: {driver: overlay, mode: bridged, vni: 44, names: resolver, dns: {servers: [198.18.9.2]},
         subnets: [10.44.0.0/24, "fd00:44::/64"]}
  cell: {driver: bridge, gateway_mode: isolated, names: resolver, internal: true, subnets: [10.45.0.0/24]}
  lan: {driver: macvlan, parent: eth0, names: resolver, dns: {servers: [198.18.9.2]},
        subnets: [{cidr: 198.18.9.0/24, range: 198.18.9.128/27}, {cidr: "fd00:46::/64"}]}
"""
ON = ("pond", "cell", "lan")
UPSTREAM = (
    "dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --bind-interfaces --listen-address=198.18.9.2"
    " --except-interface=lo --pid-file=/run/up.pid --address=/example.org/192.0.2.80"
)


class Readers(Members):
    PLACES = OWN_PLACES


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Members]:
    """Two hosts, each with a container on each network: ``pond1`` and ``pond2``."""
    hosts = {
        f"h{number}": f"{{containerhost_underlay_address: '198.18.9.{number}/24', containerhost_containers: {{"
        + ", ".join(f"{name}{number}: {{networks: {{{name}: }}}}" for name in ON)
        + "}}"
        for number in (1, 2)
    }
    fleet = Readers(tmp_path, NETWORKS, **hosts)
    yield fleet
    fleet.end()


def test_a_host_answers_its_containers_and_nobody_else(fleet: Members) -> None:
    fleet.site()
    documents = fleet.plan().documents
    servers = {
        (host, row["sandbox"]["ref"]): row["servers"] for host in fleet.hosts for row in documents[host]["resolv_conf"]
    }

    def asked(host: str, container: str, name: str, server: str, type_: str = "A") -> str:
        return fleet.in_(host, container, sys.executable, "-c", ASK, server, name, type_, "udp").strip()

    fleet.hosts["h2"].run("sh", "-ec", UPSTREAM)
    addresses = fleet.addresses("pond") | fleet.addresses("lan")
    for (host, container), own in servers.items():
        network, other = container[:-1], f"{container[:-1]}{3 - int(container[-1])}"
        whole = [found for (_host, name), found in addresses.items() if name == other]
        # On a bridge of its host a container finds those of this host alone.
        expected = whole[0][0] if network != "cell" else "unknown"
        for server in own:
            assert asked(host, container, other, server) == expected, (container, server)
            assert asked(host, container, container, server) != "unknown"
            outside = asked(host, container, "www.example.org", server)
            assert outside == ("refused" if network == "cell" else "192.0.2.80"), (container, server)
    # The one on the other host answers the other host's containers, and on a LAN nobody else on it.
    for network in ("pond", "lan"):
        (theirs, *_more) = servers["h2", f"{network}2"]
        assert asked("h1", f"{network}1", f"{network}2", theirs) == "silence", network
    for name in ("pond", "lan"):
        for server in servers["h2", f"{name}2"]:
            told = fleet.hosts["h1"].run(sys.executable, "-c", ASK, server, f"{name}2", "A", "udp").strip()
            assert told == "silence", (name, server)
    # Nothing but names is reached there. The host reaches its containers, as verify takes for granted.
    for container, found in [("cell1", "10.45.0.2"), ("pond1", "10.44.0.3"), ("lan1", "198.18.9.130")]:
        assert (found,) == fleet.addresses(container[:-1])["h1", container][:1]
        assert "1 received" in fleet.hosts["h1"].run("ping", "-c1", "-W2", found), container
    for container in ("pond1", "cell1", "lan1"):
        ping = fleet.in_("h1", container, "ping", "-c1", "-W0.3", servers["h1", container][0], check=False)
        assert "1 received" not in ping, container
    ended = "kill $(cat /run/up.pid); while ss -Hlun | grep -q 198.18.9.2:53; do sleep 0.02; done"
    fleet.hosts["h2"].run("sh", "-c", ended)
    for name in fleet.hosts:
        fleet.variables[name]["containerhost_containers"] = {}
    for network in fleet.everywhere["containerhost_networks"].values():
        network["state"] = "absent"
    fleet.site()
    for name, host in fleet.hosts.items():
        host.settle()
        assert host.snapshot() == fleet.snapshots[name]
