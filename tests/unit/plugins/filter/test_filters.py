# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pathlib

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.containerhost.network.plugins.filter import addressing, batches, naming

FILTERS = {name: one for each in (addressing, batches, naming) for name, one in each.FilterModule().filters().items()}
FOLDER = pathlib.Path(addressing.__file__).parent


def test_every_filter_is_documented_with_its_full_name():
    documented = {path.stem: yaml.safe_load(path.read_text()) for path in FOLDER.glob("*.yml")}
    assert set(documented) == set(FILTERS)
    for name, found in documented.items():
        assert found["DOCUMENTATION"]["name"] == name
        assert f"containerhost.network.{name}" in found["EXAMPLES"]


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("slice", ("10.42.0.0/16", 24, 2), "10.42.2.0/24"),
        ("slice", ("fd00:42::/48", 64, 2), "fd00:42:0:2::/64"),
        ("slice", ("10.42.0.0/16", "24", "255"), "10.42.255.0/24"),
        ("nth_address", ("10.42.2.0/24", 1), "10.42.2.1"),
        ("nth_address", ("10.42.2.0/24", -2), "10.42.2.254"),
        ("nth_address", ("fd00::/64", -1), "fd00::ffff:ffff:ffff:ffff"),
        ("overlapping", (["10.42.8.0/21", "10.42.0.0/16", "fd00::/8"],), [["10.42.0.0/16", "10.42.8.0/21"]]),
        ("overlapping", ([],), []),
        ("batches", (5,), 5),
        ("batches", ("100%",), "100%"),
        ("batches", ([1, "5", "20%"],), [1, "5", "20%"]),
        ("mac", ("fabric", "10.42.0.2"), "02:2f:7f:8a:9f:07"),
        ("device_name", ("web",), "ch-web"),
        ("device_name", ("fabric", "chb-"), "chb-fabric"),
        ("host_end", ("shop", "web"), "chv5b52ano5iok2"),
    ],
)
def test_results(name, arguments, result):
    assert FILTERS[name](*arguments) == result


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("slice", ("10.42.0.1/16", 24, 0), "Write it as 10.42.0.0/16."),
        ("slice", ("10.42.0.0/16", 24, 256), "it has 256"),
        ("slice", ("10.42.0.0/16", 24, -1), "it has 256"),
        ("slice", ("10.42.0.0/16", "x", 0), "slice: invalid literal"),
        ("nth_address", ("10.42.2.0/24", 256), "it has 256"),
        ("nth_address", ("10.42.2.0/24", -257), "it has 256"),
        ("overlapping", (["10"],), "is not an IP address"),
        *(
            ("batches", (value,), "serial is .*, which is no number of hosts")
            for value in ("banana", 0, -1, "", "²", "%", "10%%", "150%", None, True, 1.5, {}, [], [1, "x"], [[1]])
        ),
    ],
)
def test_what_can_t_be_worked_out_is_a_sentence(name, arguments, reason):
    with pytest.raises(AnsibleFilterError, match=reason):
        FILTERS[name](*arguments)


def test_without_netaddr_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(addressing.ip, "NETADDR_ERROR", ImportError("No module named 'netaddr'"))
    with pytest.raises(AnsibleFilterError, match="pip install 'netaddr>=1.0'"):
        FILTERS["slice"]("10.0.0.0/8", 16, 0)
