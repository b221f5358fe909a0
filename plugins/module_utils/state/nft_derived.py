# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements of our nftables table that follow from others, and belong to no object."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.nft_frame import Elements

_DERIVED = "containerhost:derived"


def derived(elements: Elements) -> Elements:
    """The sets that follow from others, so that no object has to share an element with another one."""
    devices = {name for set_ in ("ours", "borrowed4", "borrowed6") for name in elements.get(set_, ())}
    ports = {vni.split(" . ")[0] for vni in elements.get("filtered_vnis", ())}
    return {
        "same": {f"{name} . {name}": (None, _DERIVED) for name in sorted(devices)},
        **{f"at{n}": dict.fromkeys(elements.get(f"publish{n}_at", ()), (None, _DERIVED)) for n in "46"},
        **{f"at_ranges{n}": dict.fromkeys(elements.get(f"ranges{n}_at", ()), (None, _DERIVED)) for n in "46"},
        **{f"inside{n}": dict.fromkeys(_joined(elements.get(f"sources{n}", ())), (None, _DERIVED)) for n in "46"},
        **{f"secret{n}": dict.fromkeys(_joined(_secret(elements, n)), (None, _DERIVED)) for n in "46"},
        **{f"beyond{n}": dict.fromkeys(_beyond(elements, n), (None, _DERIVED)) for n in "46"},
        "filtered_ports": dict.fromkeys(sorted(ports), (None, _DERIVED)),
        "ports": {key.rsplit(" . ", 1)[0]: (None, _DERIVED) for key in elements.get("macs", ())},
    }


def _beyond(elements: Elements, family: str) -> list[str]:
    """Interfaces with the networks that come by them, whichever device of ours those are for.

    What is this host's own of such a network is on that device, and comes from nowhere else.
    """
    own: dict[str, list[str]] = {}
    for key in elements.get(f"sources{family}", ()):
        device, source = key.split(" . ")
        own.setdefault(device, []).append(source)
    by_interface: dict[str, list[str]] = {}
    for key in elements.get(f"direct{family}", ()):
        interface, device, network = key.split(" . ")
        by_interface.setdefault(interface, []).extend(f" . {each}" for each in _less(network, own.get(device, ())))
    return [f"{interface} . {each}" for interface, some in by_interface.items() for each in _joined(some)]


def _less(network: str, parts: t.Iterable[str]) -> list[str]:
    """A network without some parts of it, as networks."""
    rest = [ipaddress.ip_network(network)]
    for part in map(ipaddress.ip_network, parts):
        rest = [
            each
            for whole in rest
            for each in (
                whole.address_exclude(part)  # type: ignore[arg-type]
                if part != whole and part.subnet_of(whole)  # type: ignore[arg-type]
                else [whole]
            )
        ]
    return list(map(str, rest))


def _secret(elements: Elements, family: str) -> list[str]:
    sealed = elements.get("sealed", ())
    return [key for key in elements.get(f"sources{family}", ()) if key.split(" . ")[0] in sealed]


def _joined(sources: t.Iterable[str]) -> list[str]:
    """The networks of all devices, as nft writes them: an interval is in a set once."""
    networks = [ipaddress.ip_network(key.split(" . ")[1]) for key in sources]
    joined = ipaddress.collapse_addresses(networks)  # type: ignore[type-var]
    return [str(each if each.num_addresses > 1 else each.network_address) for each in joined]
