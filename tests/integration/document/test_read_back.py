# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run has set is read again: a value that the kernel has fitted to something else is told at once."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.kinds.vxlan import Vxlan
from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    only,
    said,
    web_and_fabric,
)

# The kernel counts such times in ticks, of which there are no more than a thousand a second.
TICKS = "net.ipv4.neigh.ch-web.retrans_time_ms"
OVERLAY = {"network": "fabric", "name": "vx0", "vni": 7, "mac": "02:00:00:00:09:07", "link": "eth0"}


def overlay(mtu: int) -> dict:
    return {"version": 1, "vxlan": [{**OVERLAY, "mtu": mtu}]}


@pytest.fixture
def unforeseen(monkeypatch):
    """The lower device's MTU is changed between a run's look at it and its first change."""
    monkeypatch.setattr(Vxlan, "limits", lambda *_arguments: ())


def told(host, document: dict, **options) -> list[str]:
    answer = host.module("document", document=document, **options)
    assert answer["failed"]
    return answer["problems"]


def test_an_mtu_that_was_clamped_is_a_failure_that_names_both(host, apply, unforeseen):
    before = host.snapshot()
    assert told(host, overlay(1500)) == [
        "vxlan vx0 (fabric): mtu was set to 1500, and the kernel has made it 1450: ask for what it can be there, or"
        " change what keeps it from that"
    ]
    # It is there, so that what can be had is had by asking for it.
    assert said(apply(overlay(1450))) == []
    assert said(apply({"version": 1}, everything=True)) == ["- vxlan vx0 (fabric)"]
    assert host.snapshot() == before


def test_what_is_left_over_of_a_network_stays_until_what_is_wanted_of_it_is_as_it_was_set(host, apply, unforeseen):
    former = {"network": "fabric", "name": "former", "mac": "02:00:00:00:09:08"}
    apply({**only("web"), "bridge": [*only("web")["bridge"], former]})
    (sentence,) = told(host, {**overlay(1500)}, remove=["*"])
    assert "mtu was set to 1500" in sentence
    devices = host.run("ip", "-br", "link")
    assert "former" in devices
    assert "ch-web" not in devices


def test_a_setting_that_was_rounded_is_told(host, apply):
    document = web_and_fabric()
    document["sysctl"].append({"network": "web", "key": TICKS, "value": "3001"})
    (sentence,) = told(host, document)
    assert sentence.startswith("sysctl net/ipv4/neigh/ch-web/retrans_time_ms (web): value was set to 3001, and")
    document["sysctl"][-1]["value"] = "3000"
    assert said(apply(document)) == ["~ sysctl net/ipv4/neigh/ch-web/retrans_time_ms (web)"]


def test_so_is_one_in_octal_digits_and_one_in_hexadecimal_is_as_it_was_asked_for(host):
    key = "net.ipv4.neigh.lo.retrans_time_ms"
    answer = host.module("sysctl", key=key, value="01750")
    assert "value was set to 01750, and the kernel has made it 1000" in answer["msg"]
    assert host.module("sysctl", key=key, value="0x7D0")["changed"]
    assert not host.module("sysctl", key=key, value="0x7d0")["changed"]


def test_a_single_module_tells_it_too(host):
    sentences = []
    for check in (True, False):
        answer = host.module("sysctl", check=check, key="net.ipv4.neigh.lo.retrans_time_ms", value="2001")
        sentences.append(answer.get("msg", ""))
    assert sentences[0] == ""
    assert "value was set to 2001, and the kernel has made it " in sentences[1]


@pytest.mark.parametrize(("key", "value", "made"), [
    ("net.ipv4.conf.lo.rp_filter", "02", "2"),
    ("net.ipv4.conf.lo.rp_filter", "1 2", "1"),
    ("net.ipv4.neigh.lo.retrans_time_ms", "2001", ""),
])  # fmt: skip
def test_what_the_kernel_has_made_of_it_is_given_back_all_the_same(host, key, value, made):
    path = f"/proc/sys/{key.replace('.', '/')}"
    before = host.run("cat", path)
    assert "and the kernel has made it " + made in host.module("sysctl", key=key, value=value)["msg"]
    assert host.run("cat", path) != before
    assert host.module("sysctl", key=key, state="absent")["changed"]
    assert host.run("cat", path) == before


IN_A_CONTAINER = [
    ("net.ipv4.conf.IFNAME.rp_filter", "02", "2"),
    ("net.ipv4.conf.all.log_martians", "1 0", "1"),
    ("net.ipv4.neigh.IFNAME.retrans_time_ms", "2001", ""),
    ("net.ipv6.conf.IFNAME.stable_secret", "fd00::1", "fd00:0000:0000:0000:0000:0000:0000:0001"),
]


@pytest.mark.parametrize(("key", "value", "made"), IN_A_CONTAINER)
def test_what_would_be_made_of_one_in_a_container_is_told_before_the_first_change(host, key, value, made):
    document, before = only("web"), host.snapshot()
    document["veth"][0]["sysctls"] = {key: value}
    path = key.replace(".", "/").replace("IFNAME", "eth0")
    for check in (True, False):
        (sentence,) = told(host, document, check=check)
        assert sentence.startswith(f"veth shop eth0 (web): of sysctl {path}={value} the kernel makes {made}")
    assert host.snapshot() == before


def test_so_it_is_of_one_that_a_module_sets_in_a_namespace(host):
    host.module("netns", name="shop")
    options = {"key": "net.ipv4.conf.lo.rp_filter", "netns": "/run/netns/shop"}
    for check in (True, False):
        answer = host.module("sysctl", check=check, value="1 2", **options)
        assert "of sysctl net/ipv4/conf/lo/rp_filter=1 2 the kernel makes 1" in answer["msg"]
    assert host.module("sysctl", value="1", **options)["changed"]
    host.module("netns", name="shop", state="absent")


def test_one_of_an_interface_is_set_after_one_of_all_of_them(host, apply):
    document = only("web")
    forwards = {"net.ipv4.ip_forward": "1", "net.ipv4.conf.IFNAME.forwarding": "0"}
    document["veth"][0].update(interface="0lan", sysctls={**forwards, "net.ipv4.conf.all.forwarding": "1"})
    apply(document)
    host.run("ip", "netns", "exec", "shop", "sysctl", "-q", "net.ipv4.ip_forward=0", "net.ipv4.conf.0lan.forwarding=0")
    apply(document)
    apply(NOTHING, everything=True)
