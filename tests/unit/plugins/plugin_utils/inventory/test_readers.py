# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import readers
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import (
    parse_address,
    parse_block,
    parse_span,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.model import ContainerRoute, SubnetSpec


def read(kind, value, **fields):
    return readers.READERS[kind](value, Option("it", kind, "", **fields))


@pytest.mark.parametrize("name", ["web", "a", "Web_2", "a.b-c", "0"])
def test_names(name):
    assert read("name", name) == name


@pytest.mark.parametrize("name", ["", "-a", ".", "a b", "a/b", "ä", "a\n", "x" * 129])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(Refusal, match="is not a name"):
        read("name", name)


@pytest.mark.parametrize(("value", "words"), [(False, "no, off or false"), (True, "yes, on or true"), (5, "not text")])
def test_a_name_that_yaml_has_read_as_something_else_is_to_be_quoted(value, words):
    with pytest.raises(Refusal) as refusal:
        read("name", value)
    assert words in refusal.value.what
    assert "Quote it" in refusal.value.fix


@pytest.mark.parametrize("value", [True, "true", "Yes", "on", 1])
def test_true_as_people_and_command_lines_write_it(value):
    assert read("bool", value) is True


@pytest.mark.parametrize("value", [False, "false", "No", "off", 0])
def test_false_as_people_and_command_lines_write_it(value):
    assert read("bool", value) is False


@pytest.mark.parametrize("value", ["maybe", 2, [], None])
def test_what_is_neither_is_refused(value):
    with pytest.raises(Refusal, match="`it` is"):
        read("bool", value)


def test_numbers_may_be_text_as_templates_give_it():
    assert read("int", "42", minimum=1, maximum=100) == 42


def test_an_mtu_may_say_that_it_is_what_it_is_without_it():
    assert read("mtu", "auto", minimum=68, maximum=65535) is None
    assert read("mtu", 1400, minimum=68, maximum=65535) == 1400
    with pytest.raises(Refusal, match="`it` is"):
        read("mtu", "Auto 1400", minimum=68, maximum=65535)


@pytest.mark.parametrize("value", [True, 1.5, "x", "-1", 0, 101, None])
def test_numbers_outside_their_range_are_refused(value):
    with pytest.raises(Refusal) as refusal:
        read("int", value, minimum=1, maximum=100)
    assert refusal.value.fix == "Write a number from 1 to 100"


@pytest.mark.parametrize("value", ["/var/lib/node", "/var/lib/node/", "/srv/a.b/c+d_e-f"])
def test_a_folder_is_an_absolute_path(value):
    assert read("folder", value) == value.rstrip("/")


@pytest.mark.parametrize(
    "value", ["/", "//", "node", "./node", "/var/../etc", "/var//node", "/a b", "/a;b", "/a%b", "/a\nb", "/ä", "/$HOME"]
)
def test_a_path_that_a_service_would_read_as_something_else_is_refused(value):
    with pytest.raises(Refusal, match="no absolute path of letters"):
        read("folder", value)


def test_a_mac_in_any_notation_is_normalised():
    assert read("mac", "52-54-00-AB-cd-EF") == "52:54:00:ab:cd:ef"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("52:54:00:12:34", "is not a MAC"),
        ("52:54:00:12:34:5g", "is not a MAC"),
        ("52:54-00:12:34:56", "is not a MAC"),
        ("01:00:5e:00:00:01", "group address"),
        ("00:00:00:00:00:00", "all zeros"),
        (41135085296, "YAML reads 52:54:00:12:34:56 without quotes in base 60"),
    ],
)
def test_what_is_no_mac_for_an_interface_is_refused(value, reason):
    with pytest.raises(Refusal, match=reason):
        read("mac", value)


