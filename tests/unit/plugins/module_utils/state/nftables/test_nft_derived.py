# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_derived import derived


@pytest.mark.parametrize(
    ("direct", "own", "beyond"),
    [
        ("10.46.0.0/16", [], ["10.46.0.0/16"]),
        ("10.46.0.0/30", ["10.46.0.2/31"], ["10.46.0.0/31"]),
        ("10.46.0.0/22", ["10.46.1.0/24"], ["10.46.0.0/24", "10.46.2.0/23"]),
        ("10.46.0.0/23", ["10.46.0.0/24", "10.46.1.0/25"], ["10.46.1.128/25"]),
        ("10.46.0.0/16", ["10.46.0.0/16"], ["10.46.0.0/16"]),  # a tunnel's, which has all of it
        ("10.46.0.0/16", ["10.45.0.0/24"], ["10.46.0.0/16"]),
        ("fd00:46::/62", ["fd00:46:0:1::/64"], ["fd00:46:0:2::/63", "fd00:46::/64"]),
    ],
)
def test_what_is_a_hosts_own_does_not_come_by_the_underlay(direct, own, beyond):
    n = "6" if ":" in direct else "4"
    elements = {
        f"direct{n}": {f"eth0 . chb . {direct}": (None, "")},
        f"sources{n}": {f"chb . {each}": (None, "") for each in own},
    }
    assert sorted(derived(elements)[f"beyond{n}"]) == [f"eth0 . {each}" for each in beyond]


PUBLISHED = {
    "publish4": {"udp . 53": "10.80.1.2 . 53", "tcp . 80": "10.80.1.2 . 8080", "tcp . 81": "10.80.1.3 . 81"},
    "publish4_at": {"udp . 192.0.2.1 . 9": "10.80.1.2 . 9", "udp . 192.0.2.2 . 9": "10.80.1.3 . 9"},
    "publish4_by": {"eth0 . tcp . 443": "10.80.1.4 . 443"},
    "ranges4": {"udp . 100-199": "10.80.1.2", "udp . 200-210": "10.80.1.2"},
    "ranges4_at": {"udp . 192.0.2.1 . 150-250": "10.80.1.5"},
    "publish6": {"udp . 251": "fd00:80:1::2 . 251"},
    "filtered_vnis": {"4789 . 42": None, "4789 . 43": None, "8472 . 1": None},
    "own_ports": {"ch-fab . udp . 51820": None, "chb-pond . udp . 8471": None},
}


def test_no_container_begins_by_a_port_of_its_host_s_that_is_another_s():
    elements = {name: {key: (value, "") for key, value in rows.items()} for name, rows in PUBLISHED.items()}
    found = {name: sorted(rows) for name, rows in derived(elements).items()}
    assert found["taken"] == [
        "tcp . 443", "tcp . 80-81", "udp . 100-251", "udp . 4789", "udp . 51820", "udp . 53", "udp . 8471-8472",
        "udp . 9",
    ]  # fmt: skip
    assert found["owned4"] == [
        "10.80.1.2 . udp . 100-210", "10.80.1.2 . udp . 53", "10.80.1.3 . tcp . 81", "10.80.1.4 . tcp . 443",
        "10.80.1.5 . udp . 150-250",
    ]  # fmt: skip
    assert found["owned6"] == ["fd00:80:1::2 . udp . 251"]
