# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden values: users' firewalls and reservations rely on them. A change needs a major version and a migration."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.containerhost.network.plugins.plugin_utils.allocate import names
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,40}\Z")


@pytest.mark.parametrize(
    ("prefix", "name", "device"),
    [
        ("ch-", "web", "ch-web"),
        ("chb-", "fabric", "chb-fabric"),
        ("ch-", "exactly12chr", "ch-exactly12chr"),
        ("ch-", "thirteen-char", "ch-thi-uar3mytn"),
        ("chb-", "exactly12chr", "chb-ex-3o2o7jym"),
        ("ch-", "v1.2", "ch-v1--tk6m46yq"),
    ],
)
def test_a_device_is_named_like_this_for_ever(prefix, name, device):
    assert names.device_name(prefix, name) == device


def test_macs_are_like_this_for_ever():
    assert names.endpoint_mac("fabric", "10.42.0.2") == "02:2f:7f:8a:9f:07"
    assert names.vtep_mac("fabric", "h1") == "02:90:f0:44:76:97"
    assert names.bridge_mac("web", "h1") == "02:50:27:89:8e:e2"
    assert names.host_end_mac("web", "h1", "shop") == "02:65:66:01:8a:ab"


def test_a_host_end_is_named_like_this_for_ever():
    assert names.host_end_name("web", "shop") == "chv5b52ano5iok2"


def test_salted_names_are_like_this_for_ever():
    assert names.device_name("ch-", "web", salt=1) == "ch-web-w3a4vpjx"
    assert names.host_end_name("web", "shop", salt=1) == "chvcmxn7mclypk2"
    assert names.endpoint_mac("fabric", "10.42.0.2", salt=2) == "02:72:30:34:ef:77"


@given(NAMES, st.sampled_from(["ch-", "chb-"]), st.integers(0, 3))
def test_every_kernel_takes_every_device_name(name, prefix, salt):
    device = names.device_name(prefix, name, salt)
    names.check_interface_name(device)
    assert device.startswith(prefix)
    assert "." not in device


@given(NAMES, NAMES)
def test_a_host_end_has_fifteen_characters(network, container):
    name = names.host_end_name(network, container)
    names.check_interface_name(name)
    assert re.fullmatch(r"chv[a-z2-7]{12}", name)


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_mac_is_local_and_unicast(network, address):
    assert re.fullmatch(r"02(:[0-9a-f]{2}){5}", names.endpoint_mac(network, address))


def test_names_that_run_into_each_other_are_told_apart():
    assert names.host_end_name("web", "shop") != names.host_end_name("webs", "hop")
    assert names.mac("a", "b") != names.mac("a", "", "b")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sixteen-chars-xy", "16 characters"),
        ("ünïcödé-naïve", "18 characters"),
        ("", "empty"),
        (".", "takes"),
        ("..", "takes"),
        ("a/b", "'/'"),
        ("a:b", "':'"),
        ("a b", "' '"),
        ("a\tb", "t'"),
        ("eth%d", "'%'"),
    ],
)
def test_a_name_that_no_kernel_takes_is_refused(name, reason):
    with pytest.raises(Refusal, match=re.escape(reason)):
        names.check_interface_name(name)


@pytest.mark.parametrize("name", ["fifteen-chars-x", "eth0", "eth0.5", "a", "-", "..."])
def test_a_name_that_kernels_take_is_taken(name):
    names.check_interface_name(name)


class TestClashes:
    """With a hash of almost no bits."""

    @staticmethod
    def make(owner):
        return lambda salt: f"clash{salt}" if salt < 2 else f"{owner}{salt}"

    def test_the_second_gets_a_salt(self):
        salts = names.Salts({})
        assert salts.unique("mac", "web", "a", self.make("a")) == "clash0"
        assert salts.unique("mac", "web", "b", self.make("b")) == "clash1"
        assert salts.remembered == {"mac/b": 1}

    def test_a_remembered_salt_stays_when_the_other_has_gone(self):
        salts = names.Salts({"mac/b": 1})
        assert salts.unique("mac", "web", "b", self.make("b")) == "clash1"

    def test_scopes_do_not_clash(self):
        salts = names.Salts({})
        assert salts.unique("mac", "web", "a", self.make("a")) == salts.unique("mac", "lan", "b", self.make("b"))

    def test_a_pin_is_in_the_way_of_what_is_derived(self):
        salts = names.Salts({})
        assert salts.reserve("mac", "web", "clash0", "pinned") is None
        assert salts.reserve("mac", "web", "clash0", "other") == "pinned"
        assert salts.unique("mac", "web", "a", self.make("a")) == "clash1"
