# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Podman's files of networks, of which each is one that it finds by its name (containers/common, libnetwork/types).

The plugin is told of a network what Podman knows of it, and Podman forgets what it does not know itself: what it has no
word for is in ``options``, as text.
"""

from __future__ import annotations

import ipaddress
import json
import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import derived
from ansible_collections.containerhost.network.plugins.module_utils.state.engines.engine_names import is_name

FOLDER = "/etc/containers/networks"
DRIVER = "containerhost"
# Where Podman looks for the program of a driver that it does not have itself, of its folders the first.
PLUGIN = f"/usr/local/libexec/netavark/{DRIVER}"
LABEL = "network.containerhost.owner"
_SUFFIX = ".json"
_FAMILIES = {4: "0.0.0.0/0", 6: "::/0"}

Fields = t.Dict[str, t.Any]


def path_of(name: str) -> str:
    return f"{FOLDER}/{name}{_SUFFIX}"


def name_in(file: str) -> str | None:
    """The network of a file of the folder; None for one that Podman takes for none."""
    name = file[: -len(_SUFFIX)]
    return name if file.endswith(_SUFFIX) and is_name(name) else None


def id_of(name: str) -> str:
    """Podman wants 64 digits, and another id of each network."""
    return derived.digest("podman network", name).hex()


def text_of(name: str, owner: str, fields: t.Mapping[str, t.Any]) -> str:
    """A network of the driver that our plugin is."""
    subnets = fields.get("subnets") or []
    routes = {dst for row in subnets for dst in row["routes"]}
    content = {
        "name": name,
        "id": id_of(name),
        "driver": DRIVER,
        "network_interface": fields.get("bridge"),
        "subnets": [_subnet_of(row) for row in subnets],
        "ipv6_enabled": any(":" in row["subnet"] for row in subnets),
        "internal": routes.isdisjoint(_FAMILIES.values()),
        "dns_enabled": False,
        "labels": {LABEL: owner},
        "options": dict(_options(fields)),
        "ipam_options": {"driver": "host-local"},
    }
    return json.dumps(content, indent=1) + "\n"


def _subnet_of(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    part = ipaddress.ip_network(row["range"])
    lease = {"start_ip": str(part[0]), "end_ip": str(part[-1])}
    return {"subnet": row["subnet"], "gateway": row["gateway"], "lease_range": lease}


def _options(fields: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, str]]:
    if fields.get("mtu"):
        yield "mtu", str(fields["mtu"])
    for word in ("isolated", "anti_spoofing"):
        if fields.get(word):
            yield word, "true"
    for row in fields.get("subnets") or ():
        family = ipaddress.ip_network(row["subnet"]).version
        yield f"ports{family}", row["ports"]
        if row["routes"]:
            yield f"routes{family}", ",".join(row["routes"])
    for word, values in (fields.get("dns") or {}).items():
        yield word, ",".join(values)


def fields_of(content: t.Mapping[str, t.Any]) -> Fields:
    """What a network consists of, from a file or as the plugin is told. Raises what anything else leads to."""
    options = content.get("options") or {}
    subnets = [_row_of(row, options) for row in content["subnets"]]
    dns = {word: options[word].split(",") for word in ("nameservers", "search") if options.get(word)}
    found: Fields = {"bridge": content["network_interface"], "subnets": subnets, "dns": dns}
    if "mtu" in options:
        found["mtu"] = int(options["mtu"])
    return {**found, **{word: options.get(word) == "true" for word in ("isolated", "anti_spoofing")}}


def _row_of(row: t.Mapping[str, t.Any], options: t.Mapping[str, str]) -> dict[str, t.Any]:
    family = ipaddress.ip_network(row["subnet"]).version
    lease = row["lease_range"]
    ends = (ipaddress.ip_address(lease["start_ip"]), ipaddress.ip_address(lease["end_ip"]))
    (part,) = ipaddress.summarize_address_range(*ends)
    routes = options.get(f"routes{family}")
    return {
        "subnet": row["subnet"],
        "range": str(part),
        "gateway": row["gateway"],
        "routes": routes.split(",") if routes else [],
        "ports": options[f"ports{family}"],
    }


def read(text: str) -> tuple[str | None, Fields]:
    """Whose a network is, None for nobody of ours, and what it consists of; empty where it is not as we write it."""
    try:
        content = json.loads(text)
        owner = (content.get("labels") or {}).get(LABEL)
        fields = fields_of(content) if isinstance(owner, str) else {}
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return _mentioned(text), {}
    return (owner if isinstance(owner, str) else None), fields


def _mentioned(text: str) -> str | None:
    """Of a file that somebody has spoiled: the line that says whose it was."""
    found = re.search(rf'"{re.escape(LABEL)}": "([^"]+)"', text)
    return found.group(1) if found else None
