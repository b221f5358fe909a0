# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans made of YAML, as a user would write his inventory."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError, Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan

TODAY = "2026-11-20"

NETWORKS = """
web:
  driver: bridge
  subnets: [{cidr: 10.80.0.0/16, host_prefix: 24}]
fabric:
  driver: overlay
  subnets: [{cidr: 10.42.0.0/16, host_prefix: 24}, {cidr: "fd00:42::/48", host_prefix: 64}]
  vni: 42
"""

CONTAINERS = {
    "h1": "shop: {networks: {web: {publish: ['8080:80/tcp']}, fabric: {}}, default_route: web}",
    "h2": "db: {engine: docker, networks: {fabric: }}",
    "h3": "cache: {networks: {fabric: {}}}",
}


def load(value):
    return yaml.safe_load(value) if isinstance(value, str) else value


class FleetBuilder:
    """The design's example fleet, and what a test changes of it."""

    def __init__(self):
        self.hosts = {
            host: {
                "ansible_host": f"198.18.7.{10 + number}",
                "containerhost_networks": load(NETWORKS),
                "containerhost_containers": load(containers),
            }
            for number, (host, containers) in enumerate(CONTAINERS.items(), start=1)
        }
        self.play = {}
        self.ledger = Ledger()
        self.today = TODAY

    def networks(self, text):
        """Replaces the fleet's networks."""
        for variables in self.hosts.values():
            variables["containerhost_networks"] = load(text)
        return self

    def more_networks(self, text):
        for variables in self.hosts.values():
            variables["containerhost_networks_more"] = load(text)
        return self

    def containers(self, host, text):
        """Replaces a host's containers."""
        self.hosts[host]["containerhost_containers"] = load(text)
        return self

    def only_containers(self, **by_host):
        """Replaces all containers."""
        for host, variables in self.hosts.items():
            variables["containerhost_containers"] = load(by_host.get(host, {}))
        return self

    def variables(self, host, **variables):
        self.hosts.setdefault(host, {}).update(variables)
        return self

    def everywhere(self, **variables):
        for found in self.hosts.values():
            found.update(variables)
        return self

    def without(self, host):
        del self.hosts[host]
        return self

    def remembering(self, plan):
        """Takes over what a plan has made of the ledger."""
        self.ledger = plan.ledger
        return self

    def inventory(self):
        return gather(Sources(self.hosts, self.play, resolve=self._resolve))

    def _resolve(self, pattern):
        if pattern == "bad":
            raise Refusal("the host pattern 'bad' can't be resolved", "Name a group or host")
        return [host for host in self.hosts if pattern == "all" or host in pattern.split(",")]

    def plan(self, drivers=None, written=None):
        return make_plan(self.inventory(), self.ledger, self.today, drivers, written)

    def problems(self):
        """What is wrong with it. A fleet that can be planned has none."""
        try:
            self.plan()
        except PlanError as error:
            return error.problems
        return []


@pytest.fixture
def fleet():
    return FleetBuilder()


@pytest.fixture
def new_fleet():
    """For tests that need several."""
    return FleetBuilder


@pytest.fixture
def objects():
    """The objects of one kind in a host's document, only those of a network where one is named."""

    def find(plan, host, kind, network=None):
        found = plan.documents[host].get(kind, [])
        return [each for each in found if network in (None, each["network"])]

    return find


@pytest.fixture
def addresses():
    """Every endpoint's addresses: {(network, host, container): [address/prefix, …]}."""

    def read(plan):
        return {
            (name, host, endpoint.container.name): [slice_.address(address) for address, slice_ in endpoint.addresses]
            for name, network in plan.fleet.networks.items()
            for host, endpoints in network.endpoints.items()
            for endpoint in endpoints
        }

    return read
