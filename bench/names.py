# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An alias that goes to another container, while each host's name server is asked: when all know it, what is lost."""

from __future__ import annotations

import contextlib
import json
import pathlib
import subprocess
import threading
import time
import typing as t

from bench.harness import CLEAN, Failed
from bench.modules import HOST_PYTHON, SCRIPTS, Modules
from bench.playbooks import Fleet
from bench.results import Row

_NAMES = 100  # of a host's containers, their aliases among them
_CONTAINERS = 4
_A_SECOND = 1000
_ALIAS, _OTHER = "front", "h2-c1-a1"
_PATIENCE = 300  # seconds
_NETWORK = {"driver": "overlay", "vni": 42, "names": "resolver", "dns": {"servers": []}, "subnets": ["10.42.0.0/16"]}


def rows(modules: Modules, hosts: int, rounds: int) -> list[Row]:
    what = f"{hosts * _NAMES} names on {hosts} hosts"
    known = Row(f"{what}: a changed alias is known everywhere after the run", "a second", at_most=1)
    kept = Row(
        f"{what}: questions answered meanwhile, {_A_SECOND} a second to each", "those asked", unit="", at_least=1
    )
    with Fleet(modules, "names", hosts, 0, False) as fleet:
        holders = [f"h{number}-c0" for number in range(1, hosts + 1)]
        for number in range(rounds + 1):
            holder = holders[number % hosts]
            fleet.inventory.write_text(json.dumps(_inventory(hosts, holder)))
            if number == 0:
                fleet.play("containerhost.network.site")
                continue
            with _asked(fleet) as asking:
                fleet.play("containerhost.network.site")
                end = time.monotonic()
                known.ours.append(max(0.0, max(_until(each, _ALIAS) for each in asking) - end))
                told = [json.loads(each.communicate()[0].splitlines()[-1]) for each in asking]
            known.peer.append(1.0)
            kept.ours.append(sum(each["asked"] - each["lost"] for each in told))
            kept.peer.append(sum(each["asked"] for each in told))
            kept.note = f"{min(each['asked'] / each['seconds'] for each in told):.0f} a second at least"
    return [known, kept]


def _inventory(hosts: int, holder: str) -> dict[str, t.Any]:
    each = _NAMES // _CONTAINERS - 1
    everyone = {}
    for number in range(1, hosts + 1):
        containers = {}
        for name in (f"h{number}-c{place}" for place in range(_CONTAINERS)):
            last = _ALIAS if name == holder else f"{name}-last"
            containers[name] = {"networks": {"net": {"aliases": [*(f"{name}-a{a}" for a in range(each - 1)), last]}}}
        everyone[f"h{number}"] = {"ansible_host": f"198.18.0.{number}", "containerhost_containers": containers}
    return {"all": {"hosts": everyone, "vars": {"containerhost_networks": {"net": _NETWORK}}}}


class _Host(t.NamedTuple):
    pid: int
    server: str

    def start(self, *argv: str) -> subprocess.Popen[str]:
        inside = ["nsenter", f"--target={self.pid}", "--net", "--mount", HOST_PYTHON, str(SCRIPTS / "questions.py")]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        return subprocess.Popen([*inside, self.server, *argv], text=True, env=CLEAN, **pipes)


def _hosts(fleet: Fleet) -> list[_Host]:
    """Each with where its name server is: the host's own address on the network."""
    found, everyone = [], json.loads(fleet.inventory.read_text())["all"]["hosts"]
    for file in sorted(pathlib.Path(f"/run/containerhost-lab/{fleet.name}/hosts").glob("*.json")):
        member = json.loads(file.read_text())
        if member["name"] not in everyone:
            continue  # who is outside of the fleet
        pid = member["pid"]
        asked = ["nsenter", f"--target={pid}", "--net", "ip", "-j", "-4", "addr", "show", "dev", "chb-net"]
        links = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
        found.append(_Host(pid, links[0]["addr_info"][0]["local"]))
    return found


@contextlib.contextmanager
def _asked(fleet: Fleet) -> t.Iterator[list[subprocess.Popen[str]]]:
    """Each host's server is asked meanwhile."""
    asking = [host.start(str(_A_SECOND), _ALIAS, _OTHER) for host in _hosts(fleet)]
    watch = threading.Timer(_PATIENCE, lambda: [each.kill() for each in asking])
    watch.start()
    try:
        for each in asking:
            _until(each, _ALIAS)
            _until(each, _OTHER)
        yield asking
    finally:
        watch.cancel()
        for each in asking:
            each.kill()
            each.wait()


def _until(asking: subprocess.Popen[str], name: str) -> float:
    """When the next answer was another one, which is that to this name, and by the clock that does not jump."""
    line = asking.stdout.readline() if asking.stdout is not None else ""
    time_, told, *addresses = line.split() or ("0", "", "")
    if told != name or len(addresses) != 1:
        raise Failed(f"a name server says {line or 'nothing any more'}, where a new address of {name} was to come")
    return float(time_)
