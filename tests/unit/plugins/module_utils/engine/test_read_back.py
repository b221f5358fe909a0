# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Change
from ansible_collections.containerhost.network.plugins.module_utils.engine.read_back import altered
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    KIND,
    Link,
    Namespace,
    kernel_of,
    want,
)

RETRANS = "net/ipv4/neigh/eth0/retrans_time_ms"


def told(kernel, *wanted):
    """What is said of objects that have just been made, up to the advice."""
    told_of = altered(KIND, kernel, [Change("add", each.kind, each, None, {}) for each in wanted])
    return [sentence.partition(": ask for what it can be there")[0] for _change, sentence in told_of]


def container(number, value=None):
    sysctls = {RETRANS.replace("/", "."): value} if value else {}
    return want("veth", name=f"chv{number}", master="ch-web", sandbox={"ref": f"c{number}"}, sysctls=sysctls)


def bridge(**values):
    return want("bridge", name="ch-web", addresses=["10.80.0.1/24"], **values)


def test_what_is_as_it_was_set_is_not_spoken_of():
    host = Namespace(
        links=[Link("ch-web", "bridge", mtu=1400, mac="02:00:00:00:00:01", data={"IFLA_BR_AGEING_TIME": 3000})]
    )
    assert told(kernel_of(host), bridge(mtu=1400, mac="02:00:00:00:00:01", ageing_time=30)) == []


def test_each_value_that_is_another_is_named_with_both():
    host = Namespace(links=[Link("ch-web", "bridge", mtu=1280, up=False, data={"IFLA_BR_AGEING_TIME": 2900})])
    assert told(kernel_of(host), bridge(mtu=1400, ageing_time=30)) == [
        "bridge ch-web (web): mtu was set to 1400, and the kernel has made it 1280",
        "bridge ch-web (web): ageing_time was set to 30, and the kernel has made it 29",
        "bridge ch-web (web): up was set to True, and the kernel has made it False",
    ]


def test_a_device_is_known_as_it_is_now_and_others_as_they_were_found():
    """A VTEP's lower device and bridge are looked up by what was seen before, or is seen again."""
    data = {"IFLA_VXLAN_ID": 7, "IFLA_VXLAN_PORT": 4789, "IFLA_VXLAN_LINK": 2}
    links = [Link("eth0"), Link("br0", "bridge"), Link("vx0", "vxlan", mtu=1450, master="br0", data=data)]
    kernel = kernel_of(Namespace(links=links))
    kernel.links()["vx0"] = kernel.link("vx0")._replace(mtu=1400, master=None)
    assert told(kernel, want("vxlan", name="vx0", vni=7, mtu=1450, link="eth0", master="br0")) == []


def test_a_setting_of_the_host_is_read():
    kernel = kernel_of(Namespace(sysctls={RETRANS: "8"}))
    assert told(kernel, want("sysctl", key=RETRANS, value="8")) == []
    assert told(kernel, want("sysctl", key=RETRANS, value="5")) == [
        f"sysctl {RETRANS} (web): value was set to 5, and the kernel has made it 8"
    ]


def test_what_is_in_another_namespace_is_whoever_s_is_in_there():
    kernel = kernel_of(c1=Namespace(links=[Link("ch-web", "bridge", mtu=1280)], sysctls={RETRANS: "8"}))
    inside = (container(1, "5"), bridge(mtu=1400, netns="c1"), want("sysctl", key=RETRANS, value="5", netns="c1"))
    assert told(kernel, *inside) == []


def test_however_many_are_made_few_tables_are_read(monkeypatch):
    kernel = kernel_of(Namespace(links=[Link("ch-web", "bridge")]), **{f"c{n}": Namespace() for n in range(50)})
    read = []
    dump = kernel._readings.dump
    monkeypatch.setattr(kernel._readings, "dump", lambda *given: read.append(given) or dump(*given))
    assert told(kernel, bridge(), *map(container, range(50))) == []
    assert [(type_, netns, attributes["IFLA_LINKINFO"]) for type_, _header, _wanted, netns, attributes in read] == [
        (m.RTM_GETLINK, None, {"IFLA_INFO_KIND": "bridge"})
    ]
