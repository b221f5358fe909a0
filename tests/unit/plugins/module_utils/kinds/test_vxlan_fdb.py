# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Problem
from ansible_collections.containerhost.network.plugins.module_utils.kinds.vxlan_fdb import VxlanFdb
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    Link,
    Namespace,
    Neighbour,
    changed,
    kernel_of,
    refused,
    want,
)

MAC, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"
NOBODY = "00:00:00:00:00:00"
VXLAN = {"IFLA_VXLAN_ID": 42, "IFLA_VXLAN_PORT": 4789}


def entry(dst="192.0.2.12", lladdr=MAC, state=m.NUD_PERMANENT, flags=m.NTF_SELF, **more):
    return Neighbour("ch-fabric", dst, lladdr, state, flags, more)


def host(*fdb, owner="plan/web", **link):
    links = [Link("ch-fabric", "vxlan", owner=owner, data=VXLAN, **link), Link("br0", "bridge"), Link("eth0")]
    return kernel_of(Namespace(links=links, fdb=fdb))


def wanted(**values):
    return want("vxlan_fdb", **{"device": "ch-fabric", "lladdr": MAC, "dst": "192.0.2.12", **values})


def of_the_fdb(found):
    return found.kind == "vxlan_fdb"


def test_one_that_is_as_wanted_stays_as_it_is():
    assert changed(host(entry()), wanted()) == []


def test_a_port_and_a_vni_that_are_the_device_s_are_not_shown_and_as_wanted():
    assert changed(host(entry()), wanted(port=4789, vni=42)) == []
    assert changed(host(entry(NDA_PORT=8472)), wanted()) == [f"vxlan_fdb {MAC} on ch-fabric (web): port: 8472 → "]


def test_a_container_s_mac_moves_with_its_host():
    assert changed(host(entry()), wanted(dst="192.0.2.13")) == [
        f"vxlan_fdb {MAC} on ch-fabric (web): dst: 192.0.2.12 → dst: 192.0.2.13"
    ]


def test_of_unknown_macs_each_vtep_gets_a_copy():
    lines = changed(host(entry(lladdr=NOBODY)), wanted(lladdr=NOBODY), wanted(lladdr=NOBODY, dst="192.0.2.13"))
    assert [line.split(" → ")[0] for line in lines] == [f"vxlan_fdb {NOBODY} on ch-fabric to 192.0.2.13 (web): absent"]


def test_what_is_on_a_device_of_ours_is_ours_and_goes_when_nobody_wants_it():
    lines = changed(host(entry(), entry(lladdr=OTHER)), wanted(), leaves=of_the_fdb)
    assert [line.split(" ←")[0] for line in lines] == [f"vxlan_fdb {OTHER} on ch-fabric (web): absent"]


def test_what_a_device_has_learned_by_itself_is_nobody_s():
    learned = entry(state=m.NUD_REACHABLE)
    assert changed(host(learned), leaves=of_the_fdb) == []
    (line,) = changed(host(learned), wanted())
    assert "fdb_state: dynamic → " in line


def test_on_a_stranger_s_device_only_what_a_controller_may_write_is_written():
    theirs = host(entry(lladdr=OTHER), owner=None)
    assert refused(theirs, wanted()) == [
        f"vxlan_fdb {MAC} on ch-fabric (web): ch-fabric is not ours; give the entry `extern_learn: true`, as on other"
        " people's devices"
    ]
    assert len(changed(theirs, wanted(extern_learn=True), leaves=of_the_fdb)) == 1


def test_it_needs_a_vxlan_device():
    assert refused(host(), wanted(device="ch-none"))[0].endswith("no device ch-none; make it first (module vxlan)")
    assert refused(host(), wanted(device="eth0"))[0].endswith("eth0 is no VXLAN device (physical)")
    assert refused(host(), wanted(table="master", dst=None))[0].endswith("so there is no table of a master")
    gone = f"vxlan_fdb {MAC} on ch-fabric (web): there is no device eth9; make it first, or name another `via`"
    assert refused(host(), wanted(via="eth9")) == refused(host(entry()), wanted(via="eth9")) == [gone]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"dst": None}, "needs a `dst`"),
        ({"nh_id": 7}, "either `dst`, one VTEP, or `nh_id`"),
        ({"table": "master"}, "are the VXLAN's"),
        ({"sticky": True}, "is of a bridge's entry"),
        ({"vni": 1 << 24}, "vni"),
        ({"lladdr": "02:00"}, "lladdr"),
    ],
)
def test_what_no_kernel_takes_is_refused(values, sentence):
    with pytest.raises(Problem, match=sentence):
        wanted(**values)


@pytest.mark.parametrize("gone", ["192.0.2.1", "192.0.2.99"])
def test_copies_for_a_member_go_to_its_new_address_while_another_member_leaves(gone):
    """Whichever of the two old addresses the kernel tells first."""
    copies = sorted((entry("192.0.2.12", NOBODY), entry(gone, NOBODY)), key=lambda each: each.dst)
    found = host(*copies, entry("192.0.2.12", MAC), entry(gone, OTHER))
    lines = changed(found, wanted(lladdr=NOBODY, dst="192.0.2.22"), wanted(dst="192.0.2.22"))
    assert f"vxlan_fdb {NOBODY} on ch-fabric to 192.0.2.22 (web): dst: 192.0.2.12 → dst: 192.0.2.22" in lines


def test_of_two_members_with_new_addresses_each_keeps_its_own_copies():
    copies = entry("192.0.2.12", NOBODY), entry("192.0.2.13", NOBODY)
    found = host(*copies, entry("192.0.2.12"), entry("192.0.2.13", OTHER))
    lines = changed(
        found,
        *(wanted(lladdr=NOBODY, dst=dst) for dst in ("192.0.2.31", "192.0.2.32")),
        *(wanted(lladdr=mac, dst=dst) for mac, dst in ((MAC, "192.0.2.32"), (OTHER, "192.0.2.31"))),
    )
    assert {line.split(": ", 1)[1] for line in lines if NOBODY in line} == {
        "dst: 192.0.2.13 → dst: 192.0.2.31",
        "dst: 192.0.2.12 → dst: 192.0.2.32",
    }


def test_copies_for_a_member_without_containers_go_to_an_address_that_is_new():
    lines = changed(host(entry("192.0.2.12", NOBODY)), wanted(lladdr=NOBODY, dst="192.0.2.22"))
    assert lines == [f"vxlan_fdb {NOBODY} on ch-fabric to 192.0.2.22 (web): dst: 192.0.2.12 → dst: 192.0.2.22"]


def test_no_copy_is_left_out_while_its_address_changes():
    """The new one is there before the old one goes, in one send."""
    other = wanted(lladdr=NOBODY, dst="192.0.2.22")
    there = {"device": "ch-fabric", "lladdr": NOBODY, "dst": "192.0.2.12", "table": "self"}
    before = Found("vxlan_fdb", other.key, there, "plan/web")
    (round_,) = VxlanFdb().change(other, before, {"dst": ("192.0.2.12", "192.0.2.22")})
    assert [(each.operation.split()[0], each.attributes["NDA_DST"]) for each in round_] == [
        ("add", "192.0.2.22"),
        ("delete", "192.0.2.12"),
    ]
