# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host is told about keeping its networks."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.run import keeping

PLAN = {
    "networks": {
        "web": {"driver": "bridge", "members": ["h1", "h2"]},
        "fabric": {"driver": "overlay", "members": ["h2", "h3"]},
        "lan": {"driver": "macvlan", "members": []},
    }
}
OWN = {"digest": "d1", "keep": {"enabled": True, "metrics_folder": None}}


@pytest.mark.parametrize(
    ("host", "networks"), [("h1", {"web": "bridge"}), ("h2", {"web": "bridge", "fabric": "overlay"}), ("h4", {})]
)
def test_a_host_has_the_networks_that_it_is_a_member_of(host, networks):
    told = keeping.of_host(OWN, PLAN, host, None)
    assert (told["host"], told["digest"], told["networks"], told["drivers"]) == (host, "d1", networks, None)
    assert (told["enabled"], told["metrics_folder"]) == (True, None)


def test_a_role_is_about_its_drivers():
    assert keeping.of_host(OWN, PLAN, "h1", {"overlay", "bridge"})["drivers"] == ["bridge", "overlay"]


def test_networks_that_another_play_defines_are_kept_beside_them():
    assert "elsewhere" not in keeping.of_host(OWN, PLAN, "h1", None)
    assert keeping.of_host(OWN, {**PLAN, "elsewhere": ["old"]}, "h1", None)["elsewhere"] == ["old"]


def test_hosts_keep_their_networks_unless_they_are_told_otherwise(fleet):
    fleet.hosts["h2"]["containerhost_keep"] = False
    fleet.hosts["h3"]["containerhost_metrics_dir"] = "/var/lib/node/"
    plan = fleet.plan()
    assert [plan.keep_of(host) for host in ("h1", "h2", "h3")] == [
        {"enabled": True, "metrics_folder": None},
        {"enabled": False, "metrics_folder": None},
        {"enabled": True, "metrics_folder": "/var/lib/node"},
    ]
