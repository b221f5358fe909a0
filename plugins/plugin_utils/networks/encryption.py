# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``encrypted``: the VXLAN of a bridged overlay inside a WireGuard tunnel, which is made as that of
``backend: wireguard`` is.

The VTEPs are at link-local addresses of the tunnel's device, made of their MACs: no other network can have these, they
lead out by no other interface, and the kernel hands a VXLAN at such an address only what comes in by its own ``link``
(``vxlan_vs_find_vni()``). A peer may send under its own one alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ansible_collections.containerhost.network.plugins.module_utils.derived import link_local
from ansible_collections.containerhost.network.plugins.plugin_utils.backend import Backend
from ansible_collections.containerhost.network.plugins.plugin_utils.backends import vxlan, wireguard
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Object
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, on
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet, Network

OPTION = Option(
    "encrypted",
    "bool",
    "Of a bridged overlay: carry its VXLAN in WireGuard, so that nobody on the underlay reads or forges its frames.",
    default=False,
)
CARRIER = "chw-"  # how the device begins that the VXLAN is inside of
_INSIDE = " in wireguard on port "  # in the words for a tunnel, which the ledger has
_IPV6_MIN_MTU = 1280  # RFC 8200


def has_one_carrier(tunnel: str, other: str) -> bool:
    """Whether two tunnels, in words, are VXLANs inside one WireGuard device, where both can be at once."""
    ports = {words.partition(_INSIDE)[2] for words in (tunnel, other)}
    return len(ports) == 1 and "" not in ports


def carrier(network: Network) -> vxlan.Carrier:
    addresses = {name: link_local(mac) for name, mac in network.vtep_macs.items()}
    return vxlan.Carrier(addresses, network.devices[0], vxlan.port_of(network.spec))


def objects(network: Network, host: str, fleet: Fleet) -> Iterator[Object]:
    own = carrier(network).addresses[host]
    yield from wireguard.devices(network, host, fleet, mtu=_tunnel_mtu(network), link_local=own)


def peer(network: Network, host: str, fleet: Fleet, sight: bool) -> Iterator[Object]:
    yield from wireguard.peers(network, host, fleet, sight, [f"{carrier(network).addresses[host]}/128"])


def _tunnel_mtu(network: Network) -> int:
    """What the VXLAN needs: without IPv6, which has a minimum, there is no link-local address."""
    return max(network.mtu + vxlan.OVERHEAD[6], _IPV6_MIN_MTU)


def check(network: Network, fleet: Fleet, problems: Problems) -> None:
    wireguard.check(network, fleet, problems)
    if network.spec.options["multicast_group"] is not None:
        problems.add(
            f"{network.spec.where.inside('multicast_group')}`multicast_group` is a group of the underlay, and what is"
            " `encrypted` goes to each member by its own key: there is no multicast in a tunnel",
            "Leave one of the two out",
        )
    for name in network.members:
        host = fleet.hosts[name]
        room = host.underlay_mtu - wireguard.OVERHEAD[host.underlay.version if host.underlay else 4]
        if room < _IPV6_MIN_MTU:
            problems.add(
                f"{network.spec.where.inside('encrypted')}it is `encrypted`, for which a tunnel needs {_IPV6_MIN_MTU}"
                f" bytes (RFC 8200), and the underlay of {on(name)} leaves it {room}",
                f"Raise containerhost_underlay_mtu of {on(name)} if its underlay carries more, or leave `encrypted`"
                " out",
            )


def encrypting(backend: Backend) -> Backend:
    """The same backend inside a tunnel."""
    return replace(
        backend,
        port=wireguard.PORT,
        overhead={version: bytes_ + vxlan.OVERHEAD[6] for version, bytes_ in wireguard.OVERHEAD.items()},
        device_prefixes=(CARRIER, *backend.device_prefixes),
        tunnel=lambda spec: f"vxlan {spec.options['vni']}{_INSIDE}{spec.options['port']}",
        keyed=True,
        sight=wireguard.is_behind_nat,
        check=check,
    )