def test_a_subnet_is_a_cidr_or_a_mapping():
    spans = (parse_span("10.80.0.7"), parse_span("10.80.0.16/28"))
    assert read(
        "subnets", ["10.80.0.0/16", {"cidr": "10.81.0.0/24", "gateway": "10.81.0.254", "range": "10.81.0.128/25"}]
    ) == (
        SubnetSpec(parse_block("10.80.0.0/16")),
        SubnetSpec(parse_block("10.81.0.0/24"), None, parse_address("10.81.0.254"), parse_span("10.81.0.128/25")),
    )
    assert read("subnets", [{"cidr": "10.80.0.0/16", "exclude": ["10.80.0.7", "10.80.0.16/28"]}])[0].exclude == spans


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("10.80.0.0/16", "not a list"),
        ([], "empty list"),
        ([10.8], "10.8, which is not text"),
        ([{"host_prefix": 24}], "no `cidr`"),
        ([{"cidr": "10.80.0.0/16", "host_prefx": 24}], "unknown key `host_prefx`"),
        ([{"cidr": "10.80.0.0/16", "host_prefix": 12}], "`host_prefix` is 12"),
        ([{"cidr": "10.80.0.0/16", "host_prefix": 31}], "`host_prefix` is 31"),
        ([{"cidr": "10.80.0.0/16", "gateway": "10.81.0.1"}], "outside its subnet 10.80.0.0/16"),
        ([{"cidr": "10.80.0.0/16", "range": "10.79.255.0-10.80.0.9"}], "outside its subnet"),
        ([{"cidr": "10.80.0.0/16", "exclude": ["fd00::1"]}], "outside its subnet"),
        (["127.0.0.0/16"], "is not for hosts"),
        (["224.1.0.0/16"], "is not for hosts"),
        (["0.0.0.0/0"], "is not for hosts"),
        (["fe80::/64"], "is not for hosts"),
        (["10.80.0.1/16"], "address inside a subnet"),
    ],
)
def test_what_is_no_subnet_is_refused(value, reason):
    with pytest.raises(Refusal, match=reason):
        read("subnets", value)


def test_routes():
    assert read("routes", [{"dst": "10.9.0.0/16", "via": "10.80.1.1", "metric": 7}, {"dst": "::/0"}]) == (
        ContainerRoute(parse_block("10.9.0.0/16"), parse_address("10.80.1.1"), 7),
        ContainerRoute(parse_block("::/0")),
    )
    assert read("routes", [{"dst": "10.9.0.0/16", "type": "blackhole"}])[0].type == "blackhole"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([{"via": "10.0.0.1"}], "no `dst`"),
        ([{"dst": "10.9.0.0/16", "via": "fd00::1"}], "other family"),
        ([{"dst": "10.9.0.0/16", "dev": "eth0"}], "unknown key `dev`"),
        ([{"dst": "10.9.0.0/16", "type": "black hole"}], "`type` is 'black hole'"),
        ([{"dst": "10.9.0.0/16", "type": "local"}], "`type` is 'local'"),
        ([{"dst": "10.9.0.0/16", "type": "prohibit", "via": "10.0.0.1"}], "prohibit, which leads nowhere"),
        (["10.9.0.0/16"], "not a mapping"),
        ({"dst": "10.9.0.0/16"}, "not a list"),
    ],
)
def test_what_is_no_route_is_refused(value, reason):
    with pytest.raises(Refusal, match=reason):
        read("routes", value)


def test_sysctls_are_sorted_text():
    assert read("sysctls", {"net.ipv6.conf.all.x": "1", "net.ipv4.conf.IFNAME.rp_filter": 2}) == (
        ("net.ipv4.conf.IFNAME.rp_filter", "2"),
        ("net.ipv6.conf.all.x", "1"),
    )


@pytest.mark.parametrize("value", [{"kernel.panic": 1}, {"net.ipv4.ip_forward": True}, {"net": 1}, {5: 1}, ["net.x=1"]])
def test_sysctls_that_are_no_container_s_are_refused(value):
    with pytest.raises(Refusal):
        read("sysctls", value)


@pytest.mark.parametrize(
    "value",
    [
        *({key: 1} for key in ("net..x", "net.ipv4..x", "net/ipv4/../x", "net/./x", "net/", "net", "network.x")),
        *({"net.ipv4.conf.IFNAME.rp_filter": setting} for setting in ("", " ", "a\0b", "\x1b", "ä", "\ud800")),
    ],
)
def test_sysctls_that_no_host_takes_are_refused(value):
    with pytest.raises(Refusal):
        read("sysctls", value)


def test_pins_of_slices():
    assert read("pins", {"fabric": ["10.42.1.0/24"]}) == {"fabric": (parse_block("10.42.1.0/24"),)}
    with pytest.raises(Refusal, match="not a list"):
        read("pins", {"fabric": "10.42.1.0/24"})


def test_a_pattern_may_be_a_list():
    assert read("pattern", ["a", "!b"]) == "a,!b"


