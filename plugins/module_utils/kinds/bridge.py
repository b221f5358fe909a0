# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``bridge``: a switch in the kernel (ip-link(8), ``type bridge``), with the gateways that it is for its ports."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases.device import (
    ADDRESS_OPTIONS,
    DEVICE_OPTIONS,
    ETH_DATA_LEN,
    IPV6_OPTIONS,
    DeviceKind,
    change_device,
    finish_link,
    wants_ipv6,
)
from ansible_collections.containerhost.network.plugins.module_utils.bases.overlap import overlaps
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Problem,
    Values,
    Wanted,
    realm,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.device_settings import (
    Settings,
    gives_no_link_local,
    has_ipv6,
    of_host_device,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link

_SECOND = 100  # the kernel counts a bridge's times in USER_HZ

# Option: attribute, and how many of the kernel's units are one of ours. Only what is asked for is sent: a kernel
# without VLAN filtering refuses even to have it switched off.
_DATA: dict[str, tuple[str, int]] = {
    "stp": ("IFLA_BR_STP_STATE", 1),
    "priority": ("IFLA_BR_PRIORITY", 1),
    "ageing_time": ("IFLA_BR_AGEING_TIME", _SECOND),
    "forward_delay": ("IFLA_BR_FORWARD_DELAY", _SECOND),
    "multicast_snooping": ("IFLA_BR_MCAST_SNOOPING", 1),
    "group_fwd_mask": ("IFLA_BR_GROUP_FWD_MASK", 1),
    "vlan_filtering": ("IFLA_BR_VLAN_FILTERING", 1),
}
# IFLA_BR_PRIORITY and IFLA_BR_GROUP_FWD_MASK are of 16 bits, the kernel's clock of 32;
# BR_MIN_FORWARD_DELAY and BR_MAX_FORWARD_DELAY, net/bridge/br_private_stp.h.
_RANGES = {
    "priority": (0, 65535),
    "ageing_time": (0, 0xFFFFFFFF // _SECOND),
    "forward_delay": (2, 30),
    "group_fwd_mask": (0, 65535),
}
_BOOLOPTS, _NO_LINKLOCAL_LEARN = "IFLA_BR_MULTI_BOOLOPT", 1 << 0  # BR_BOOLOPT_NO_LL_LEARN, linux/if_bridge.h
_NEVER_FORWARDED = 0x7  # BR_GROUPFWD_RESTRICTED, net/bridge/br_private.h
_SWITCHES = ("stp", "multicast_snooping", "vlan_filtering")


class Bridge(DeviceKind):
    name = "bridge"
    kernel_kind = "bridge"
    default_mtu = ETH_DATA_LEN
    data_attributes = {_BOOLOPTS: (46, "boolopts")}
    options = {
        **DEVICE_OPTIONS,
        **ADDRESS_OPTIONS,
        **IPV6_OPTIONS,
        "link_local": {"type": "bool", "default": True},
        **{option: {"type": "bool" if option in _SWITCHES else "int"} for option in _DATA},
        "no_linklocal_learn": {"type": "bool"},
    }

    def normalise(self, values: Values) -> Values:
        plain = super().normalise(values)
        for option, (low, high) in _RANGES.items():
            if plain.get(option) is not None:
                plain[option] = canonical.between(plain[option], low, high, option)
        if (plain.get("group_fwd_mask") or 0) & _NEVER_FORWARDED:
            raise Problem(
                f"bridge {plain['name']}: group_fwd_mask {plain['group_fwd_mask']} has one of the three lowest bits,"
                " of STP, pause frames and LACP, which no bridge passes on: leave them out"
            )
        return plain

    def settings(self, values: Values) -> Settings:
        return of_host_device(wants_ipv6(values), link_local=values.get("link_local") is not False)

    def limits(self, kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
        """The host's own networks are not the plan's to know. A task says what it wants, whatever is there."""
        yield from super().limits(kernel, wanted, changed)
        if "addresses" in changed and realm(wanted.owner) == "plan":
            for cidr in wanted.values.get("addresses") or ():
                yield from overlaps(kernel, wanted.netns, cidr)

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """Whether it has a link-local address is one of its settings."""
        differences = super().differences(wanted, found)
        differences.pop("link_local", None)
        return differences

    def data_of(self, kernel: Kernel, netns: str | None, link: Link) -> Values:
        values: Values = {"link_local": False} if has_ipv6(link) and gives_no_link_local(link) else {}
        for option, (attribute, unit) in _DATA.items():
            number = link.data.get(attribute)
            if number is not None:
                values[option] = bool(number) if option in _SWITCHES else number // unit
        if _BOOLOPTS in link.data:
            values["no_linklocal_learn"] = bool(link.data[_BOOLOPTS][0] & _NO_LINKLOCAL_LEARN)
        return values

    def summary(self, values: Values) -> list[str]:
        """Of a bridge that goes, too: what is left at the kernel's defaults says nothing."""
        return [row for row in super().summary(values) if row.split(":")[0] in ("mac", "mtu", "addresses", "kind")]

    def export(self, values: Values) -> Values:
        """That it has no address says of one that it has no IPv6."""
        none: Values = {"addresses": []} if values.get("addresses") == [] and not values.get("ipv6") else {}
        return {**super().export(values), **none}

    def add(self, wanted: Wanted) -> Rounds:
        values, mtu = wanted.values, self.mtu_of(wanted)
        # The MAC from the start: a bridge without one of its own takes and changes it with its ports.
        made = m.new_link(
            values["name"],
            "bridge",
            _data(values, values),
            wanted.netns,
            up=False,
            address=values.get("mac"),
            mtu=_another(mtu),
        )
        name, addresses = values["name"], values.get("addresses") or ()
        mark = self.mark_of(wanted)
        return [[made], finish_link(name, wanted.netns, mark, addresses, values["settings"], values["up"], mtu)]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        data = _data(wanted.values, differences)
        first = [m.set_kind_data(wanted.values["name"], "bridge", data, wanted.netns)] if data else []
        return [list(first), *change_device(wanted, differences, self.mark_of(wanted))]


def _another(mtu: int | None) -> int | None:
    """A bridge takes the smallest MTU of its ports until its own has been changed (BROPT_MTU_SET_BY_USER): it is made
    with another one than it gets."""
    return None if mtu is None else mtu + 1 if mtu < 65535 else mtu - 1


def _data(values: Values, names: t.Container[str]) -> dict[str, t.Any]:
    """The attributes of those of the options that are given."""
    learning = values.get("no_linklocal_learn") if "no_linklocal_learn" in names else None
    switched = {} if learning is None else {_BOOLOPTS: (_NO_LINKLOCAL_LEARN * learning, _NO_LINKLOCAL_LEARN)}
    return switched | {
        _DATA[option][0]: int(values[option]) * _DATA[option][1]
        for option in _DATA
        if option in names and values.get(option) is not None
    }
