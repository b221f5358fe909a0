# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``docker_network``: a network of Docker's own on a bridge of ours, so that ``docker run --network`` finds it.

Docker takes the bridge as it is, hands out addresses of a part of its subnet, and leaves it when the network goes. Its
own rules would drop what comes to the bridge from elsewhere, as from an overlay's other hosts: its chain for users
lets that pass, and our table decides.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases import once
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Problem,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import (
    DockerRequest,
    DockerUserRule,
    Record,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import docker_daemon
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import mark, owner_of

LABEL = "network.containerhost.owner"
# libnetwork's bridge driver, and what it is told.
_DRIVER = "bridge"
_BRIDGE = "com.docker.network.bridge.name"
_MASQUERADE = "com.docker.network.bridge.enable_ip_masquerade"
_MTU = "com.docker.network.driver.mtu"


class DockerNetwork(Kind):
    name = "docker_network"
    key = ("name",)
    after = ("bridge",)
    fixed = frozenset(("bridge", "subnets", "mtu"))
    marked = True
    options = {
        "name": {"type": "str", "required": True},
        "bridge": {"type": "str"},
        "subnets": {
            "type": "list",
            "elements": "dict",
            "options": {
                "subnet": {"type": "str", "required": True},
                "range": {"type": "str"},
                "gateway": {"type": "str"},
            },
        },
        "mtu": {"type": "int"},
    }

    def normalise(self, values: Values) -> Values:
        plain = {**values, "opened": True}
        if plain.get("netns") is not None:
            raise Problem(f"docker_network {plain['name']}: Docker has the host's own namespace; leave `netns` out")
        if plain.get("state") == "absent":
            return plain
        if not plain.get("bridge") or not plain.get("subnets"):
            raise Problem(f"docker_network {plain['name']} needs a `bridge` and its `subnets`")
        canonical.device_name(plain["bridge"], "bridge")
        plain["subnets"] = sorted((_subnet(each) for each in plain["subnets"]), key=lambda each: each["subnet"])
        return plain

    def summary(self, values: Values) -> list[str]:
        rows = [f"bridge: {values.get('bridge')}", *(f"subnet: {_spelled(each)}" for each in values["subnets"])]
        return rows + ([f"mtu: {values['mtu']}"] if values.get("mtu") else [])

    def export(self, values: Values) -> Values:
        return super().export({name: value for name, value in values.items() if name in self.options})

    def pending(self, kernel: Kernel, wanted: Wanted) -> str | None:
        answer = _networks(kernel)
        return str(answer) if isinstance(answer, docker_daemon.Unanswered) else None

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield ("link", None, values.get("bridge"))

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        bridge = wanted.values["bridge"]
        if not kernel.has_link(bridge):
            yield f"there is no bridge {bridge}; make it first"

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        known = kernel.records.owners_of(self.name)
        if not wanted and not known and not docker_daemon.is_running():
            return
        rows = _networks(kernel)
        if isinstance(rows, docker_daemon.Unanswered):
            return
        kernel.saw(self.name, None, {self.key_of(_values(row), "") for row in rows if _owner(row) is not None})
        names = {each.values["name"] for each in wanted}
        rules = _rules(kernel) if names or known or any(_owner(row) for row in rows) else ([], [])
        # Two may have one name: the first that is ours is it.
        for row in sorted(rows, key=lambda row: _owner(row) is None, reverse=True):
            if _owner(row) is not None or row.get("Name") in names:
                values = _values(row)
                values["rules"] = [rule for rule in rules[1] if owner_of(rule.comment) == _owner(row)]
                open_ = {rule.family for rule in values["rules"] if rule.device == values["bridge"]}
                values["opened"] = open_.issuperset(rules[0]) and len(values["rules"]) == len(open_)
                yield Found(self.name, self.key_of(values, ""), values, _owner(row))

    def note(self, kernel: Kernel, change: Change) -> None:
        """Docker makes a router of a host for its first network with IPv6."""
        if change.action == "add" and any(":" in row["subnet"] for row in change.values["subnets"]):
            kernel.will_set_sysctl("net/ipv6/conf/all/forwarding", "1")

    def add(self, wanted: Wanted) -> Rounds:
        record = Record(self.name, wanted.key, wanted.owner)
        create = DockerRequest("POST", "/networks/create", json.dumps(_body(wanted)), "create")
        return [[record], [create, *_opening(wanted)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        """Of what can be changed there are the rules; the label is not."""
        return [[*_closing(found)], [Record(self.name, wanted.key, wanted.owner), *_opening(wanted)]]

    def fixed_of(self, differences: t.Mapping[str, tuple[t.Any, t.Any]]) -> set[str]:
        return super().fixed_of(differences) | {"owner"}.intersection(differences)

    def in_use(self, kernel: Kernel, found: Found) -> str | None:
        try:
            return docker_daemon.still_on(found.values["id"])
        except docker_daemon.Unanswered:
            return None  # it says so itself when it is to go

    def remove(self, found: Found) -> Rounds:
        delete = DockerRequest("DELETE", f"/networks/{found.values['id']}", None, "remove")
        return [[delete], [*_closing(found), Record(self.name, found.key, None)]]


def _subnet(row: t.Mapping[str, t.Any]) -> dict[str, str]:
    plain = {"subnet": canonical.network_cidr(row["subnet"], "subnet")}
    if row.get("range"):
        plain["range"] = canonical.network_cidr(row["range"], "range")
    if row.get("gateway"):
        plain["gateway"] = canonical.address(row["gateway"], "gateway")
    return plain


def _spelled(row: t.Mapping[str, str]) -> str:
    parts = [row["subnet"], *(f"{word} {row[word]}" for word in ("range", "gateway") if row.get(word))]
    return ", ".join(parts)


def _body(wanted: Wanted) -> Values:
    """What the daemon is asked for (Docker Engine API, NetworkCreate)."""
    values = wanted.values
    words = {"subnet": "Subnet", "range": "IPRange", "gateway": "Gateway"}
    config = [{words[word]: value for word, value in row.items() if value} for row in values["subnets"]]
    options = {_BRIDGE: values["bridge"], _MASQUERADE: "false"}
    if values.get("mtu"):
        options[_MTU] = str(values["mtu"])
    return {
        "Name": values["name"],
        "CheckDuplicate": True,
        "Driver": _DRIVER,
        "EnableIPv6": any(":" in row["subnet"] for row in values["subnets"]),
        "IPAM": {"Driver": "default", "Config": config},
        "Options": options,
        "Labels": {LABEL: wanted.owner},
    }


def _values(row: t.Mapping[str, t.Any]) -> Values:
    options = row.get("Options") or {}
    subnets = []
    for each in (row.get("IPAM") or {}).get("Config") or ():
        given = {"subnet": each.get("Subnet"), "range": each.get("IPRange"), "gateway": each.get("Gateway")}
        try:
            subnets.append(_subnet({word: value for word, value in given.items() if value}))
        except (KeyError, Problem):
            continue
    mtu = str(options.get(_MTU) or "")
    return {
        "name": row.get("Name"),
        "id": row.get("Id"),
        "bridge": options.get(_BRIDGE),
        "subnets": sorted(subnets, key=lambda each: each["subnet"]),
        "mtu": int(mtu) if mtu.isdigit() else None,
    }


def _owner(row: t.Mapping[str, t.Any]) -> str | None:
    return (row.get("Labels") or {}).get(LABEL)


def _opening(wanted: Wanted) -> list[t.Any]:
    comment = mark(wanted.owner, "", "comment")
    return [DockerUserRule(family, wanted.values["bridge"], comment) for family in docker_daemon.FAMILIES]


def _closing(found: Found) -> list[t.Any]:
    return [DockerUserRule(rule.family, rule.device, rule.comment, rule.handle) for rule in found.values["rules"]]


def _networks(kernel: Kernel) -> t.Any:
    """All networks of the daemon, or why there is no answer."""
    return once.noted(kernel, "docker networks", None, _asked)


def _asked() -> t.Any:
    if not docker_daemon.is_running():
        return docker_daemon.Unanswered("docker is not running on this host: start it, then run again")
    try:
        return docker_daemon.networks()
    except docker_daemon.Unanswered as error:
        return error


def _rules(kernel: Kernel) -> tuple[list[str], list[docker_daemon.UserRule]]:
    return once.noted(kernel, "docker's rules for users", None, lambda: docker_daemon.user_rules(kernel.foreign_chain))
