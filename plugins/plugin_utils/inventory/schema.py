# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every key that a user may write, declared once: what is checked, and what the reference documentation is made of.

The options of a single driver are declared in that driver's file; ``network_options`` joins them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import ENGINES
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver, drivers
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, Refusal, Where, listed
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import elsewhere
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.readers import READERS
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.subnets import SUBNET_KEYS
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.underlay import UNDERLAY
from ansible_collections.containerhost.network.plugins.plugin_utils.model import PUBLISH_RANGE, DnsSpec
from ansible_collections.containerhost.network.plugins.plugin_utils.run import keeping

PREFIX = "containerhost_"
NETWORKS = "containerhost_networks"
CONTAINERS = "containerhost_containers"

NETWORK = (
    Option("driver", "text", "What builds the network.", required=True),
    Option(
        "subnets",
        "subnets",
        "Its subnets: CIDRs, or mappings of C(cidr) with C(host_prefix) (each host gets a slice of that prefix length),"
        " C(gateway), C(range) (what addresses, or slices, are taken from) and C(exclude) (what is never taken).",
        default_note="taken from C(containerhost_pools) and remembered in the ledger",
    ),
    Option("mtu", "mtu", "MTU of its devices and containers.", default_note="C(auto)", minimum=68, maximum=65535),
    Option("internal", "bool", "No way out and none in, `allow_networks` aside: no default route.", default=False),
    Option("hosts", "pattern", "A host pattern: its members.", default_note="the hosts whose containers name it"),
    Option(
        "per_host_names",
        "bool",
        "On a segment that hosts share, one container name on two hosts is two endpoints.",
        default=False,
    ),
    Option(
        "names",
        "ways",
        "How containers find the others on this network by name: C(hosts), by lines in their hosts file; C(resolver),"
        " by a name server on each host; and C(on_host), programs of the hosts themselves; or a list of these.",
        default=(),
        default_note="C(none)",
        choices=("none", "hosts", "resolver", "on_host"),
    ),
    Option(
        "dns",
        "dns",
        "Name servers outside (C(servers)) that the network's containers ask, or its own name server for them, the"
        " domains that they look in (C(search)) and resolv.conf(5)'s C(options).",
        default=DnsSpec(),
        default_note="those of the host",
    ),
    Option(
        "state",
        "text",
        "C(absent) removes the network from its hosts.",
        default="present",
        choices=("present", "absent"),
    ),
)

CONTAINER = (
    Option(
        "engine",
        "text",
        "Who made the container's network namespace; C(netns) is a bare namespace, made if missing.",
        default="netns",
        choices=tuple(ENGINES),
    ),
    Option("ref", "raw", "The container's name (or pid, or path) with its engine.", default_note="its name here"),
    Option(
        "network_mode",
        "raw",
        "C(none) for loopback only, C(host), or C(container:NAME), as in Docker.",
        default_note="its networks",
    ),
    Option("networks", "raw", "The networks it is on, by name, each with its endpoint's options.", default_note="none"),
    Option(
        "dns",
        "dns",
        "The same for this container alone; what it says goes before what its networks say.",
        default=DnsSpec(),
        default_note="what its networks say",
    ),
    Option(
        "default_route",
        "name",
        "The network that its default routes lead to.",
        default_note="a family's first network, by C(priority) and name, that is not internal and has a gateway",
    ),
)

# Of a container that joins another (C(network_mode: container:NAME)), besides.
JOINED = (
    Option(
        "publish",
        "publish",
        "Of a container that joins another: ports to publish, on the network of its partner's default route, or the"
        " first one that has a gateway.",
        default=(),
    ),
    Option("aliases", "hostnames", "Of a container that joins another: more names, on all its networks.", default=()),
)

