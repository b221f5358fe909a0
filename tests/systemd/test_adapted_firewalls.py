# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firewalls beside us that we have let our networks pass: reloaded, restarted, started after us, and removed."""

from __future__ import annotations

import re
import time

import pytest

from ansible_collections.containerhost.network.tests.systemd.conftest import DB, NETWORKS, SHOP, listen, site
from ansible_collections.containerhost.network.tests.systemd.docker import IMAGE, UNITS

ADAPT = ("-e", "containerhost_foreign_firewall=adapt")
# Contents, modes and owners. firewalld keeps copies of what it has replaced itself.
FILES = "find /etc/ufw /etc/firewalld ! -name '*.old' -type f | sort | xargs stat -c '%a %U %n' | while read a b n; do"
FILES += ' echo "$a $b $(md5sum $n)"; done'
RULES = "iptables-save; ip6tables-save"
EDITS = {
    "somebody's own": "sed -i 's/^COMMIT/-A ufw-before-input -p tcp --dport 9 -j DROP\\n&/' /etc/ufw/before.rules",
    "it goes": "sed -i '/--dport 9 /d' /etc/ufw/before.rules",
}


@pytest.fixture(scope="module")
def served(pair):
    hosts = {"h1": {"containerhost_containers": {"shop": SHOP}}, "h2": {"containerhost_containers": {"db": DB}}}
    pair.inventory(hosts, containerhost_networks=NETWORKS)
    assert site(pair).changed > 0
    listen(pair["h1"])
    pair["h2"].run("systemd-run", "--quiet", "--unit=out", *"socat TCP-LISTEN:99,fork,reuseaddr SYSTEM:echo".split())
    return pair


def files(fleet) -> str:
    return fleet["h1"].run("sh", "-c", FILES).stdout


def passes(fleet) -> bool:
    """In at a published port, out, and from another host by the tunnel."""
    host, other = fleet["h1"], fleet["h2"]
    asking = "socat -T2 STDIO TCP:{}:{},connect-timeout=1"
    return (
        fleet.outside(*asking.format("192.0.2.11", 8080).split(), check=False).stdout == "from shop\n"
        and host.run(*f"ip netns exec shop {asking.format('192.0.2.12', 99)}".split(), check=False).returncode == 0
        and other.run(*f"ip netns exec db {asking.format('10.42.0.2', 80)}".split(), check=False).stdout
        == "from shop\n"
    )


def mended(fleet) -> bool:
    """Without a run."""
    deadline = time.monotonic() + 30
    while not passes(fleet):
        if time.monotonic() > deadline:
            return False
    return True


def adapts(fleet) -> str:
    """A check foretells what a run does, of which the next has nothing to do; and what is to pass does."""
    told = []
    for arguments in (("--check",), ()):
        played = fleet.play("containerhost.network.site", "--diff", *ADAPT, *arguments)
        assert played.status == 0, played.output
        assert "a firewall of this host" not in " ".join(played.output.split()), played.output
        # Which of the hosts is told of first is which of them is ready first.
        told.append(sorted(re.findall(r"^[-+].*$", played.output, re.MULTILINE)))
    assert told[0] == told[1]
    assert fleet.play("containerhost.network.site", *ADAPT).changed == 0
    assert passes(fleet), played.output
    return played.output


def keeps(fleet, *what: str) -> None:
    """And a run has nothing to do then."""
    for each in what:
        fleet["h1"].run("sh", "-c", each)
        assert mended(fleet), each
    assert fleet.play("containerhost.network.site", *ADAPT).changed == 0, what


def survives_a_reboot(fleet) -> None:
    host = fleet["h1"]
    host.reboot()
    # Docker's own where nobody routes yet when it starts (20.10).
    host.run("iptables", "-P", "FORWARD", "DROP")
    listen(host)
    assert mended(fleet)


def taken_back(fleet) -> None:
    """The run of a fleet that is to leave its hosts' firewalls alone again."""
    assert site(fleet).changed > 0
    assert "containerhost:plan" not in fleet["h1"].run("sh", "-c", RULES).stdout


def torn_down(fleet) -> None:
    played = fleet.play("containerhost.network.teardown")
    assert played.status == 0, played.output
    assert "containerhost" not in fleet["h1"].run("sh", "-c", f"{RULES}; cat /etc/ufw/*.rules").stdout


def test_ufw(served):
    host = served["h1"]
    host.run("ufw", "--force", "enable")
    clean = files(served)
    assert not passes(served)
    adapts(served)
    keeps(served, "systemctl restart ufw", "ufw --force disable && ufw --force enable")
    adapted = files(served)
    host.run("systemctl", "enable", "ufw")
    survives_a_reboot(served)
    host.run("sh", "-c", EDITS["somebody's own"])
    keeps(served, "ufw reload")
    host.run("sh", "-c", EDITS["it goes"])
    assert files(served) == adapted
    taken_back(served)
    assert files(served) == clean
    host.run("systemctl", "disable", "ufw")
    host.run("ufw", "--force", "disable")
    assert site(served).changed == 0


def test_firewalld(served):
    host = served["h1"]
    clean = files(served)
    host.run("sh", "-c", "systemctl start firewalld && firewall-cmd --state")
    assert not passes(served)
    adapts(served)
    start = "systemctl start firewalld && firewall-cmd --state"
    keeps(served, "firewall-cmd --reload", f"systemctl stop firewalld && {start}")
    taken_back(served)
    assert files(served) == clean
    assert "ch-" not in host.run("firewall-cmd", "--get-policies").stdout
    host.run("systemctl", "stop", "firewalld")
    assert site(served).changed == 0


def test_docker(served):
    host = served["h1"]
    clean = files(served)
    told = served.play("containerhost.network.site", "--diff", *ADAPT).output
    assert "foreign_firewall" not in told  # nobody is there yet
    assert files(served) == clean
    host.run("systemctl", "enable", "--now", "--quiet", *UNITS)
    host.run("sh", "-ec", IMAGE)
    host.run("iptables", "-P", "FORWARD", "DROP")
    assert mended(served)
    adapts(served)
    # ufw is started after us, and then one place is enough.
    keeps(served, "ufw --force enable")
    assert host.run("iptables", "-S", "DOCKER-USER").stdout.count(" ch-web") == 0
    keeps(served, "ufw --force disable", "iptables -F DOCKER-USER", "systemctl restart docker")
    survives_a_reboot(served)
    torn_down(served)
