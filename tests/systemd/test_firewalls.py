# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A firewall beside us that was told what docs/bridge.md says: its starts and reloads take nothing of ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.tests.systemd.conftest import (
    answer,
    assert_same,
    listen,
    site,
    states,
    without_others,
)

PAGE = Path(__file__).resolve().parents[2] / "docs/bridge.md"


def documented(program: str) -> list[list[str]]:
    """The commands that the page has for it."""
    return [line.split() for line in re.findall(rf"^# ({program} .*)$", PAGE.read_text(), re.MULTILINE)]


@pytest.fixture(scope="module")
def served(town):
    listen(town["h1"])
    return town


def test_ufw(served):
    host = served["h1"]
    host.run("ufw", "--force", "enable")
    assert "ufw route allow in on ch" in warned(served)
    for command in documented("ufw"):
        host.run(*command)
    keeps_working(served, "ufw reload")
    keeps_working(served, "systemctl restart ufw")
    host.run("ufw", "--force", "disable")


def test_firewalld(served):
    host = served["h1"]
    # systemd waits for its name on the bus only; it answers when it has made its rules.
    host.run("systemctl", "start", "firewalld")
    forwarding = [" ".join(each) for each in documented("firewall-cmd") if "--add-port=4789/udp" not in each]
    assert f"`{' && '.join(forwarding)}`" in warned(served)
    for command in documented("firewall-cmd"):
        host.run(*command)
    keeps_working(served, "firewall-cmd --reload")
    keeps_working(served, "systemctl restart firewalld && firewall-cmd --state")
    host.run("systemctl", "stop", "firewalld")


def warned(fleet) -> str:
    """What a run says of firewalls, on one line."""
    text = " ".join(site(fleet).output.split())
    return text if "a firewall of this host" in text else ""


def keeps_working(fleet, reload):
    """What the firewall does leaves ours, and what passes through both."""
    assert warned(fleet) == ""
    before = without_others(states(fleet))
    fleet["h1"].run("sh", "-c", reload)
    assert_same(before, without_others(states(fleet)))
    assert site(fleet).changed == 0
    assert answer(fleet) == "from shop"
    assert fleet["h1"].pings("10.42.1.5", netns="shop")
    assert fleet["h1"].pings("192.0.2.12", netns="shop")
