# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks on devices that a build machine's kernel may lack, by the playbooks, as users run them."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import yaml

from ansible_collections.containerhost.network.tests.integration.conftest import COLLECTIONS

INVENTORY = {
    "all": {
        "hosts": {
            "h1": {
                "ansible_connection": "local",
                "ansible_python_interpreter": sys.executable,
                "containerhost_containers": {
                    "shop": {"networks": {"lan": {}, "inner": {}}, "default_route": "lan"},
                    "db": {"networks": {"lan": {}, "inner": {}}, "default_route": "lan"},
                },
            },
        },
        "vars": {
            "containerhost_networks": {
                "lan": {
                    "driver": "ipvlan",
                    "parent": "eth0",
                    "vlan": 7,
                    "host_shim": True,
                    "subnets": [{"cidr": "192.168.7.0/24", "gateway": "192.168.7.1"}],
                },
                "inner": {"driver": "macvlan", "parent": "inner0", "subnets": ["192.168.8.0/24"]},
            }
        },
    }
}
LAN = """
ip link add link eth0 name eth0.7 type vlan id 7
ip link set eth0.7 up
ip addr add 192.168.7.1/24 dev eth0.7
"""


def play(host, folder: Path, *playbooks: str) -> str:
    """What they print, in a process of their own: its start takes longer than all that it does."""
    (folder / "hosts.yml").write_text(yaml.safe_dump(INVENTORY))
    settings = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_HOME": str(folder), "ANSIBLE_NOCOLOR": "1"}
    program = Path(sys.executable).with_name("ansible-playbook")
    names = [f"containerhost.network.{name}" for name in playbooks]
    done = host.start(str(program), f"--inventory={folder}/hosts.yml", *names, check=False,
                      env={**os.environ, **settings})  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def reaches(host, container: str | None, address: str) -> bool:
    inside = ["ip", "netns", "exec", container] if container else []
    return host.start(*inside, "ping", "-c2", "-i0.2", "-W2", address, check=False).returncode == 0


def test_site_makes_them_once_verify_finds_them_well_and_teardown_leaves_nothing(host, tmp_path):
    host.outside("sh", "-ec", LAN)
    before = host.snapshot()
    assert host.module("dummy", name="inner0")["changed"]

    said = play(host, tmp_path, "site", "site", "verify")

    # Recaps count from the beginning: the second run has changed nothing, nor has looking.
    changed = [int(number) for number in re.findall(r"^h1 .* changed=(\d+) ", said, re.MULTILINE)]
    assert changed == [2, 2, 2]  # the plan has written the ledger, and the host was made
    assert "h1 reaches db, shop, they reach each other" in said
    assert "vlan protocol 802.1Q id 7 " in host.run("ip", "-d", "link", "show", "eth0.7")
    assert "eth0.7" in host.run("ip", "-d", "link", "show", "chs-lan")
    assert reaches(host, "shop", "192.168.7.1")

    play(host, tmp_path, "teardown")

    assert host.snapshot() == before