ENDPOINT = (
    Option("address", "address", "A pinned address.", default_note="what the ledger remembers, else the lowest free"),
    Option(
        "addresses", "addresses", "Pinned addresses, when there are several (one a family, say).", default_note="none"
    ),
    Option("mac", "mac", "A pinned MAC.", default_note="derived from network and address"),
    Option(
        "interface", "ifname", "The interface's name in the container.", default_note="C(eth0), C(eth1)… by network"
    ),
    Option(
        "publish",
        "publish",
        "Ports to publish: C([[host_ip:][host_port[-end]]:]container_port[-end][/tcp,udp,sctp])"
        " or the same as a mapping with C(sources). Without C(host_port) the plan chooses one, which the ledger keeps.",
        default=(),
    ),
    Option("aliases", "hostnames", "More names of the container on this network.", default=()),
    Option("mtu", "int", "MTU of this endpoint.", default_note="the network's", minimum=68, maximum=65535),
    Option(
        "priority",
        "int",
        "Which network its default routes lead to, without C(default_route): the highest, then the first by name.",
        default=0, minimum=-(2**31), maximum=2**31 - 1,
    ),  # fmt: skip
    Option(
        "routes",
        "routes",
        "More routes in the container: mappings of C(dst), C(via) or C(type), and C(metric).",
        default=(),
    ),
    Option(
        "rate",
        "rate",
        "Limits of what goes in and out, as C({in: 100mbit, out: 50mbit, burst: 64kb}), on networks of bridges.",
        default=(),
    ),
    Option("sysctls", "sysctls", "Sysctls in the container; C(IFNAME) stands for the interface.", default=()),
)

HOST = (
    *UNDERLAY,
    Option("containerhost_slices", "pins", "Pinned slices by network, as in C({fabric: [10.42.1.0/24]}).", default={}),
    Option(
        "containerhost_keep",
        "bool",
        "Keep the host's networks between two runs: over a reboot, restarts of containers, flushed rules.",
        default=True,
    ),
    Option(
        "containerhost_foreign_firewall",
        "text",
        "What to do where another firewall of the host drops what our networks need: C(report) warns, with the rule and"
        " the commands that let it pass; C(adapt) has it pass, where that firewall has a place for it: Docker's chain"
        " for users, a policy of firewalld, ufw's before rules.",
        default="report",
        choices=("report", "adapt"),
    ),
    Option(
        "containerhost_publish_address",
        "publish_addresses",
        "Where ports are published that name no address of the host: an address, or a list with one a family. A family"
        " without any has no published ports but those that name an address.",
        default=(),
        default_note="all of the host's addresses",
    ),
    Option(
        "containerhost_publish_range",
        "port_range",
        "Where the plan takes host ports from that are left to it.",
        default=PUBLISH_RANGE,
        default_note="C(61000-65535), which is above the ports that Linux gives to programs by itself",
    ),
    Option(
        "containerhost_metrics_dir",
        "folder",
        "The folder of node_exporter's textfile collector, to tell there every five minutes what differs.",
        default_note="nothing is told",
    ),
    keeping.GUARD_TIMEOUT,
    Option(
        "containerhost_lab_engines",
        "text",
        "In a lab, what is taken for containers of engines: network namespaces of their names, or the C(real) ones, of"
        " engines that run in its hosts. Without effect outside of a lab.",
        default="real",
        default_note="C(real); a lab's variables file says C(namespaces)",
        choices=("namespaces", "real"),
    ),
)

FLEET = (
    Option(
        "containerhost_ledger",
        "text",
        "Path of the ledger on the controller.",
        default_note="C(containerhost.ledger) beside the inventory file or directory",
    ),
    Option(
        "containerhost_ledger_read_only", "bool",
        "Never write the ledger: a needed allocation is an error.", default=False,
    ),  # fmt: skip
    Option("containerhost_pools", "pools", "Blocks that subnets are taken from.", default_note="C(10.64.0.0/12)"),
    Option("containerhost_recreate", "bool", "Let devices be re-created when a change needs it.", default=False),
    Option("containerhost_hosts", "pattern", "The hosts of the fleet, as a host pattern.", default="all"),
    Option(
        "containerhost_confirm_renumbered",
        "bool",
        "Go on although addresses of containers move that nothing in the inventory moves, as the ledger is missing or"
        " another fleet's.",
        default=False,
    ),
    Option(
        "containerhost_confirm_vanished",
        "bool",
        "Go on although more than a tenth of the hosts, networks, containers or endpoints that the ledger knows has"
        " left the inventory.",
        default=False,
    ),
)

