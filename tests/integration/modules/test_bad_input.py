# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input: one clear sentence, in check mode as for good, and nothing changed."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

SHOP = {"ref": "shop"}
VETH = {"name": "veth-x", "master": "br-a", "sandbox": SHOP}
MAC, ZERO = "02:00:00:00:00:01", "00:00:00:00:00:00"
ENTRY = {"device": "vx-a", "lladdr": MAC, "dst": "198.18.0.2"}
PUBLISH = {"rule": "publish", "host_port": 80, "address": "10.80.1.2"}

# The host has a bridge br-a, its attachment veth-shop in namespace shop, a VXLAN device vx-a (VNI 42) and an isolation
# of br-a, all of owner `task`; and of somebody else's: br-theirs (a bridge), its port `port`, vx-theirs (VNI 66).
MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    # options as a whole
    ("bridge", {}, "name is missing: it says which bridge is meant"),
    ("bridge", {"name": "br-x", "config": []}, "name and config exclude each other"),
    ("bridge", {"state": "absent", "netns": "shop", "config": []}, "netns, state and config exclude each other"),
    ("bridge", {"name": "br-x", "purge": True}, "purge removes what `config` does not list"),
    ("bridge", {"name": "br-x", "owner": "plan/web"}, "owner plan/web is the plan's own"),
    ("bridge", {"name": "br-x", "owner": "plan"}, "owner plan is the plan's own"),
    ("bridge", {"name": "br-x", "owner": "two words"}, "owner 'two words' is no name to mark things with"),
    ("bridge", {"name": "br-x", "owner": ""}, "owner '' is no name to mark things with"),
    ("bridge", {"name": "br-x", "owner": "x" * 65}, "use at most 64"),
    ("bridge", {"name": "br-x", "adresses": []}, "module: adresses. Supported parameters include: addresses"),
    ("bridge", {"config": [{"name": "br-x", "adresses": []}]}, "module: config.adresses. Supported parameters"),
    ("bridge", {"config": [{"mtu": 1400}]}, "missing required arguments: name found in config"),
    ("bridge", {"config": [{"name": "br-x"}, {"name": "br-y"}, {"name": "br-x"}]}, "bridge br-x is listed twice"),
    ("bridge", {"config": [{"name": "br-x"}, {"name": "br-x", "state": "absent"}]}, "bridge br-x is listed twice"),
    # names
    ("bridge", {"name": "sixteen-letters-"}, "name 'sixteen-letters-' has 16 characters; the kernel takes 15"),
    ("bridge", {"name": "a/b"}, "name 'a/b' is no name for a device"),
    ("bridge", {"name": "br%d"}, "name 'br%d' is no name for a device, as it has '%' in it: use up to 15"),
    ("bridge", {"name": "all"}, "name 'all' is no name for a device, as no kernel takes it"),
    ("veth", {**VETH, "interface": ""}, "interface '' is no name for a device, as it is empty"),
    ("route", {"dst": "10.9.0.0/16", "device": "a b"}, "device 'a b' is no name for a device, as it has ' ' in it"),
    ("veth", {**VETH, "name": "sixteen-letters-"}, "has 16 characters"),
    ("veth", {**VETH, "interface": "sixteen-letters-"}, "interface 'sixteen-letters-' has 16 characters"),
    ("vxlan", {"name": "sixteen-letters-", "vni": 1}, "has 16 characters"),
    ("isolation", {"device": "sixteen-letters-"}, "device 'sixteen-letters-' has 16 characters"),
    ("neighbour", {"device": "sixteen-letters-", "address": "10.0.0.1"}, "has 16 characters"),
    ("netns", {"name": "a/b"}, "'a/b' is no name for a network namespace"),
    ("netns", {"name": "x" * 256}, "is no name for a network namespace"),
    ("netns", {"name": "x", "netns": "shop"}, "a namespace has no place in another"),
    # what is not there
    ("bridge", {"name": "br-x", "netns": "nowhere"}, "there is no network namespace /run/netns/nowhere; make it first"),
    ("route", {"dst": "10.9.0.0/16", "device": "br-a", "netns": "/nowhere"}, "there is no network namespace /nowhere"),
    ("nat_rule", {**PUBLISH, "netns": "nowhere"}, "there is no network namespace /run/netns/nowhere"),
    ("veth", {**VETH, "sandbox": {"ref": "nowhere"}}, "there is no network namespace nowhere; make it first"),
    ("veth", {**VETH, "sandbox": {"engine": "path", "ref": "/nowhere"}}, "there is no network namespace at /nowhere"),
    ("veth", {**VETH, "sandbox": {"engine": "pid", "ref": "999999999"}}, "there is no process 999999999"),
    ("veth", {**VETH, "sandbox": {"engine": "nspawn", "ref": "shop"}}, "nspawn container shop is not running"),
    ("veth", {**VETH, "sandbox": {"engine": "docker", "ref": "shop"}}, "docker does not answer"),
    ("veth", {**VETH, "master": "nowhere"}, "there is no bridge nowhere; make it first (module bridge)"),
    ("veth", {**VETH, "name": "veth-shop", "interface": "eth0", "master": "nowhere"}, "there is no bridge nowhere"),
    ("veth", {**VETH, "master": "eth0"}, "eth0 is no bridge (veth); name another `master`"),
    ("vxlan", {"name": "vx-x", "vni": 1, "master": "nowhere"}, "there is no bridge nowhere"),
    ("vxlan", {"name": "vx-a", "vni": 42, "master": "eth0"}, "eth0 is no bridge"),
    ("vxlan", {"name": "vx-x", "vni": 1, "link": "nowhere"}, "there is no device nowhere; name another `link`"),
    ("vxlan_fdb", {**ENTRY, "device": "nowhere"}, "there is no device nowhere"),
    ("vxlan_fdb", {**ENTRY, "device": "br-a"}, "br-a is no VXLAN device (bridge)"),
    ("vxlan_fdb", {"device": "vx-a", "lladdr": "02:00:00:00:00:01", "table": "master"}, "vx-a is no port of a bridge"),
    ("route", {"dst": "10.9.0.0/16", "device": "nowhere"}, "there is no device nowhere"),
    ("neighbour", {"device": "nowhere", "address": "10.0.0.1", "lladdr": MAC}, "there is no device nowhere"),
    ("sysctl", {"key": "net.ipv4.conf.nowhere.forwarding", "value": 1}, "this kernel has no such setting here"),
    ("forwarding", {"device": "nowhere"}, "there is no device nowhere"),
    ("forwarding", {"uplink": "nowhere", "family": "ipv6"}, "there is no device nowhere"),
    ("isolation", {"device": "nowhere"}, "there is no device nowhere"),
    # impossible values and combinations
    ("bridge", {"name": "br-x", "mac": 1133344556677}, "mac '1133344556677' is no MAC address: write six pairs"),
    ("bridge", {"name": "br-x", "mac": "01:00:5e:00:00:01"}, "mac 01:00:5e:00:00:01 is no unicast address"),
    ("bridge", {"name": "br-x", "mtu": 67}, "mtu 67 is not between 68 and 65535"),
    ("bridge", {"name": "br-x", "mtu": 1279, "addresses": ["fd00::1/64"]}, "mtu 1279 is too small for IPv6"),
    ("bridge", {"name": "br-x", "addresses": ["10.80.1.1/33"]}, "address '10.80.1.1/33' is no address with a prefix"),
    ("bridge", {"name": "br-x", "addresses": ["fe80::1/64"]}, "address fe80::1/64 is link-local"),
    ("bridge", {"name": "br-x", "addresses": ["10.80.1.255/24"]}, "10.80.1.255/24 is its network's broadcast address"),
    ("bridge", {"name": "br-x", "addresses": ["224.0.0.5/24"]}, "address 224.0.0.5/24 is one that no device can have"),
    ("veth", {**VETH, "addresses": ["ff02::5/64"]}, "address ff02::5/64 is one that no device can have"),
    ("veth", {**VETH, "addresses": ["10.80.1.7/30"]}, "address 10.80.1.7/30 is its network's broadcast address"),
    ("veth", {**VETH, "addresses": ["FE80::0001/64"]}, "address fe80::1/64 is link-local"),
    ("bridge", {"name": "br-x", "priority": 65536}, "priority 65536 is not between 0 and 65535"),
    ("bridge", {"name": "br-x", "forward_delay": 1}, "forward_delay 1 is not between 2 and 30"),
    ("bridge", {"name": "br-x", "ageing_time": -1}, "ageing_time -1 is not between"),
    ("bridge", {"name": "br-x", "mtu": "big"}, "argument 'mtu' is of type str"),
    ("veth", {"name": "veth-x", "master": "br-a"}, "`sandbox` must say whose it is"),
    ("veth", {"name": "veth-x", "sandbox": {"engine": "netns"}}, "missing required arguments: ref found in sandbox"),
    ("veth", {"name": "veth-x", "sandbox": {"engine": "docka", "ref": "x"}}, "value of engine must be one of"),
    ("veth", {**VETH, "routes": [{"dst": "10.1.2.3/8"}]}, "dst '10.1.2.3/8' is no network"),
    ("veth", {**VETH, "routes": [{"dst": "::/0", "via": "10.80.1.1"}]}, "they are not of one family"),
    ("veth", {**VETH, "routes": [{"dst": "10.0.0.0/8"}], "up": False}, "an interface that is down has no routes"),
    ("veth", {**VETH, "sysctls": {"kernel.panic": 1}}, "sysctl kernel.panic is not below net."),
    ("veth", {**VETH, "host_mac": "33:33:00:00:00:01"}, "host_mac 33:33:00:00:00:01 is no unicast address"),
    ("veth", {**VETH, "interface": "x", "master": None, "hairpin": True}, "`hairpin` is a setting of a bridge's port"),
    ("veth", {**VETH, "interface": "x", "master": None, "isolated": True}, "name the bridge as `master`, or leave it"),
    ("veth", {**VETH, "interface": "eth0"}, "belongs to task, has interface netns shop eth0"),
    ("vxlan", {"name": "vx-x"}, "vxlan vx-x needs a `vni`"),
    ("vxlan", {"name": "vx-x", "vni": 1 << 24}, "vni 16777216 is not between 0 and 16777215"),
    ("vxlan", {"name": "vx-x", "vni": 1, "port": 65536}, "port 65536 is not between 1 and 65535"),
    ("vxlan", {"name": "vx-x", "vni": 1, "local": "198.18.0.1/24"}, "local '198.18.0.1/24' is no IP address"),
    ("vxlan", {"name": "vx-x", "vni": 1, "local": "::"}, "local :: is no address of this host: leave it out"),
    ("vxlan", {"name": "vx-x", "vni": 42}, "vni 42 4789"),
    ("vxlan", {"name": "vx-x", "vni": 66}, "vx-theirs, which is not ours, has VNI 66 on port 4789 already"),
    (
        "vxlan",
        {"config": [{"name": name, "vni": 7} for name in ("vx-x", "vx-y")]},
        "vxlan vx-x and vxlan vx-y cannot both have vni 7 4789; give one of them another",
    ),
    ("vxlan_fdb", {"device": "vx-a", "lladdr": "02:00:00:00:00:01"}, "needs a `dst`: a VTEP's address"),
    ("vxlan_fdb", {"device": "vx-a", "lladdr": ZERO, "state": "absent"}, "needs a `dst`: there is one for each"),
    ("vxlan_fdb", {"device": "vx-a", "lladdr": 11223344, "dst": "198.18.0.2"}, "lladdr '11223344' is no MAC address"),
    ("vxlan_fdb", {**ENTRY, "port": 0}, "port 0 is not between"),
    ("vxlan_fdb", {**ENTRY, "vni": -1}, "vni -1 is not between"),
    ("vxlan_fdb", {**ENTRY, "nh_id": 1}, "takes either `dst`"),
    (
        "vxlan_fdb",
        {"device": "port", "lladdr": "02:00:00:00:00:01", "table": "master", "dst": "198.18.0.2"},
        "`dst`, `port` and `vni` are the VXLAN's (table: self)",
    ),
    ("route", {"dst": "10.99.1.0/16", "device": "br-a"}, "host bits set): the network is 10.99.0.0/16"),
    ("route", {"dst": "default", "device": "br-a"}, "dst 'default' is no network"),
    ("route", {"dst": "10.9.0.0/16"}, "route 10.9.0.0/16 needs a `device` to leave by"),
    ("route", {"dst": "10.9.0.0/16", "device": "br-a", "via": "fd00::1"}, "are not of one family"),
    ("route", {"dst": "10.9.0.0/16", "device": "br-a", "table": -1}, "table -1 is not between"),
    ("route", {"dst": "10.9.0.0/16", "device": "br-a", "metric": 1 << 32}, "metric 4294967296 is not between"),
    ("neighbour", {"device": "br-a", "address": "10.80.1.7"}, "needs an `lladdr`"),
    ("neighbour", {"device": "br-a", "address": "10.80.1.7/24", "lladdr": "02:00:00:00:00:01"}, "is no IP address"),
    ("neighbour", {"device": "br-a", "address": "10.80.1.7", "lladdr": "2:0:0:0:0:1"}, "is no MAC address"),
    ("sysctl", {"key": "net.ipv4.ip_forward"}, "sysctl net.ipv4.ip_forward needs a `value`"),
    ("sysctl", {"key": "kernel.panic", "value": 1}, "sysctl kernel.panic is not below net."),
    ("sysctl", {"key": "net/../kernel/panic", "value": 1}, "is not below net."),
    ("forwarding", {}, "forwarding takes either `device`, one of ours, or `uplink`"),
    ("forwarding", {"device": "br-a", "uplink": "eth0"}, "forwarding takes either `device`"),
    ("forwarding", {"uplink": "br-a"}, "br-a is ours; name it as `device`"),
    ("nat_rule", {"rule": "masquerade"}, "nat_rule masquerade needs a `source`"),
    ("nat_rule", {"rule": "masquerade", "source": "10.80.1.1/24"}, "host bits set): the network is 10.80.1.0/24"),
    ("nat_rule", {"rule": "masquerade", "source": "10.80.1.0/24", "port": 80}, "`port` belongs to rule publish"),
    ("nat_rule", {"rule": "masquerade", "source": "10.80.0.0/16", "unless": "fd00::/8"}, "are not of one family"),
    (
        "nat_rule",
        {"config": [{"rule": "masquerade", "source": cidr} for cidr in ("10.80.0.0/16", "10.80.1.0/24")]},
        "nat_rule masquerade 10.80.1.0/24: it overlaps masquerade 10.80.0.0/16",
    ),
    ("nat_rule", {"rule": "publish"}, "nat_rule publish needs a `host_port`"),
    ("nat_rule", {"rule": "publish", "host_port": 80}, "needs an `address`: the container's"),
    ("nat_rule", {**PUBLISH, "host_port": 133342}, "host_port 133342 is not between 1 and 65535"),
    ("nat_rule", {**PUBLISH, "host_address": "fd00::1"}, "fd00::1 and 10.80.1.2 are not of one family"),
    ("nat_rule", {**PUBLISH, "host_address": "::1", "address": "fd00::1"}, "[::1] cannot be published by NAT"),
    ("nat_rule", {**PUBLISH, "source": "10.0.0.0/8"}, "`source` belongs to rule masquerade"),
    ("nat_rule", {**PUBLISH, "sources": ["fd00::/8"]}, "are not of one family"),
    ("nat_rule", {"rule": "drop"}, "value of rule must be one of"),
    ("open_port", {"address": "10.80.1.2", "port": 0}, "port 0 is not between"),
    ("open_port", {"address": "10.80.1.2"}, "port is missing: it says which open_port is meant"),
    ("open_port", {"address": "10.80.1.2", "port": 1, "sources": ["fd00::/8"]}, "are not of one family"),
    ("sender_filter", {"port": "chv1"}, "sender_filter chv1: `mac` is missing"),
    ("sender_filter", {"port": "chv1", "mac": "01:00:5e:00:00:01"}, "is no unicast address"),
    ("sender_filter", {"port": "port", "mac": MAC}, "port is not ours, so what may be sent by it is not ours to say"),
    ("vtep_filter", {"vni": 1 << 24}, "vni 16777216 is not between"),
    ("vtep_filter", {"vni": 1, "accept_from": ["198.18.0.0/24"]}, "address '198.18.0.0/24' is no IP address"),
    ("source_address", {"port": 51820}, "source_address of UDP port 51820: `address` is missing"),
    ("source_address", {"port": 51820, "address": "198.18.0.0/24"}, "address '198.18.0.0/24' is no IP address"),
    ("macvlan", {"sandbox": SHOP}, "macvlan eth0 needs a `parent`"),
    ("macvlan", {"sandbox": SHOP, "interface": "lan0", "parent": "nowhere"}, "there is no interface nowhere"),
    ("macvlan", {"sandbox": {"ref": "nowhere"}, "parent": "br-a"}, "there is no network namespace nowhere"),
    ("macvlan", {"interface": "sixteen-letters-", "parent": "br-a"}, "has 16 characters"),
    ("macvlan", {"interface": "lan0", "parent": "port"}, "port is a port of br-theirs; name br-theirs as `parent`"),
    ("macvlan", {"interface": "lan0", "parent": "br-a", "mode": "passthru", "mac": MAC}, "leave out `mac`"),
    (
        "macvlan",
        {"config": [{"interface": name, "parent": "br-a", "mode": "passthru"} for name in ("lan0", "lan1")]},
        "br-a has a macvlan already, and one in mode passthru must be the only one",
    ),
    ("macvlan", {"sandbox": SHOP, "parent": "br-a"}, "eth0 in shop is there already (veth)"),
    ("ipvlan", {"sandbox": SHOP, "interface": "lan0"}, "ipvlan lan0 needs a `parent`"),
    ("ipvlan", {"sandbox": SHOP, "interface": "lan0", "parent": "nowhere"}, "there is no interface nowhere"),
    ("ipvlan", {"sandbox": {"ref": "nowhere"}, "parent": "br-a"}, "there is no network namespace nowhere"),
    ("ipvlan", {"sandbox": SHOP, "parent": "br-a"}, "eth0 in shop is there already (veth)"),
    ("ipvlan", {"interface": "sixteen-letters-", "parent": "br-a"}, "has 16 characters"),
    ("ipvlan", {"interface": "lan0", "parent": "lo"}, "lo leads to nobody else"),
    ("ipvlan", {"interface": "lan0", "parent": "port"}, "port is a port of br-theirs; name br-theirs as `parent`"),
    ("ipvlan", {"interface": "lan0", "parent": "br-a", "mac": MAC}, "module: mac. Supported parameters"),
    ("ipvlan", {"interface": "lan0", "parent": "br-a", "mode": "l4"}, "value of mode must be one of"),
    ("ipvlan", {"interface": "lan0", "parent": "br-a", "vlan": 4095}, "vlan 4095 is not between 1 and 4094"),
    ("ipvlan", {"interface": "lan0", "parent": "eth0", "vlan": 7}, "there is no VLAN 7 of eth0 on this host; make it"),
    ("ipvlan", {"interface": "lan0", "parent": "eth0", "mtu": 1501}, "mtu 1501 is more than the 1500 of eth0"),
    ("ipvlan", {"interface": "vx-a", "parent": "eth0"}, "there is a device of that name already (vxlan, which belongs"),
    (
        "ipvlan",
        {"config": [{"interface": mode, "parent": "br-a", "mode": mode} for mode in ("l2", "l3")]},
        "br-a has an ipvlan already in mode l2 bridge, and all of a parent have one mode and flag: take those",
    ),
    ("vlan", {}, "parent, id is missing: it says which vlan is meant"),
    ("vlan", {"parent": "eth0", "id": 0}, "id 0 is not between 1 and 4094"),
    ("vlan", {"parent": "eth0", "id": 4095}, "id 4095 is not between 1 and 4094"),
    ("vlan", {"parent": "eth0", "id": 7, "protocol": "802.1x"}, "value of protocol must be one of: 802.1Q, 802.1ad"),
    ("vlan", {"parent": "nowhere", "id": 7}, "there is no interface nowhere on this host; name its interface as"),
    ("vlan", {"parent": "eth0", "id": 7, "name": "br-a"}, "br-a is another device (bridge): give the VLAN another"),
    ("vlan", {"parent": "eth0", "id": 7, "name": "sixteen-letters-"}, "has 16 characters"),
    ("vlan", {"parent": "eth0", "id": 7, "mtu": 9000}, "mtu 9000 is more than the 1500 of eth0: take that or less"),
    ("vlan", {"config": [{"parent": "eth0", "id": 7}] * 2}, "vlan 7 of eth0 is listed twice"),
    (
        "vlan",
        {"config": [{"parent": "eth0", "id": number, "name": "tagged"} for number in (7, 8)]},
        "vlan 8 of eth0: tagged is another device, which is made before it: give the VLAN another `name`",
    ),
    ("dummy", {}, "name is missing: it says which dummy is meant"),
    ("dummy", {"name": "br-a"}, "there is a device of that name already (bridge, which belongs to task)"),
    ("dummy", {"name": "eth0"}, "kind: veth"),
    ("dummy", {"name": "new0", "mtu": 1279, "addresses": ["fd00::1/64"]}, "mtu 1279 is too small for IPv6"),
    ("dummy", {"name": "new0", "mac": "01:00:5e:00:00:01"}, "mac 01:00:5e:00:00:01 is no unicast address"),
    # somebody else's
    ("bridge", {"name": "br-theirs"}, "bridge br-theirs cannot be made: there is one already that is not ours"),
    ("bridge", {"name": "br-theirs", "state": "absent"}, "bridge br-theirs is not ours, so it stays"),
    ("bridge", {"name": "eth0"}, "kind: veth"),
    ("bridge", {"name": "vx-a"}, "there is a device of that name already (vxlan, which belongs to task)"),
    ("bridge", {"name": "br-a", "owner": "me"}, "bridge br-a belongs to task, not to me"),
    ("bridge", {"name": "br-a", "owner": "me", "state": "absent"}, "bridge br-a belongs to task, not to me"),
    ("netns", {"name": "theirs", "state": "absent"}, "netns theirs is not ours, so it stays"),
    ("veth", {**VETH, "interface": "lo"}, "lo in shop is there already"),
    ("veth", {**VETH, "name": "port"}, "cannot be made: there is one already that is not ours"),
    (
        "vxlan_fdb",
        {**ENTRY, "device": "vx-theirs"},
        "vx-theirs is not ours; give the entry `extern_learn: true`",
    ),
    (
        "vxlan_fdb",
        {**ENTRY, "owner": "me"},
        "vx-a belongs to task, and its entries with it, not to me",
    ),
    ("vxlan_fdb", {"device": "vx-theirs", "lladdr": "02:00:00:00:66:01", "state": "absent"}, "is not ours"),
    ("route", {"dst": "0.0.0.0/0", "device": "br-a"}, "already that is not ours (0.0.0.0/0 via 198.18.0.2 dev"),
    ("route", {"dst": "0.0.0.0/0", "state": "absent"}, "route 0.0.0.0/0 is not ours, so it stays"),
    ("route", {"dst": "10.80.1.0/24", "state": "absent"}, "route 10.80.1.0/24 is not ours, so it stays"),
    ("neighbour", {"device": "eth0", "address": "198.18.0.77", "state": "absent"}, "is not ours, so it stays"),
    ("forwarding", {"device": "br-theirs"}, "br-theirs is not ours; name it as `uplink`"),
    ("isolation", {"device": "br-theirs"}, "br-theirs is not ours, so what is forwarded to it is not ours to say"),
    ("isolation", {"device": "br-a", "owner": "me"}, "isolation br-a belongs to task, not to me"),
]

