# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``wireguard``: a host's end of an encrypted tunnel (wg(8); ip-link(8), ``type wireguard``).

Where the kernel has no WireGuard, wireguard-go makes a TUN device that is the same to ``wg`` and to all others.
"""

from __future__ import annotations

import errno
import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases.device import (
    ADDRESS_OPTIONS,
    DEVICE_OPTIONS,
    DeviceKind,
    change_device,
    finish_link,
    wants_ipv6,
)
from ansible_collections.containerhost.network.plugins.module_utils.bases.towards import lower_device
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import LACKS, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Problem,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import SetTunnel, StartTunnel, Step
from ansible_collections.containerhost.network.plugins.module_utils.kinds.wireguard_key import (
    KEYS,
    NEEDS_WG,
    borrow,
    give_back,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.device_settings import (
    Settings,
    of_host_device,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link
from ansible_collections.containerhost.network.plugins.module_utils.state.tunnels import GO, KERNEL

PORT = 51820  # wg-quick's examples; none is assigned
# Outer IP 20 or 40, UDP 8, and of a data message its header 16 and its tag 16 (drivers/net/wireguard/messages.h)
_OVERHEAD_4, _OVERHEAD_6 = 60, 80
_TUN = "tun"
_LINK_LOCAL = ipaddress.IPv6Network("fe80::/64")  # RFC 4291
_ROUTELESS = " (its route is gone)"
_SET = frozenset(("port", "public_key", "fwmark"))
_NOT_COMPARED = ("local", "link", "key")


class Wireguard(DeviceKind):
    name = "wireguard"
    kernel_kind = "wireguard"
    tunnel = "WireGuard"
    after = ("netns", "wireguard_key")
    refusals = {errno.EOPNOTSUPP: "this kernel has no WireGuard: install wireguard-go, or the kernel's module"}
    options = {
        **{option: spec for option, spec in DEVICE_OPTIONS.items() if option != "mac"},
        "port": {"type": "int", "default": PORT},
        "key": {"type": "str", "no_log": False},
        "local": {"type": "str"},
        "link": {"type": "str"},
        **ADDRESS_OPTIONS,
        "link_local": {"type": "str"},
    }

    def normalise(self, values: Values) -> Values:
        plain = super().normalise(values)
        plain["port"] = canonical.port(plain.get("port") or PORT)
        plain["key"] = canonical.device_name(plain.get("key") or plain["name"], "key")
        if plain.get("local") is not None:
            plain["local"] = canonical.address(plain["local"], "local")
        if plain.get("link_local") is not None:
            plain["link_local"] = _link_local(plain["link_local"])
        return plain if plain.get("state") == "absent" else {**plain, "fwmark": 0}

    def settings(self, values: Values) -> Settings:
        """It has neither neighbours nor a segment (wg_setup())."""
        six = {"ipv6": True} if values.get("link_local") else {}
        settings = of_host_device(wants_ipv6({**values, **six}))
        return {name: number for name, number in settings.items() if name not in ("link.arp", "link.multicast")}

    def summary(self, values: Values) -> list[str]:
        plain = {name: value for name, value in values.items() if name not in ("fwmark", *_NOT_COMPARED)}
        return super().summary(plain)

    def is_one(self, link: Link) -> bool:
        """Another's TUN device is as little ours as any other device of a name that we want."""
        return link.kind in (self.kernel_kind, _TUN)

    def _begun(self, kernel: Kernel, netns: str | None, link: Link) -> str | None:
        """wireguard-go puts its device in no group."""
        if link.kind == _TUN and link.owner is None:
            return kernel.records.begun(self.name, (netns, link.name))
        return super()._begun(kernel, netns, link)

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        """By whom it is there, or will be, and by which key it is known."""
        wanted = super().resolve(kernel, wanted)
        if not wanted.present:
            return wanted
        link = kernel.link(wanted.values["name"], wanted.netns)
        if link is not None and self.is_one(link):
            by = _by(link)
        else:
            by = KERNEL if kernel.tunnels.kernel_makes_them() else GO
        public_key = kernel.tunnels.public_key(wanted.values["key"])
        return wanted._replace(values={**wanted.values, "by": by, "public_key": public_key})

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield from super().stands_on(values)
        yield ("wireguard key", values.get("key"))

    def limits(self, kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
        """What is sent in packets that are too large for the underlay is lost there, or in fragments."""
        yield from super().limits(kernel, wanted, changed)
        values, mtu = wanted.values, wanted.values.get("mtu")
        if not mtu or not {"mtu", "local", "link"} & set(changed):
            return
        lower = lower_device(kernel, values.get("link"), values.get("local"), wanted.netns)
        room = lower.mtu - (_OVERHEAD_6 if ":" in (values.get("local") or "") else _OVERHEAD_4) if lower else mtu
        if lower is not None and mtu > room:
            yield (
                f"mtu {mtu} does not fit {lower.name}, whose {lower.mtu} leaves {room}: raise that of {lower.name}, or"
                f" say what the underlay carries (containerhost_underlay_mtu: {lower.mtu}), or take {room} or less"
            )

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield from super().occupies(values)
        yield ("wireguard port", values.get("netns"), values.get("port"))

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        values, tunnels = wanted.values, kernel.tunnels
        if tunnels.program() is None:
            kernel.notes(LACKS).append("wg")
            yield NEEDS_WG
        key = values["key"]
        if values["public_key"] is None and key not in kernel.notes(KEYS):
            yield f"there is no key {key}; make it first (module wireguard_key), or name another `key`"
        if values["by"] == GO:
            if tunnels.program(GO) is None:
                kernel.notes(LACKS).append(GO)
                yield (
                    "this kernel has no WireGuard, and wireguard-go is not installed: install wireguard-go, or a kernel"
                    " with the module wireguard"
                )
            elif wanted.netns is not None:
                yield (
                    "this kernel has no WireGuard, and wireguard-go has one device of a name, whatever the namespace:"
                    " leave `netns` out, or take a kernel with the module wireguard"
                )
        yield from self._port_taken(kernel, wanted)

    def _port_taken(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        port, netns = wanted.values["port"], wanted.netns
        there = kernel.will_be_free(("wireguard port", netns, port))
        for link in kernel.links(netns).values():
            if link.kind == "vxlan" and link.data.get("IFLA_VXLAN_PORT") == port:
                yield f"{link.name} has UDP port {port} of this host: give this one another `port`"
            device = kernel.tunnels.device(link.name, netns) if self.is_one(link) and link.owner is not None else None
            if device is not None and device.port == port:
                there = True
                if link.name != wanted.values["name"] and not kernel.will_be_free(("link", netns, link.name)):
                    yield f"{link.name} has UDP port {port} of this host: give this one another `port`"
        program = None if there else kernel.ports.udp_program(port, netns)
        if program is not None:
            yield f"{program} has UDP port {port} on this host: stop it, or give this one another `port`"

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """The kernel takes IPv6 off a device that is set down."""
        passed_over = _NOT_COMPARED if wanted.values["up"] else (*_NOT_COMPARED, "link_local")
        differences = super().differences(wanted, found)
        return {option: pair for option, pair in differences.items() if option not in passed_over}

    def data_of(self, kernel: Kernel, netns: str | None, link: Link) -> Values:
        device = kernel.tunnels.device(link.name, netns)
        found: Values = {"by": _by(link), "port": None, "public_key": None, "fwmark": None}
        there = kernel.link_local(link.name, netns)
        if there:
            routed = not link.up or kernel.has_route("fe80::/64", link.name, netns)
            found["link_local"] = ", ".join(sorted(there)) + ("" if routed else _ROUTELESS)
        if device is not None:
            found.update(port=device.port, public_key=device.public_key, fwmark=device.fwmark)
        return found

    def read_back(self, kernel: Kernel, wanted: Wanted) -> Found | None:
        """What the kernel says of it; ``wg`` has told of what it could not set."""
        if wanted.values.get("by") == GO:
            kernel.read_again(_TUN)
        link = kernel.link(wanted.values["name"], wanted.netns)
        if link is None or not self.is_one(link):
            return None
        return Found(self.name, wanted.key, {"mtu": link.mtu, "up": link.up}, wanted.owner)

    def add(self, wanted: Wanted) -> Rounds:
        values, netns = wanted.values, wanted.netns
        name, mtu = values["name"], values.get("mtu")
        made: Step = m.new_link(name, "wireguard", None, netns, up=False, mtu=mtu)
        fitted: list[Step] = []
        if values.get("by") == GO:
            made = StartTunnel(name)
            size = {"mtu": mtu} if mtu else {}
            fitted = [m.set_link(name, netns, operation="set group and MTU", group=m.GROUP, **size)]
        finished = finish_link(name, netns, self.mark_of(wanted), (), values["settings"])
        on = [m.set_link(name, netns, up=True)] if values["up"] else []
        addresses = [m.new_address(name, cidr, netns) for cidr in [*(values.get("addresses") or ()), *_own(values)]]
        first = [] if fitted else [borrow(name, netns)]
        return [first, [made], [*fitted, *finished], [self._set(wanted)], [*on, *addresses]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        changed = [self._set(wanted)] if _SET & set(differences) else []
        rounds = [[*changed], *change_device(wanted, differences, self.mark_of(wanted))]
        if "up" in differences and wanted.values["up"]:  # it has lost its peers' keys with its way down
            rounds.append([self._set(wanted)._replace(begin=True)])
        if "link_local" in differences:
            rounds.append(_change_link_local(wanted, differences.get("link_local", (None,))[0]))
        return rounds

    def remove(self, found: Found) -> Rounds:
        return [*super().remove(found), [give_back(found.values["name"], found.netns)]]

    @staticmethod
    def _set(wanted: Wanted) -> SetTunnel:
        values = wanted.values
        return SetTunnel(wanted.netns, values["name"], values["port"], values["key"])

    def export(self, values: Values) -> Values:
        return super().export({"key": values["name"], **values})


def _link_local(text: t.Any) -> str:
    plain = canonical.address(text, "link_local")
    if ipaddress.ip_address(plain) not in _LINK_LOCAL:
        raise Problem(f"link_local {text} is no link-local address: those are of {_LINK_LOCAL}")
    return plain


def _own(values: Values) -> list[str]:
    """The kernel gives a tunnel none by itself, and with one its network."""
    return [f"{values['link_local']}/{_LINK_LOCAL.prefixlen}"] if values.get("link_local") else []


def _change_link_local(wanted: Wanted, told: str | None) -> list[Step]:
    name, netns, own = wanted.values["name"], wanted.netns, wanted.values["link_local"]
    before = [each for each in (told or "").removesuffix(_ROUTELESS).split(", ") if each]
    steps: list[Step] = [] if own in before else [m.new_address(name, cidr, netns) for cidr in _own(wanted.values)]
    steps += [m.delete_address(name, f"{each}/{_LINK_LOCAL.prefixlen}", netns) for each in before if each != own]
    return steps + ([m.link_local_route(name, netns)] if (told or "").endswith(_ROUTELESS) and own in before else [])


def _by(link: Link) -> str:
    return GO if link.kind == _TUN else KERNEL
