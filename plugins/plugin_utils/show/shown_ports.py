# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Published ports one by one, of the texts that ``show`` tells them as, and Prometheus' targets of them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.show.show import Holder


@dataclass(frozen=True)
class ShownPort:
    """``port`` of a container; it is reached by ``host_port`` on ``host_address`` (empty: all of the host's).

    ``host_port`` is None where a network opens the container's own port, without one of the host's.
    """

    protocol: str
    port: int
    host_port: int | None
    host_address: str


def ports_of(texts: Iterable[str]) -> Iterator[ShownPort]:
    """Each port of ``8080:80/tcp``, ``127.0.0.1:7000-7002:7000-7002/tcp``, ``fd00::1:53:53/udp``, ``80/tcp``."""
    for text in texts:
        ports, _slash, protocol = text.rpartition("/")
        *places, port = ports.rsplit(":", 2)
        first, last = _span(port)
        host_first = _span(places[-1])[0] if places and places[-1] else None
        address = places[0] if len(places) == 2 else ""
        for offset in range(last - first + 1):
            host_port = None if host_first is None else host_first + offset
            yield ShownPort(protocol, first + offset, host_port, address)


def _span(ports: str) -> tuple[int, int]:
    first, _dash, last = ports.partition("-")
    return int(first), int(last or first)


def without_prefix(address: str) -> str:
    return address.partition("/")[0]


def prometheus(found: Sequence[Holder]) -> str:
    """A file for ``file_sd_configs``: a target for each published TCP port of a container, at its own first address.

    Labels that begin with ``__meta_`` are there while Prometheus relabels, and not kept.
    """
    containers = [each for each in found if each.container]
    ports = ((each, port) for each in containers for port in ports_of(each.publish) if port.protocol == "tcp")
    return json.dumps([_target(each, port) for each, port in ports], indent=1) + "\n"


def _target(each: Holder, port: ShownPort) -> dict[str, Any]:
    address = without_prefix(each.addresses[0])
    labels = {
        "network": each.network,
        "host": each.host,
        "container": each.container,
        "__meta_containerhost_driver": each.driver,
        "__meta_containerhost_engine": each.engine,
        "__meta_containerhost_interface": each.interface,
        "__meta_containerhost_names": f",{','.join(each.names)},",
        "__meta_containerhost_port": str(port.port),
        "__meta_containerhost_host_port": "" if port.host_port is None else str(port.host_port),
        "__meta_containerhost_host_address": port.host_address,
    }
    return {"targets": [f"[{address}]:{port.port}" if ":" in address else f"{address}:{port.port}"], "labels": labels}