@pytest.mark.parametrize(
    ("value", "block"),
    [
        ("127.0.0.1", "127.0.0.0/8"),
        ("127.4.5.6/8", "127.0.0.0/8"),
        ("0.0.0.0", "0.0.0.0/8"),
        ("0.1.2.3", "0.0.0.0/8"),
        ("169.254.1.1", "169.254.0.0/16"),
        ("224.0.0.5", "224.0.0.0/3"),
        ("239.255.255.250/24", "224.0.0.0/3"),
        ("255.255.255.255", "224.0.0.0/3"),
        ("::", "::/8"),
        ("::1/128", "::/8"),
        ("::ffff:203.0.113.12", "::/8"),
        ("fe80::1/64", "fe80::/10"),
        ("ff05::2", "ff00::/8"),
    ],
)
def test_an_underlay_address_that_leads_to_no_host_is_refused(value, block):
    with pytest.raises(Refusal) as refusal:
        read("interface_address", value)
    address = value.split("/")[0]
    assert refusal.value.what == f"`it` is {address}, where nobody reaches a host: {block} has a meaning of its own"


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("203.0.113.0/24", "the network's own address"),
        ("203.0.113.4/30", "the network's own address"),
        ("203.0.113.255/24", "the broadcast address"),
        ("203.0.113.7/30", "the broadcast address"),
        ("fd00:7::/64", "the subnet router's anycast address"),
    ],
)
def test_an_underlay_address_is_a_host_s_in_its_network(value, what):
    with pytest.raises(Refusal, match=f"`it` is {value}, which is {what} and no host's"):
        read("interface_address", value)


@pytest.mark.parametrize(
    "value", ["203.0.113.0", "203.0.113.0/31", "203.0.113.1/31", "203.0.113.255/32", "203.0.113.0/22", "fd00:7::/127"]
)
def test_an_underlay_address_may_be_at_the_edge(value):
    assert str(read("interface_address", value)) == value.partition("/")[0]


@pytest.mark.parametrize("value", [[], ["127.0.0.0/8"], ["224.0.0.0/8", "10.0.0.0/8"], ["0.0.0.0/0"], ["fe80::/10"]])
def test_pools_that_nobody_can_have_are_refused(value):
    with pytest.raises(Refusal):
        read("pools", value)


@pytest.mark.parametrize("value", [64, True, 1.5, {"a": 1}, [64], [None], 0, False, {}])
def test_what_is_excluded_is_text(value):
    with pytest.raises(Refusal, match="`exclude` is"):
        read("subnets", [{"cidr": "10.80.0.0/16", "exclude": value}])


@pytest.mark.parametrize("value", ["²", "1²", "٣", "１", "9" * 5000, "1_0", " 1", "+1"])
def test_digits_that_are_no_number_are_refused_wherever_a_number_stands(value):
    for kind, text in (
        ("int", value),
        ("subnets", [{"cidr": "10.0.0.0/8", "host_prefix": value}]),
        ("subnets", [f"10.0.0.0/{value}"]),
        ("publish", [f"{value}:80"]),
        ("publish", [{"host_port": 80, "container_port": value}]),
        ("routes", [{"dst": "10.0.0.0/8", "metric": value}]),
        ("interface_address", f"198.18.7.11/{value}"),
    ):
        with pytest.raises(Refusal):
            read(kind, text, minimum=0, maximum=2**32)


@pytest.mark.parametrize(
    "address", ["224.0.0.1", "255.255.255.255", "0.1.2.3", "[ff02::1]", "[fe80::1]", "[::ffff:10.0.0.1]"]
)
def test_nothing_is_published_where_nobody_reaches_it(address):
    with pytest.raises(Refusal, match="where nobody reaches a port"):
        read("publish", [f"{address}:53:53"])


@pytest.mark.parametrize("address", ["0.0.0.0", "[::]", "127.0.0.1", "169.254.7.7", "198.18.7.11"])
def test_ports_may_be_published_on_what_a_host_can_have(address):
    assert read("publish", [f"{address}:53:53"])[0].host_address is not None


@pytest.mark.parametrize("name", ["", ".", "..", "all", "default", "lo", "a\0b", 'a"b', "br%d", "a b", "a/b", "x" * 16])
def test_a_device_s_name_is_one_that_hosts_take(name):
    with pytest.raises(Refusal, match="is no name for a device|has 16 characters"):
        read("ifname", name)
