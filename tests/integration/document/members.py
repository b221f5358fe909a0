# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several hosts on one segment, planned and made as one fleet: what an overlay is across them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import Plan, make_plan
from ansible_collections.containerhost.network.tests.integration.conftest import OWN_RUN, Host, Sleeper

SWITCH = """
ip link set lo up
ip link add name sw mtu 9000 type bridge
ip link set sw up
"""
LEG = """
ip link add eth0 mtu {mtu} type veth peer name {name} mtu {mtu} netns {switch}
echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad
for address in {addresses}; do ip addr add $address dev eth0 nodad 2>/dev/null || ip addr add $address dev eth0; done
ip link set lo up
ip link set eth0 up
"""


class Member(Host):
    """A host with an ``eth0`` on a switch."""

    def __init__(
        self, folder: Path, name: str, switch: Sleeper, addresses: Iterable[str], mtu: int, places: str = OWN_RUN
    ) -> None:
        self._outside = switch
        self._host = Sleeper("--net", "--mount", "--propagation", "private", prepare=places)
        self._folder = folder
        self.warned = ""
        self.run("sh", "-ec", LEG.format(name=name, switch=switch.pid, mtu=mtu, addresses=" ".join(addresses)))
        self.outside("ip", "link", "set", name, "master", "sw", "up")
        self.settle()

    @property
    def pid(self) -> int:
        return self._host.pid

    def end(self) -> None:
        self.end_name_servers()
        self._host.end()


class Members:
    """A fleet. ``hosts`` are each host's variables in YAML; what is in ``everywhere`` all of them have."""

    PLACES = OWN_RUN  # what of the file system each host has to itself

    def __init__(self, folder: Path, everywhere: str, **hosts: str) -> None:
        self._switch = Sleeper("--net")
        self._folder = folder
        self.ledger = Ledger()
        self.everywhere: dict[str, Any] = yaml.safe_load(everywhere)
        self.variables: dict[str, dict[str, Any]] = {name: yaml.safe_load(text) for name, text in hosts.items()}
        self._run("sh", "-ec", SWITCH)
        self.hosts: dict[str, Member] = {}
        for name in hosts:
            self.come(name)
        self.snapshots = {name: host.snapshot() for name, host in self.hosts.items()}

    def _run(self, *argv: str) -> None:
        subprocess.run(["nsenter", f"--target={self._switch.pid}", "--net", *argv], check=True)

    def come(self, name: str, mtu: int = 1500) -> None:
        addresses = self.variables[name]["containerhost_underlay_address"]
        some = [addresses] if isinstance(addresses, str) else addresses
        self.hosts[name] = Member(self._folder, name, self._switch, some, mtu, self.PLACES)

    def end(self) -> None:
        for host in self.hosts.values():
            host.end()
        self._switch.end()

    def plan(self) -> Plan:
        variables = {name: {**self.everywhere, **own} for name, own in self.variables.items()}
        inventory = gather(Sources(variables, {}, resolve=lambda pattern: list(variables)))
        return make_plan(inventory, self.ledger, "2026-11-26")

    def apply(self, plan: Plan, name: str, remove: bool, check: bool = False) -> dict[str, Any]:
        given = {"document": plan.documents[name], "remove": ["*"] if remove else [], "recreate": False}
        done = self.hosts[name].module("document", check=check, **given)
        assert not done.get("failed"), done["msg"]
        return done

    def site(self) -> dict[str, list[str]]:
        """Make on each, then remove on each, predicted; what changed, by host. Once more changes nothing."""
        plan = self.plan()
        self.ledger = plan.ledger
        changed: dict[str, list[str]] = {}
        for remove in (False, True):
            for name in self.hosts:
                predicted = self.apply(plan, name, remove, check=True)
                done = self.apply(plan, name, remove)
                assert predicted["diff"] == done["diff"], name
                changed.setdefault(name, []).extend(each["before_header"] for each in done["diff"])
        for name in self.hosts:
            assert self.apply(plan, name, remove=True)["diff"] == []
        return changed

    def in_(self, host: str, container: str, *argv: str, check: bool = True) -> str:
        return self.hosts[host].run("ip", "netns", "exec", container, *argv, check=check)

    def addresses(self, network: str) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Those of each container, by host and container."""
        return {
            (host, endpoint.container.name): tuple(str(address) for address, _slice in endpoint.addresses)
            for host, endpoints in self.plan().fleet.networks[network].endpoints.items()
            for endpoint in endpoints
        }

    def pings(self, network: str) -> list[str]:
        """Who does not reach whom, from each container to each address of all others, with the patience that it takes
        until neighbours on the underlay are found."""
        there = self.addresses(network)
        return [
            f"{host}/{container} to {address}"
            for host, container in there
            for other, addresses in there.items()
            for address in (addresses if other != (host, container) else ())
            if not any(self.reaches(host, container, address) for _again in range(5))
        ]

    def reaches(self, host: str, container: str, address: str, *options: str) -> bool:
        return "1 received" in self.in_(host, container, "ping", "-c1", "-W1", *options, address, check=False)