# Variables of this name that are not the plan's: the lab's, the playbooks' and the roles' own, which are left to them.
OTHERS = (
    "containerhost_lab",
    "containerhost_lab_vars",
    "containerhost_python",
    "containerhost_report_dest",
    "containerhost_serial",
    "containerhost_show",
    *(f"containerhost_release_{name}" for name in ("containers", "hosts", "networks", "older_than")),
    *(f"containerhost_show_{name}" for name in ("containers", "dest", "hosts", "networks")),
)


def network_options(driver_name: str) -> tuple[Option, ...]:
    """All keys of a network of this driver."""
    return NETWORK + driver(driver_name).options


def every_network_option() -> set[str]:
    """The keys of networks of whichever driver."""
    return {option.name for name in drivers() for option in network_options(name)}


def nearest(word: Any, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that a user may have meant."""
    return next(iter(difflib.get_close_matches(str(word), list(known), n=1, cutoff=cutoff)), None)


def suggestion(word: Any, known: Iterable[str]) -> str:
    """The fix for an unknown word, as an imperative."""
    known = sorted(known)
    near = nearest(word, known)
    if near:
        return f"Write `{near}` if that is meant"
    return f"Choose from {', '.join(known)}" if known else "Define it first"


class Section:
    """Options by name, with their defaults: a section of the schema, ready to check mappings with."""

    def __init__(self, options: Iterable[Option]) -> None:
        self.options = {option.name: option for option in options}
        self.defaults = {option.name: option.default for option in self.options.values()}
        self.required = [option.name for option in self.options.values() if option.required]

    def read(self, mapping: Mapping[Any, Any], where: Where, problems: Problems) -> dict[str, Any]:
        """All options with their values or defaults. A null value counts as left out.

        Of one option one thing is said: what is wrong with it, or what it may have been called, or that it is missing.
        """
        values = dict(self.defaults)
        told = set()
        for key, value in mapping.items():
            option = self.options.get(key) if isinstance(key, str) else None
            if option is None:
                told.add(self._unknown(key, where.inside(key), problems))
            elif value is not None:
                try:
                    values[key] = read_value(option, value)
                except Refusal as refusal:
                    told.add(key)
                    name = "" if f"`{key}`" in refusal.what or f"{key}:" in refusal.what else f"`{key}`: "
                    problems.add(f"{where.inside(key, *refusal.path)}{name}{refusal.what}", refusal.fix)
        # What depends on an option that is refused is not spoken of.
        clear = {name for name, each in self.options.items() if not each.only_with or each.only_with[0] not in told}
        for name in filter(clear.__contains__, self.required):
            if values[name] is None and name not in told and self.options[name].has_meaning(values):
                problems.add(f"{where}`{name}` is missing", _example(self.options[name]))
        for name in filter(clear.__contains__, mapping):
            if values[name] != self.defaults[name] and not self.options[name].has_meaning(values):
                other, choices = self.options[name].only_with
                problems.add(
                    f"{where}`{name}` is for `{other}: {' or '.join(choices)}`, and here it is `{values[other]}`",
                    "Leave it out",
                )
        return values

    def _unknown(self, key: Any, where: Where, problems: Problems) -> str | None:
        """Say what an unknown key may have been meant to be, and return it."""
        owners = [each.name for each in drivers().values() if any(option.name == key for option in each.options)]
        meant = None
        if owners and "driver" in self.options:
            problems.add(f"{where}`{key}` is an option of {listed(owners)} networks", "Leave it out here")
        elif level := _level_of(key, self):
            problems.add(f"{where}`{key}` is {level[0]}", level[1])
        else:
            meant = elsewhere.known_as(str(key), self.options) or nearest(key, self.options)
            problems.add(f"{where}unknown key `{key}`", _fix_of_unknown(key, meant, self))
        return meant


_ABOVE = "Write it one level higher, beside `networks`"


def _level_of(key: Any, section: Section) -> tuple[str, str] | None:
    """What a key that does not belong to a section is, and where it belongs; None where nothing is known of it."""
    mine = section.options
    name = elsewhere.NAMES.get(str(key), key)
    if name in mine or key in mine:
        return None
    if key in {option.name for option in (*HOST, *FLEET)} or key in (NETWORKS, CONTAINERS, *OTHERS):
        return "a variable of its own", "Write it at the top, where `containerhost_…` stands, without indentation"
    of_endpoint, of_container = ({option.name for option in each} for each in (ENDPOINT, CONTAINER))
    called = f"{name}: …" if name == key else f"{name}: … (as it is called here)"
    if "networks" in mine and name in of_endpoint:
        example = f"networks: {{web: {{{called}}}}}"
        return "said of each network that it is on", f"Write it below the network, as in {example}"
    if mine.keys() == of_endpoint and name in of_container:
        return "an option of the container", _ABOVE
    if "subnets" in mine and name == "cidr":
        return "an option of a subnet", "Write it as a list, as in subnets: [10.80.0.0/16]"
    if "subnets" in mine and name in SUBNET_KEYS:
        return "an option of a subnet", f"Write it with its CIDR, as in subnets: [{{cidr: 10.80.0.0/16, {called}}}]"
    if "networks" in mine and name in every_network_option() and name not in ("port", "range"):
        return "an option of a network", f"Write it in {NETWORKS}, with that network's others"
    if "subnets" in mine and name in of_endpoint | of_container and name != "networks":
        return "said of containers", f"Write it in {CONTAINERS}, for each that is on this network"
    return None


def _fix_of_unknown(key: Any, meant: str | None, section: Section) -> str:
    if elsewhere.known_as(str(key), section.options):
        return f"Write `{meant}` if that is meant"
    if "networks" in section.options and key in elsewhere.OF_THE_ENGINE:
        return "Leave it out: the container's engine is told that, and only networks are described here"
    if "subnets" in section.options and key in elsewhere.OF_DOCKER_NETWORKS:
        rest = "it has IPv6 where one of its `subnets` is of it" if "ip" in key else "its options stand beside `driver`"
        return f"Leave it out: a network here has no such option; {rest}"
    return suggestion(key, section.options)


def _example(option: Option) -> str:
    if option.name == "driver":
        return f"Write one of {', '.join(drivers())}"
    if option.minimum is not None:
        return f"Write a number from {option.minimum} to {option.maximum}"
    return f"Write it, as in `{option.name}: {_EXAMPLES.get(option.type, '…')}`"


_EXAMPLES = {"ifname": "eth1", "address": "10.80.1.5", "text": "…"}


def read_value(option: Option, value: Any) -> Any:
    """One value, checked and normalised. Raises Refusal."""
    read = READERS[option.type](value, option)
    if not option.built and read != option.default:
        raise Refusal(f"`{option.name}` is not built yet", "Leave it out")
    for word in read if isinstance(read, tuple) else (read,):
        if option.built_choices is not None and word not in option.built_choices:
            raise Refusal(f"`{option.name}: {word}` is not built yet", f"Write {' or '.join(option.built_choices)}")
    return read


def read_driver(name: Any) -> str:
    """The driver of a network by its name, or a Refusal that says which there are."""
    known = drivers()
    if name is None:
        raise Refusal("`driver` is missing", f"Write {' or '.join(known)}")
    if not isinstance(name, str) or name not in known:
        raise Refusal(f"there is no driver {name!r}", elsewhere.driver_of(name, known) or suggestion(name, known))
    return name
