# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.containerhost.network.plugins.module_utils.lab import underlay
from ansible_collections.containerhost.network.plugins.module_utils.lab.compare import There, compare
from ansible_collections.containerhost.network.plugins.module_utils.lab.members import Member
from ansible_collections.containerhost.network.plugins.module_utils.lab.underlay import Lab, LabHost, Lan

SWITCH = Member("switch", 100, 1)


def lab(*names, lans=(), mtu=1500):
    return Lab("lab", tuple(LabHost(name, (), "eth0", mtu) for name in names), tuple(lans), "outside")


def standing(lab_, dead=(), without=()):
    """The lab as it is when ``compare`` has been obeyed, but for dead hosts and lost devices."""
    numbers = underlay.number(lab_, {})
    legs = underlay.legs(lab_, numbers)
    hosts = {
        host.name: Member(host.name, 101 + place, 1, numbers[host.name], host.outside, None, legs[host.name])
        for place, host in enumerate(underlay.members(lab_))
    }
    devices = {bridge.name: bridge.mtu for bridge in underlay.bridges(lab_)}
    devices.update({leg.port: leg.mtu for name, legs_ in legs.items() if name not in dead for leg in legs_})
    devices.update(lo=65536)
    return There(hosts, set(hosts) - set(dead), SWITCH, {k: v for k, v in devices.items() if k not in without})


def todo(there, lab_):
    numbers = underlay.number(lab_, {name: member.number for name, member in there.hosts.items()})
    return compare(there, underlay.members(lab_), underlay.bridges(lab_), underlay.legs(lab_, numbers))


def subjects(todo_):
    return [(change.subject, change.before is None, change.after is None) for change in todo_.changes]


def test_a_lab_that_is_as_wanted_is_left_alone():
    wanted = lab("h1", "h2", lans=[Lan("eth1", 1500)])
    found = todo(standing(wanted), wanted)
    assert found._replace(bridges=()) == type(found)(False, *((),) * 8)


def test_from_nothing_everything_is_made():
    found = todo(There({}, set(), None, {}), lab("h1"))
    assert found.start_switch
    assert [host.name for host in found.start] == ["outside", "h1"]
    assert [bridge.name for bridge in found.make_bridges] == ["underlay"]
    assert [(name, leg.interface) for name, leg in found.plug] == [("outside", "eth0"), ("h1", "eth0")]
    assert subjects(found) == [("the underlay", True, False), ("host outside", True, False), ("host h1", True, False)]


def test_a_host_joins():
    found = todo(standing(lab("h1")), lab("h1", "h10"))
    assert ([host.name for host in found.start], found.stop, found.delete_devices) == (["h10"], (), ())
    assert [name for name, _leg in found.plug] == ["h10"]
    assert subjects(found) == [("host h10", True, False)]


def test_a_host_leaves_with_its_ports():
    before = standing(lab("h1", "h10"))
    found = todo(before, lab("h10"))
    assert (found.start, found.stop, found.plug) == ((), ("h1",), ())
    assert found.delete_devices == (before.hosts["h1"].legs[0].port,)
    assert subjects(found) == [("host h1", False, True)]


def test_a_dead_host_is_made_again():
    found = todo(standing(lab("h1", "h2"), dead=["h1"]), lab("h1", "h2"))
    assert (found.stop, [host.name for host in found.start]) == (("h1",), ["h1"])
    assert subjects(found) == [("host h1", True, False)]


def test_a_dead_hosts_port_that_the_kernel_still_has_goes_first():
    before = standing(lab("h1"))
    found = todo(before._replace(alive={"outside"}), lab("h1"))
    assert found.delete_devices == (before.hosts["h1"].legs[0].port,)


def test_a_leg_that_was_lost_is_plugged_again():
    before = standing(lab("h1"))
    port = before.hosts["h1"].legs[0].port
    found = todo(standing(lab("h1"), without=[port]), lab("h1"))
    assert (found.start, [leg.port for _name, leg in found.plug]) == ((), [port])
    assert [(change.before, change.after is None) for change in found.changes] == [("", False)]


def test_a_dead_switch_rejoins_all():
    before = standing(lab("h1", "h2"))
    found = todo(before._replace(switch=None, devices={}), lab("h1", "h2"))
    assert found.start_switch and found.start == ()
    assert len(found.unplug) == len(found.plug) == 3


def test_a_new_mtu_plugs_a_leg_anew_and_keeps_the_host():
    found = todo(standing(lab("h1")), lab("h1", mtu=9000))
    assert (found.start, found.stop) == ((), ())
    assert sorted(name for name, _leg in found.plug) == ["h1", "outside"]
    assert len(found.delete_devices) == 2


def test_a_lan_that_no_network_names_any_more_goes():
    found = todo(standing(lab("h1", lans=[Lan("eth1", 1500)])), lab("h1"))
    assert len(found.delete_devices) == 3
    assert (found.start, found.plug) == ((), ())
    assert [after for _subject, _before, after in subjects(found)] == [True, False, False]


def test_a_host_that_was_the_outside_is_made_as_a_host():
    after = Lab("lab", (LabHost("outside", (), "eth0", 1500),), (), "outside-2")
    found = todo(standing(lab("h1")), after)
    assert set(found.stop) == {"outside", "h1"}
    assert [host.name for host in found.start] == ["outside-2", "outside"]