THEIRS = """
ip link add br-theirs up type bridge
ip link set br-theirs addrgenmode none
ip link add port master br-theirs type veth peer name port-peer
ip link set port addrgenmode none
ip link set port-peer addrgenmode none
ip link set port up
ip link set port-peer up
ip link add vx-theirs type vxlan id 66 dstport 4789 local 198.18.0.1
bridge fdb add 02:00:00:00:66:01 dev vx-theirs dst 198.18.0.66
ip neigh add 198.18.0.77 lladdr 02:00:00:00:00:77 dev eth0 nud permanent
ip netns add theirs
"""
OURS = (
    ("netns", {"name": "shop"}),
    ("bridge", {"name": "br-a", "mac": "02:00:00:00:00:0a", "addresses": ["10.80.1.1/24"]}),
    ("veth", {"name": "veth-shop", "master": "br-a", "sandbox": SHOP, "addresses": ["10.80.1.2/24"]}),
    ("vxlan", {"name": "vx-a", "vni": 42, "local": "198.18.0.1"}),
    ("isolation", {"device": "br-a", "accept_from": ["br-a"]}),
)


@pytest.fixture(scope="module")
def furnished(host_of_a_module):
    host_of_a_module.run("sh", "-ec", THEIRS)
    for module, options in OURS:
        assert host_of_a_module.module(module, **options)["changed"]
    return host_of_a_module, [host_of_a_module.snapshot()]


