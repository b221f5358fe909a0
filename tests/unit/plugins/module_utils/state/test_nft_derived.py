# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.state.nft_derived import derived


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
