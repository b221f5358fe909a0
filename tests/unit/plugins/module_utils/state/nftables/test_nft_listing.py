# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_listing import read

OURS = "containerhost:plan/web"


def listed(type_: str, *elements: str, what: str = "set") -> str:
    """A table with one set, as nft 1.0.6 lists it."""
    inner = ",\n\t\t\t     ".join(elements)
    row = f"\t\telements = {{ {inner} }}\n" if elements else ""
    return f"table inet x {{\n\t{what} one {{\n\t\t{type_}\n\t\tflags interval\n{row}\t}}\n\n\tchain c {{\n\t}}\n}}\n"


@pytest.mark.parametrize(
    ("type_", "element", "row"),
    [
        ("type ifname", f'"ch-web" comment "{OURS}"', ("ch-web", None, OURS)),
        ("type ifname", '"a,b}{:=0x1"', ("a,b}{:=0x1", None, "")),
        ("type ifname", '"0x12"', ("0x12", None, "")),
        ("type ifname . ifname", f'"a.b" . "c" comment "{OURS} x, y : z"', ("a.b . c", None, f"{OURS} x, y : z")),
        ("type nf_proto", f'10 comment "{OURS}"', ("10", None, OURS)),
        ("type ipv4_addr", "10.0.0.0/24", ("10.0.0.0/24", None, "")),
        ("type ipv6_addr", "::ffff:1.2.3.4", ("::ffff:1.2.3.4", None, "")),
        ("type ipv4_addr", "10.9.0.5-10.9.0.9", ("10.9.0.5-10.9.0.9", None, "")),
        ("type ifname . inet_proto . inet_service", '"eth1" . 17 . 8000-8010', ("eth1 . udp . 8000-8010", None, "")),
        ("type inet_proto . inet_service : ipv4_addr . inet_service", f'6 . 80 comment "{OURS}" : 10.0.0.1 . 8080',
         ("tcp . 80", "10.0.0.1 . 8080", OURS)),
        ("type inet_proto . inet_service : ipv4_addr . inet_service", "132 . 80 : 10.0.0.1 . 80",
         ("sctp . 80", "10.0.0.1 . 80", "")),
        ("type inet_proto . ipv6_addr . inet_service : ipv6_addr . inet_service", "47 . fd00::1 . 53 : fd01::1 . 53",
         ("47 . fd00::1 . 53", "fd01::1 . 53", "")),
        ("type ipv4_addr . ipv4_addr : mark", f'10.5.0.0/24 . 192.0.2.1 comment "{OURS}" : 0x10100000',
         ("10.5.0.0/24 . 192.0.2.1", "269484032", OURS)),
        ("typeof udp dport . @th,96,24", "4789 . 0x2a", ("4789 . 42", None, "")),
        ("typeof iifname . @ll,48,48 . @nh,64,64", '"a" . 0x20000000001 . 0xfe80000000000000',
         ("a . 2199023255553 . 18338657682652659712", None, "")),
        ("type inet_service", f'80 timeout 1h expires 59m58s comment "{OURS}"', ("80", None, OURS)),
        ("type inet_service", "80 timeout 1h expires 59m58s", ("80", None, "")),
    ],
)  # fmt: skip
def test_an_element_in_the_words_of_ours(type_, element, row):
    key, value, comment = row
    assert read(listed(type_, element)).elements == {"one": {key: (value, comment)}}
    more = read(listed(type_, element.replace("1", "3"), element, what="map")).elements["one"]
    assert more[key] == (value, comment)


def test_the_rules_are_what_is_left():
    empty = read(listed("type inet_service"))
    assert empty.elements == {"one": {}}
    assert read(listed("type inet_service", "80", "81")).rules == empty.rules == listed("type inet_service")


def test_how_many_elements_there_are_is_no_rule():
    counted = listed("type inet_service\n\t\tsize 4096\t# count 1", "80")
    assert read(counted).rules == listed("type inet_service\n\t\tsize 4096")
    assert [*read(counted).elements["one"]] == ["80"]


def test_what_nobody_needs_is_not_read():
    assert read(listed("type inet_service", "80"), without=("one",)).elements == {"one": {}}


def test_a_table_without_anything_is_empty():
    assert read("table inet x {\n}\n").is_empty
    assert not read("table inet x {\n\tchain c {\n\t}\n}\n").is_empty


def test_whatever_others_have_in_a_table_is_read_to_its_end():
    odd = read(listed("type inet_service", "{ 1, 2 } @x = y", '"', "80"))
    assert "80" in odd.elements["one"]