@pytest.mark.parametrize(
    ("module", "options", "words"), MISTAKES, ids=[f"{module}: {words}"[:80] for module, _options, words in MISTAKES]
)
def test_a_mistake_is_told_in_a_sentence_and_changes_nothing(furnished, module, options, words):
    host, states = furnished

    answer = host.module(module, **options)

    states.append(host.snapshot())
    assert words in answer.get("msg", "")
    if "problems" in answer:  # otherwise it is Ansible that has refused the options
        assert answer["msg"].endswith("Nothing has been changed.")
    assert "exception" not in answer and "Traceback" not in answer["msg"]
    assert states[-1] == states[-2]


def test_all_mistakes_are_told_at_once(furnished):
    host, states = furnished
    rows = [{"name": "br-x"}, {"name": "sixteen-letters-"}, {"name": "br-y", "mac": "01:00:00:00:00:01"}]

    answer = host.module("bridge", config=rows)

    assert len(answer["problems"]) == 2
    assert host.snapshot() == states[-1]


def test_without_root_it_says_so(host, tmp_path):
    python = tmp_path / "python"
    # Another user, who may read where the session's files are.
    reads = "--inh-caps=+dac_override --ambient-caps=+dac_override"
    python.write_text(f'#!/bin/sh\nexec setpriv --reuid=65534 {reads} {sys.executable} "$@"\n')
    python.chmod(0o755)

    answer = host.module("bridge", name="br-x", python=str(python))

    assert answer["msg"] == "This needs root on the host: set become: true."


