# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker's drivers and their options, which Compose calls ``driver_opts``, as options of ours. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_BRIDGE = "com.docker.network.bridge."
_MTU = "com.docker.network.driver.mtu"
_FALSE = ("false", "0", "no")
# Theirs that have no meaning here, or the meaning that a network of ours has by itself.
_WITHOUT_MEANING = (
    f"{_BRIDGE}name",  # its own device; ours has a name that we know it by
    f"{_BRIDGE}default_bridge",
    f"{_BRIDGE}host_binding_ipv4",
    f"{_BRIDGE}inhibit_ipv4",
    "com.docker.network.container_iface_prefix",
    "com.docker.network.enable_ipv4",
    "com.docker.network.enable_ipv6",
    "com.docker.network.host_ipv4",
    "com.docker.network.host_ipv6",
)


def driver_options(driver: str, options: Mapping[str, Any], what: str, left: list[str]) -> dict[str, Any] | None:
    """``driver`` and its options here; None where there is no such driver. What has no equal is said in ``left``."""
    known: dict[str, Callable[[dict[str, Any], str, list[str]], dict[str, Any] | None]] = {
        "bridge": _bridge,
        "macvlan": _macvlan,
        "ipvlan": _ipvlan,
        "overlay": _overlay,
    }
    if driver not in known:
        left.append(f"{what} has the driver {driver!r}, and there is none of that kind here")
        return None
    theirs = {name: str(value) for name, value in options.items() if name not in _WITHOUT_MEANING}
    found = known[driver](theirs, what, left)
    if found is None:
        return None
    mtu = theirs.pop(_MTU, theirs.pop("mtu", ""))
    if mtu and mtu != "1500":
        found["mtu"] = int(mtu) if mtu.isdigit() else mtu
    left.extend(f"{what}: its option {name}={value} has no equal here" for name, value in sorted(theirs.items()))
    return {"driver": driver, **found}


_ENDPOINT = "com.docker.network.endpoint."


def endpoint_options(options: Mapping[str, Any], what: str, left: list[str]) -> dict[str, Any]:
    """Of one container on a network."""
    theirs = {name: str(value) for name, value in options.items()}
    found: dict[str, Any] = {}
    if interface := theirs.pop(f"{_ENDPOINT}ifname", ""):
        found["interface"] = interface
    sysctls = [each.partition("=") for each in theirs.pop(f"{_ENDPOINT}sysctls", "").split(",") if each]
    if sysctls:
        found["sysctls"] = {name.strip(): value.strip() for name, _sign, value in sysctls}
    left.extend(f"{what}: its `driver_opts` {name}={value} has no equal here" for name, value in sorted(theirs.items()))
    return found


def _bridge(theirs: dict[str, str], what: str, left: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if theirs.pop(f"{_BRIDGE}enable_icc", "true").lower() in _FALSE:
        found["icc"] = False
    if theirs.pop(f"{_BRIDGE}enable_ip_masquerade", "true").lower() in _FALSE:
        left.append(
            f"{what} does not masquerade; with `gateway_mode: routed` it would not either, and ports would be opened on"
            " the containers' own addresses. It is taken over with NAT"
        )
    modes = {family: theirs.pop(f"{_BRIDGE}gateway_mode_{family}", "") for family in ("ipv4", "ipv6")}
    ours = {family: "unprotected" if mode == "nat-unprotected" else mode for family, mode in modes.items() if mode}
    if any(mode != "nat" for mode in ours.values()):
        found["gateway_mode"] = ours
    return found


def _parent(theirs: dict[str, str], what: str, left: list[str]) -> dict[str, Any] | None:
    """``eth1.50`` is VLAN 50 of eth1, which Docker makes itself as we do."""
    parent = theirs.pop("parent", "")
    if not parent:
        left.append(f"{what} has no parent, so its containers reach each other alone: make it an internal bridge")
        return None
    device, dot, vlan = parent.rpartition(".")
    if dot and vlan.isdigit() and 1 <= int(vlan) <= 4094:
        return {"parent": device, "vlan": int(vlan)}
    return {"parent": parent}


def _macvlan(theirs: dict[str, str], what: str, left: list[str]) -> dict[str, Any] | None:
    found = _parent(theirs, what, left)
    mode = theirs.pop("macvlan_mode", theirs.pop("mode", "bridge"))
    return found if found is None or mode == "bridge" else {**found, "mode": mode}


def _ipvlan(theirs: dict[str, str], what: str, left: list[str]) -> dict[str, Any] | None:
    found = _parent(theirs, what, left)
    mode, flag = theirs.pop("ipvlan_mode", theirs.pop("mode", "l2")), theirs.pop("ipvlan_flag", "bridge")
    if found is None:
        return None
    return {**found, **({"mode": mode} if mode != "l2" else {}), **({"flag": flag} if flag != "bridge" else {})}


def _overlay(theirs: dict[str, str], what: str, left: list[str]) -> dict[str, Any] | None:
    encrypted = {"encrypted": True} if theirs.pop("encrypted", "false").lower() not in _FALSE else {}
    ids = theirs.pop("com.docker.network.driver.overlay.vxlanid_list", "").split(",")
    if not ids[0].isdigit():
        left.append(f"{what} names no VXLAN identifier: write `vni` and the network yourself")
        return None
    left.append(
        f"{what} is Swarm's: its containers are taken over as they run, each under its service's name, which leads to"
        " all of them; virtual addresses of services are not"
    )
    return {"mode": "bridged", "vni": int(ids[0]), **encrypted}
