# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import errno

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine import steps as s
from ansible_collections.containerhost.network.plugins.module_utils.engine.advice import advice
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m

ROUTE = {"dst": "10.42.1.0/24", "device": "ch-fabric"}
OF_KINDS = {kind.kernel_kind: kind.refusals for kind in KINDS if kind.kernel_kind}
FDB = {"device": "vx", "lladdr": "02:00:00:00:00:01", "dst": "198.18.0.2", "state": m.NUD_PERMANENT, "flags": 2}
STEPS = {
    "make vxlan": m.new_link("vx", "vxlan"),
    "make macvlan": m.new_link("eth0", "macvlan"),
    "make veth": m.new_link("v", "veth"),
    "make bridge": m.new_link("br", "bridge"),
    "a kind that nobody has heard of": m.new_link("x", "ifb"),
    "change": m.set_link("br", mtu=9000),
    "up": m.set_link("vx", up=True),
    "kind": m.set_kind_data("br", "bridge", {"IFLA_BR_STP_STATE": 1}),
    "port": m.set_port("v", {"IFLA_BRPORT_ISOLATED": 1}),
    "delete": m.delete_link("br"),
    "address": m.new_address("br", "fd00::1/64"),
    "no address": m.delete_address("br", "10.0.0.1/24"),
    "route": m.route(ROUTE),
    "no route": m.route(ROUTE, delete=True),
    "neighbour": m.neighbour("vx", "10.42.1.0", "02:00:00:00:00:01"),
    "fdb": m.fdb(FDB),
    "sysctl": s.WriteSysctl(None, "net/ipv4/conf/br/rp_filter", "2"),
    "borrowed": s.Borrow(None, "net/ipv4/conf/eth0/forwarding", "1", "plan/web", "forwarding"),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_every_number_has_words_for_what_was_tried(step):
    for code, name in errno.errorcode.items():
        words = advice(step, code, of_kinds=OF_KINDS)
        assert len(words.split()) > 1
        assert name not in words


@pytest.mark.parametrize(
    ("tried", "code", "words"),
    [
        ("make vxlan", errno.EEXIST, "another namespace"),
        ("make vxlan", errno.EADDRINUSE, "UDP port"),
        ("up", errno.EADDRINUSE, "UDP port"),
        ("make macvlan", errno.EADDRINUSE, "has this MAC"),
        ("make macvlan", errno.EBUSY, "passthru"),
        ("make veth", errno.EXFULL, "1,023 ports"),
        ("address", errno.EACCES, "disable_ipv6"),
        ("route", errno.EEXIST, "another `metric`"),
        ("route", errno.ENETUNREACH, "`onlink`"),
        ("neighbour", errno.ENOBUFS, "gc_thresh3"),
        ("sysctl", errno.EACCES, "read-only"),
        ("change", errno.EINVAL, "MTU"),
        ("make bridge", errno.EPERM, "security module"),
    ],
)
def test_what_is_wrong_is_said_by_what_was_tried(tried, code, words):
    assert words in advice(STEPS[tried], code, of_kinds=OF_KINDS)


def test_what_was_there_all_along_was_not_made_meanwhile():
    assert not any("meanwhile" in advice(step, errno.EEXIST, of_kinds=OF_KINDS) for step in STEPS.values())