def test_without_pyroute2_it_names_the_package(host, tmp_path):
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {os.path.realpath(sys.executable)} -S "$@"\n')
    python.chmod(0o755)

    answer = host.module("bridge", name="br-x", python=str(python))

    assert answer["msg"].startswith("pyroute2 is not installed. Install python3-pyroute2 (pyroute2 0.7.2 or newer)")


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("nat_rule", {"rule": "masquerade", "source": "10.80.1.0/24"}),
        ("open_port", {"address": "10.80.1.2", "port": 80}),
        ("vtep_filter", {"vni": 42}),
        ("source_address", {"port": 51820, "address": "198.18.0.1"}),
        ("sender_filter", {"port": "chv1", "mac": "02:00:00:00:00:0a"}),
        ("isolation", {"device": "br-a"}),
        ("forwarding", {"uplink": "eth0"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_without_libnftables_it_names_the_package(host, module, options):
    host.module("bridge", name="br-a")
    hide = "ldconfig -p | sed -n 's/.*libnftables.so.1 .*=> //p' | xargs -n1 mount --bind /dev/null"
    host.run("sh", "-ec", hide)
    before = host.snapshot()

    for check in (True, False):
        answer = host.module(module, check=check, **options)
        assert answer["failed"]
        assert "install the package libnftables1 (Debian, Ubuntu) or nftables (others)" in answer["msg"]

    assert host.snapshot() == before
    assert host.module("forwarding", device="br-a")["changed"]
