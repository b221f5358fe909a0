# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule for a device's name is the kernel's: what it refuses we refuse, what we take it takes, and as it is."""

from __future__ import annotations

import json

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.canonical import device_name_fault

BY_KERNEL = [
    "a/b",
    "a b",
    "a:b",
    "a\tb",
    "..",
    ".",
    "all",
    "default",
    "a%b",
    "%s",
    "à",
    "x\u00a0y",
    "sixteen-letters-",
    "",
]
TAKEN = ["a#b", "-x", "10.1", "...", "ä", "é" * 7, "x" * 15, "ALL", "~", "a,b", "a;b", "a&b", "$x", "{}", "[0]", "a=b"]


def made_as(host, name):
    """What a bridge of that name is called when the kernel has made it, or None where it has made none."""
    made = host.start("ip", "link", "add", "name", name, "type", "bridge", check=False).returncode == 0
    found = [row["ifname"] for row in json.loads(host.run("ip", "-j", "link", "show", "type", "bridge"))]
    assert len(found) == made
    for each in found:
        host.run("ip", "link", "delete", each)
    return found[0] if found else None


@pytest.mark.parametrize("name", BY_KERNEL)
def test_what_the_kernel_refuses_we_refuse(host_of_a_module, name):
    assert made_as(host_of_a_module, name) is None
    assert device_name_fault(name)


@pytest.mark.parametrize("name", TAKEN)
def test_what_we_take_the_kernel_takes_as_it_is(host_of_a_module, name):
    assert device_name_fault(name) is None
    assert made_as(host_of_a_module, name) == name


def test_a_pattern_is_numbered_by_the_kernel_and_refused_by_us(host_of_a_module):
    assert made_as(host_of_a_module, "br%d") == "br0"
    assert device_name_fault("br%d")
