# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of ours as one of Docker's own: ``docker run --network web``, beside containers of ours."""

from __future__ import annotations

import json

import pytest
import yaml

from ansible_collections.containerhost.network.plugins.modules import docker_network
from ansible_collections.containerhost.network.tests.engines.conftest import GATEWAY, changes
from ansible_collections.containerhost.network.tests.engines.real import DOCKER

FILTERING = ("--iptables=true", "--experimental", "--ip6tables=true")
DUAL = [{"cidr": "10.80.0.0/16", "host_prefix": 24}, {"cidr": "fd00:80::/48", "host_prefix": 64}]


# What Docker switches on for its first network with IPv6, and leaves on.
_FORWARDING = "grep . /proc/sys/net/ipv6/conf/*/forwarding | sed 's/:/ /'"


@pytest.fixture
def filtering(house):
    """Docker with its firewall rules, IPv6 too, as it comes."""
    docker = house.engines["docker"]
    forwarding = house.host.sh(_FORWARDING)
    docker.stop_daemon()
    docker.start_daemon(*FILTERING)
    yield docker
    docker.remove_all()
    house.teardown()
    assert house.host.succeeds(DOCKER, "network", "inspect", "bridge")
    assert not house.host.succeeds(DOCKER, "network", "inspect", "web")
    assert "ch-web" not in house.host.sh("iptables-save; ip6tables-save")
    docker.stop_daemon()
    house.host.sh("for f in ip ip6; do for t in filter nat; do nft delete table $f $t 2>/dev/null || true; done; done")
    house.host.run("sh", "-c", "while read path value; do echo $value > $path; done", input=forwarding)
    docker.start_daemon()


def inspect(house, name="web"):
    return json.loads(house.host.run(DOCKER, "network", "inspect", name))[0]


def run_on_web(docker, ref, *options):
    docker._made.append(ref)
    command = docker._running(ref, "web")
    docker.machine.run(*command, "--detach", "--hostname", ref, *options, "box", "/bin/httpd", "-f", "-h", "/etc")


def address(house, ref, field="IPAddress"):
    found = json.loads(house.host.run(DOCKER, "inspect", ref))[0]
    return found["NetworkSettings"]["Networks"]["web"][field]


def test_docker_run_on_a_network_of_ours(house, filtering):
    docker = filtering
    house.say({"db": {}}, keep=True, subnets=DUAL, handoff={"docker": True})
    house.settled()
    docker_has = inspect(house)
    assert [each["IPRange"] for each in docker_has["IPAM"]["Config"]] == ["10.80.0.128/26", "fd00:80:0:0:8000::/66"]
    run_on_web(docker, "c1", "--publish", "8081:80")
    run_on_web(docker, "c2")
    assert (address(house, "c1"), address(house, "c2")) == ("10.80.0.128", "10.80.0.129")
    for target in (GATEWAY, "10.80.0.2", "10.80.0.129", "fd00:80::2"):
        assert docker.reaches("c1", target), target
    assert house.host.succeeds("ip", "netns", "exec", "db", "ping", "-c1", "-W2", "10.80.0.128")
    assert house.asked_from_outside(8081) == "c1"
    # What is not published is shut from outside, whatever Docker's chain for users lets pass.
    house.outside.run("ip", "route", "replace", "10.80.0.0/24", "via", house.address)
    assert not house.outside.succeeds("nc", "-w1", "10.80.0.129", "80")
    assert house.site().changed == 0
    docker.restart("c1")
    assert docker.reaches("c1", GATEWAY)
    # The daemon's restart leaves its chain for users, and what somebody takes out of it comes back.
    docker.stop_daemon()
    docker.start_daemon(*FILTERING)
    for ref in ("c1", "c2"):
        docker.start(ref)
    assert house.site().changed == 0
    house.host.run("nft", "flush", "chain", "ip", "filter", "DOCKER-USER")
    assert changes(house.site("--diff")) == ["docker_network web (web)"]
    # It goes when nobody is on it, and until then nothing that it stands on does, or that serves it.
    house.say({}, subnets=DUAL)
    assert house.host.run("cat", "/proc/sys/net/ipv4/conf/ch-web/forwarding") == "1\n"
    played = house._play("site")
    assert played.status != 0, played.output
    assert "containers of Docker are on it (c1, c2): disconnect or remove them, then run again" in played.output
    assert house.ports()
    assert docker.reaches("c1", "10.80.0.129")
    assert house.host.run("cat", "/proc/sys/net/ipv4/conf/ch-web/forwarding") == "1\n"
    docker.remove_all()
    house.site()
    assert house.host.sh("ip -br link show ch-web 2>/dev/null || true") == ""


def test_a_network_of_dockers_own_that_has_the_name_stays(house, filtering):
    house.host.run(DOCKER, "network", "create", "web")
    try:
        house.say({"db": {}}, handoff={"docker": True})
        played = house._play("site")
        assert "docker_network web (web) cannot be made: there is one already that is not ours" in played.output
        assert inspect(house)["Labels"] == {}
    finally:
        house.host.run(DOCKER, "network", "rm", "web")


def test_a_host_whose_docker_does_not_run_has_it_later(house, filtering):
    filtering.stop_daemon()
    house.say({"db": {}}, handoff={"docker": True})
    played = house.site()
    assert "docker is not running on this host: start it, then run again. Pending until then: docker_network web" in (
        " ".join(played.output.split())
    )
    filtering.start_daemon(*FILTERING)
    assert changes(house.site("--diff")) == ["docker_network web (web)"]
    # Another range, bridge or MTU needs it to be made again, which is asked for.
    house.say({"db": {}}, handoff={"docker": True}, mtu=1400)
    assert "containerhost_recreate=true" in house._play("site").output
    house.site("-e", "containerhost_recreate=true")
    assert inspect(house)["Options"]["com.docker.network.driver.mtu"] == "1400"
    assert house.site().changed == 0


def test_the_examples_of_the_module_run_as_written(house, filtering):
    tasks = yaml.safe_load(docker_network.EXAMPLES)
    removing = {"containerhost.network.bridge": {"config": [], "purge": True}}
    play = [{"hosts": "all", "gather_facts": False, "tasks": [*tasks, removing]}]
    (house.lab.folder / "examples.yml").write_text(yaml.safe_dump(play, sort_keys=False))
    played = house.lab.play("examples.yml", "-e", f"@{house.lab.vars_file.name}")
    assert (played.status, played.output.count("changed: [h1]")) == (0, len(tasks) + 1), played.output
