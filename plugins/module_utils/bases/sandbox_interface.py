# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of an endpoint that is in the container: interface, MAC, MTU, addresses, routes, sysctls, up.

Shared by every kind whose device ends in a sandbox (veth, macvlan). Options and values here are theirs.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical, sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.bases import sandbox_routes
from ansible_collections.containerhost.network.plugins.module_utils.bases.addresses import (
    addresses_of,
    below_ipv6,
    change_addresses,
    former_link_local,
    without_ipv6,
)
from ansible_collections.containerhost.network.plugins.module_utils.bases.device import (
    change_settings,
    device_address,
    in_files,
)
from ansible_collections.containerhost.network.plugins.module_utils.bases.fitted_settings import (
    fitted,
    is_of_an_interface,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Attachment, Place
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Problem, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Step, WriteSysctl
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import WireError, is_there
from ansible_collections.containerhost.network.plugins.module_utils.state.devices import device_settings, harm
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.device_settings import (
    in_message,
    of_sandbox_end,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link

SANDBOX_OPTIONS: dict[str, dict[str, t.Any]] = {
    "sandbox": {
        "type": "dict",
        "options": {
            "engine": {"type": "str", "choices": list(sandboxes.ENGINES), "default": "netns"},
            "ref": {"type": "str", "required": True},
        },
    },
    "interface": {"type": "str", "default": "eth0"},
    "mac": {"type": "str"},
    "addresses": {"type": "list", "elements": "str"},
    "routes": {
        "type": "list",
        "elements": "dict",
        "options": sandbox_routes.ROUTE_OPTIONS,
    },
    "sysctls": {"type": "dict"},
}


def normalise(values: Values, required: bool = True) -> Values:
    """Options of the sandbox's end in the kernel's spelling; routes become text, so that they compare."""
    plain = dict(values)
    sandbox = plain.get("sandbox")
    if sandbox is not None or required:
        if not isinstance(sandbox, dict) or not sandbox.get("ref"):
            raise Problem(f"{plain.get('name', '')}: `sandbox` must say whose it is: {{engine: netns, ref: NAME}}")
        plain["sandbox"] = {"engine": sandbox.get("engine") or "netns", "ref": str(sandbox["ref"])}
        sandboxes.netns_of(plain["sandbox"])  # refuses what is no reference
    interface = "eth0" if plain.get("interface") is None else plain["interface"]
    plain["interface"] = canonical.device_name(interface, "interface")
    if plain.get("mac") is not None:
        plain["mac"] = canonical.unicast_mac(plain["mac"])
    plain["addresses"] = canonical.each_address(plain.get("addresses") or [], device_address)
    plain["routes"] = sandbox_routes.texts_of(plain)
    if plain["routes"] and plain.get("up") is False:
        raise Problem(f"{plain.get('name')}: an interface that is down has no routes: leave out `routes` or `up`")
    plain["sysctls"] = {
        sysctl_path(key, plain["interface"]): canonical.sysctl_value(key, value)
        for key, value in sorted((plain.get("sysctls") or {}).items())
    }
    plain["end_settings"] = of_sandbox_end(plain["addresses"], plain["sysctls"])
    return plain


def sysctl_path(key: str, interface: str = "") -> str:
    """``net.ipv4.conf.IFNAME.rp_filter`` as a path; a key with slashes is one (device names may hold dots)."""
    path = key if "/" in key else key.replace(".", "/")
    path = path.replace("IFNAME", interface)
    if not path.startswith("net/") or {"", ".", ".."} & set(path.split("/")) or "\0" in path:
        raise Problem(f"sysctl {key} is not below net.: only a namespace's own settings are set here")
    return path


def export(values: Values) -> Values:
    """Routes back to what they are in a document."""
    routes = [sandbox_routes.fields_of(text) for text in values.get("routes") or ()]
    return {**values, **({"routes": routes} if routes else {})}


def attachment(values: Values, from_host: bool, to_neighbours: bool) -> Attachment:
    """An object of a document as ``verify`` sees it."""
    return Attachment(
        sandbox=values.get("sandbox"),
        addresses=tuple(cidr.split("/")[0] for cidr in values.get("addresses") or ()),
        mtu=values.get("mtu"),
        routes=values.get("routes") or (),
        from_host=from_host,
        to_neighbours=to_neighbours,
    )


def netns_of(values: Values) -> str | None:
    """The namespace of the sandbox, or the host's where there is none."""
    sandbox = values.get("sandbox")
    return values.get("netns") if sandbox is None else sandboxes.netns_of(sandbox)


def sandbox_key(values: Values) -> tuple[str, str] | None:
    sandbox = values.get("sandbox")
    return (sandbox["engine"], sandbox["ref"]) if isinstance(sandbox, dict) else None


def occupies(values: Values) -> t.Iterator[Place]:
    """An interface's name, in its sandbox or on the host, and its routes: a destination and metric are one route's, by
    whatever device."""
    sandbox = values.get("sandbox")
    where = (sandbox["engine"], sandbox["ref"]) if isinstance(sandbox, dict) else (values.get("netns"),)
    yield ("interface" if isinstance(sandbox, dict) else "link", *where, values.get("interface"))
    for text in values.get("routes") or ():
        yield ("route", *where, *sandbox_routes.place(text))


def holds(values: Values) -> t.Iterator[Place]:
    sandbox = values.get("sandbox")
    if isinstance(sandbox, dict) and sandbox.get("engine") == "netns":
        yield ("netns", sandbox["ref"])


def pending(kernel: Kernel, wanted: Wanted, is_ours: t.Callable[[Link], bool]) -> str | None:
    """Why nothing can be made in the sandbox for now, or None.

    It does not run, it has no namespace of its own, or whoever is in it has put something in the way.
    """
    sandbox, interface = wanted.values.get("sandbox"), wanted.values["interface"]
    if sandbox is None:
        return None
    netns = sandboxes.netns_of(sandbox)
    lack = lack_of(kernel, sandbox, netns)
    if lack is not None:
        return lack
    try:
        there = kernel.link(interface, netns)
        if there is not None and is_ours(there):
            kernel.addresses(netns)
            kernel.routes(netns, m.RT_TABLE_MAIN)
        other = kernel.link_by_any_name(interface, netns) if there is None else None
        route = sandbox_routes.in_the_way(kernel, wanted.values, netns, is_ours) if there is None else None
    except WireError as error:
        return f"{_name(sandbox)} cannot be looked into: {error}"
    if other is not None and other.name != interface and kernel.link(other.name, netns) is not None:
        return (
            f"{other.name} in {sandbox['ref']} has {interface} for an alternative name: name another `interface`, or"
            " remove that name"
        )
    if there is not None and not is_ours(there) and not _gives_way(kernel, wanted, there):
        return (
            f"{interface} in {sandbox['ref']} is there already ({there.kind}) and not ours: name another `interface`,"
            " or remove it"
        )
    if route is not None:
        return (
            f"{sandbox['ref']} has a route of somebody else's to where {interface} is to bring one ({route}): start it"
            " without that network, or have no network of ours bring that route (an `internal` one brings none)"
        )
    return _shared(kernel, wanted, netns)


def _gives_way(kernel: Kernel, wanted: Wanted, there: Link) -> bool:
    """One of ours that will have left the name by then, or of another kind by the host's own record: it goes first."""
    sandbox = wanted.values["sandbox"]
    key = (wanted.netns, sandbox["engine"], sandbox["ref"], there.name)
    return kernel.will_be_free(next(occupies(wanted.values), ())) or (
        there.kind is not None and kernel.records.owner(there.kind, key) is not None
    )


def lack_of(kernel: Kernel, sandbox: t.Mapping[str, str], netns: str) -> str | None:
    """Why there is no namespace for it."""
    if kernel.is_the_hosts_own(netns):
        return (
            f"{_name(sandbox)} is in the host's own network namespace, where nothing of a container is made: start it"
            " with a network namespace of its own, or give another `ref`"
        )
    lack, engine = kernel.lack_of(netns), sandboxes.ENGINES[sandbox["engine"]]
    if lack is None or engine.path(sandbox["ref"]) is None or is_there(netns):
        return lack
    return engine.missing(sandbox["ref"])


def _shared(kernel: Kernel, wanted: Wanted, netns: str) -> str | None:
    """Two references may lead to one namespace: an interface in it is one of them, not of both."""
    sandbox, interface = wanted.values["sandbox"], wanted.values["interface"]
    claims = kernel.claims
    first = claims.setdefault((kernel.identity(netns) or netns, interface), sandbox)
    if first == sandbox:
        return None
    return (
        f"{_name(first)} and {_name(sandbox)} are one network namespace, and both want {interface} in it: give one of"
        " them another `interface`, or another `ref`"
    )


def unfit_settings(kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
    """Sysctls that the sandbox has not got, or takes for another value. Those of the interface itself come with it."""
    netns, interface = netns_of(wanted.values), wanted.values["interface"]
    if "sysctls" not in changed:
        return
    yield from fitted(kernel, wanted.values["sysctls"])
    if netns is not None and kernel.identity(netns) is None:
        return  # it will have been made, and has what any has
    for key in wanted.values["sysctls"]:
        if interface not in key.split("/") and kernel.sysctl(key, netns) is None:
            yield f"its sandbox has no sysctl {key}: look below /proc/sys in it"


def _name(sandbox: t.Mapping[str, str]) -> str:
    return f"{sandbox['engine']} {sandbox['ref']}"


def read(kernel: Kernel, path: str, link: Link, wanted: Wanted | None, mtu: int | None) -> Values:
    """The sandbox's end as it is, and is to get ``mtu``. Of sysctls and foreign routes, only those that are wanted."""
    asked = wanted.values if wanted is not None else {}
    returns = link.mtu < device_settings.IPV6_MIN_MTU <= (mtu or 0)
    mac, settings = asked.get("mac"), asked.get("end_settings", {})
    addresses = kernel.addresses_of(link.name, path)
    if link.up and wanted is not None:
        addresses = addresses_of(kernel, path, link, mac, settings, asked.get("addresses") or ())
    end_settings, harmful = device_settings.read(kernel, path, link, settings, mtu, mac)
    said = device_settings.asked_for(asked.get("sysctls", {})) if harmful else ()
    return {
        "interface": link.name,
        "mac": link.mac,
        "addresses": addresses,
        "routes": sandbox_routes.read(kernel, path, link.name, asked.get("routes", ())),
        "sysctls": {
            key: _off_as_it_is(key, value) if now is None and not returns else now
            for key, value in asked.get("sysctls", {}).items()
            for now in (kernel.sysctl(_now(key, asked, link), path),)
        },
        "end_settings": end_settings,
        "end_harm": {name: pair for name, pair in harmful.items() if name not in said},
    }


def _now(key: str, wanted: Values, link: Link) -> str:
    """Its settings go with an interface that gets another name; by that name there is another one's until then."""
    parts = key.split("/")
    if link.name != wanted["interface"] and parts[3:4] == [wanted["interface"]]:
        parts[3] = link.name
    return "/".join(parts)


def with_harm(
    differences: dict[str, tuple[t.Any, t.Any]], wanted: Wanted, found: Found
) -> dict[str, tuple[t.Any, t.Any]]:
    """Among the differences of its settings, those that do harm and that nobody has said anything of."""
    return harm.joined(differences, "end_settings", found.values.get("end_harm", {}), wanted.values)


def set_up(values: Values, path: str) -> list[Step]:
    """How the interface is set before it is up: as everybody's, and as its owner has asked for."""
    device, settings = values["interface"], values["end_settings"]
    first = {} if values.get("sandbox") else device_settings.AT_FIRST
    closed = m.set_link(device, path, operation="close", af_spec=in_message({**settings, **first}))
    return [closed, *in_files(path, device, settings), *set_sysctls(path, values["sysctls"])]


def set_sysctls(path: str, sysctls: t.Mapping[str, str], known: t.Collection[str] = ()) -> list[Step]:
    """Those of one interface last, and without regard to what is ``known`` of them where others are written: the kernel
    gives what is said of all interfaces to each of them (``ip_forward``)."""
    last = {key: value for key, value in sysctls.items() if is_of_an_interface(key)}
    first = {key: value for key, value in sysctls.items() if key not in last and key not in known}
    again = last if first else {key: value for key, value in last.items() if key not in known}
    whole = {**first, **again}
    return [WriteSysctl(path, key, value, _off_as_it_is(key, value) is not None) for key, value in whole.items()]


def _off_as_it_is(key: str, value: str) -> str | None:
    """IPv6 that is to be off, on an interface that has none at all (its MTU is too small for it)."""
    return value if key.endswith("/disable_ipv6") and value == "1" else None


def attach(values: Values, path: str) -> list[Step]:
    """Up, then addresses, then the routes that need them."""
    device = values["interface"]
    steps: list[Step] = [m.set_link(device, path, up=True)] if values.get("up", True) else []
    steps += [m.new_address(device, cidr, path) for cidr in values["addresses"]]
    return steps + [sandbox_routes.message(text, values, path) for text in values["routes"]]


def leave(wanted: Wanted, found: Found, path: str, spare: str) -> tuple[list[list[Step]], Found]:
    """Take away the routes that it is not to have, and call it by a name that nobody else has, if it gets another."""
    values, device = wanted.values, found.values["interface"]
    gone = [text for text in found.values["routes"] if text not in values["routes"]]
    steps: list[Step] = [sandbox_routes.deletion(text, device, path) for text in gone]
    after = {**found.values, "routes": [text for text in found.values["routes"] if text not in gone]}
    if device != values["interface"]:
        steps.append(m.set_link(device, path, operation="rename", ifname=spare))
        after["interface"] = spare
    return [steps], found._replace(values=after)


def change(wanted: Wanted, path: str, differences: t.Mapping[str, tuple[t.Any, t.Any]]) -> list[list[Step]]:
    """Rounds that bring the sandbox's end from what it is to what is wanted."""
    device = wanted.values["interface"]
    old, new = differences.get("addresses", (wanted.values["addresses"],) * 2)
    if ("up" in differences and not wanted.values["up"]) or below_ipv6(differences):
        old = without_ipv6(old)
    # Before anybody else is given that MAC: who has its link-local address still would say so, and nobody would have it
    # then (duplicate address detection, RFC 4862).
    former = former_link_local(old, new)
    leave: list[Step] = [m.delete_address(differences.get("interface", (device,))[0], cidr, path) for cidr in former]
    # By way of a name that nobody has: two interfaces of a container may change theirs with each other.
    take: list[Step] = []
    if "interface" in differences:
        spare = wanted.values["name"]
        leave.append(m.set_link(differences["interface"][0], path, operation="rename", ifname=spare))
        take.append(m.set_link(spare, path, operation="rename", ifname=device))
    settings: list[Step] = []
    if "sysctls" in differences:
        before, after = differences["sysctls"]
        settings = set_sysctls(path, after, [key for key, value in after.items() if before.get(key) == value])
    settings += change_settings(device, path, *differences.get("end_settings", ({}, {})))
    link = {"address": wanted.values.get("mac")} if "mac" in differences else {}
    link.update({"mtu": differences["mtu"][1]} if "mtu" in differences else {})
    first: list[Step] = [m.set_link(device, path, **link)] if link else []
    rest: list[Step] = [m.set_link(device, path, up=wanted.values["up"])] if "up" in differences else []
    rest += change_addresses(device, path, [cidr for cidr in old if cidr not in former], new)
    rest += sandbox_routes.change(wanted.values, path, differences)
    return [leave, take, first, settings, rest]
