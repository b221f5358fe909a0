# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab with a host that runs real engines, and the playbooks on it; nothing of it is left on this machine."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.containerhost.network.tests.engines.machine import Machine
from ansible_collections.containerhost.network.tests.engines.real import Docker, Engine, Lxc, Podman
from ansible_collections.containerhost.network.tests.integration.lab.conftest import Lab, Played, remove

ENGINES: tuple[type[Engine], ...] = (Docker, Podman, Lxc)
GATEWAY = "10.80.0.1"
_NETWORK = {"driver": "bridge", "subnets": [{"cidr": "10.80.0.0/16", "host_prefix": 24}]}


class House:
    """The host, its engines by name, and its inventory: which containers it has is what tests differ in."""

    def __init__(self, lab: Lab, engines: tuple[type[Engine], ...] = ENGINES) -> None:
        self.lab = lab
        self.host, self.outside = Machine(lab, "h1"), Machine(lab, "outside")
        self.say({})
        assert lab.up("-e", "containerhost_lab_engines=real").status == 0
        self.address = lab.address("h1", 4)
        self.host.until(lambda: not self.host.run("ip", "address", "show", "tentative"), "its addresses are its own")
        self.engines = {engine.name: engine(self.host) for engine in engines}
        for engine in self.engines.values():
            engine.prepare()

    def say(self, containers: dict[str, Any], keep: bool = False, **options: Any) -> None:
        """This is the inventory from now on: a network ``web``, and containers on it, each {engine, publish…}.

        ``keep``: whether the host keeps its networks between two runs, so that there is nothing left to a run.
        """
        rows = {}
        for name, given in containers.items():
            endpoint = {key: given[key] for key in ("publish", "interface", "aliases") if key in given}
            rows[name] = {
                "networks": {"web": endpoint}, **{key: given[key] for key in given if key not in endpoint}
            }  # fmt: skip
        of_all = {"containerhost_networks": {"web": {**_NETWORK, **options}}, "containerhost_keep": keep}
        hosts = {"h1": {"ansible_host": "198.18.6.1", "containerhost_containers": rows}}
        self.lab.inventory(yaml.safe_dump({"all": {"hosts": hosts, "vars": of_all}}))

    # -- runs --------------------------------------------------------------------------------------------------

    def site(self, *arguments: str) -> Played:
        """A run that ends well."""
        played = self._play("site", *arguments)
        assert played.status == 0, played.output
        return played

    def settled(self) -> Played:
        """A run that check mode has predicted, and after which another one has nothing to do."""
        predicted = changes(self.site("--check", "--diff"))
        played = self.site("--diff")
        assert changes(played) == predicted
        assert self.site().changed == 0
        return played

    def teardown(self) -> None:
        played = self._play("teardown")
        assert played.status == 0, played.output
        (self.lab.folder / "containerhost.ledger").unlink(missing_ok=True)

    def _play(self, playbook: str, *arguments: str) -> Played:
        return self.lab.play(f"containerhost.network.{playbook}", "-e", f"@{self.lab.vars_file.name}", *arguments)

    # -- what is there -----------------------------------------------------------------------------------------

    def ports(self) -> list[str]:
        """Of the network's bridge."""
        told = self.host.sh("ip -br link show master ch-web 2>/dev/null || true")
        return [line.split()[0].split("@")[0] for line in told.splitlines()]

    def network(self) -> str:
        """The host's own network, and what is remembered of it: all that a run may have left behind."""
        told = self.host.sh(
            "ip -d -o link | sed -E 's/^[0-9]+: //'; ip -o address; ip -4 route show table all;"
            " ip -6 route show table all; ip neighbour show nud permanent; bridge fdb show state permanent;"
            " nft list ruleset; ip netns list; find /var/lib/containerhost /run/containerhost* /etc/containerhost"
            " /usr/local /usr/share/containers /usr/share/lxc/config/common.conf.d 2>/dev/null || true;"
            " grep -r . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf 2>/dev/null || true"
        )
        told = re.sub(r"^\d+: | \w+_timer +\S+", "", told, flags=re.MULTILINE)
        # Docker's own bridge has a carrier while a container is on it, and addresses since the first one was. The lock
        # is there while somebody is at work, as the watcher may be.
        passing = ("docker0", "/run/containerhost/lock")
        return "\n".join(sorted(line for line in told.splitlines() if not any(word in line for word in passing)))

    def asked_from_outside(self, port: int) -> str:
        """Who answers on a published port, on the wire."""
        request = "GET /hostname HTTP/1.0\r\n\r\n"
        told = self.outside.run("nc", "-w2", self.address, str(port), input=request, check=False)
        return told.rpartition("\n\n")[2].strip()


def changes(played: Played) -> list[str]:
    """The objects that a run or a check has told of, as the diff's headers name them."""
    return re.findall(r"^\+\+\+ after: (?!/)(.*)$", played.output, re.MULTILINE)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all tests: dockerd takes half a second to come up, and ten to go down."""
    yield from a_house(tmp_path_factory.mktemp("house"), "engines", ENGINES)


def a_house(folder: Path, name: str, engines: tuple[type[Engine], ...]) -> Iterator[House]:
    """For as long as a fixture is in use."""
    lab = Lab(folder, f"test-{name}-{os.getpid()}")
    machine = lab.machine()
    try:
        yield House(lab, engines)
    finally:
        remove(lab)
    assert lab.machine() == machine
    left = [trace for trace in lab.traces() if Path(trace) != lab.vars_file]
    assert left == []


@pytest.fixture
def house(furnished: House) -> Iterator[House]:
    """The host of a test, which after it is as it was before."""
    before = furnished.network()
    yield furnished
    for engine in furnished.engines.values():
        engine.remove_all()
    furnished.teardown()
    assert furnished.network() == before


@pytest.fixture(params=[engine.name for engine in ENGINES])
def engine(house: House, request: pytest.FixtureRequest) -> Engine:
    return house.engines[request.param]
