# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import errno
import os
import signal
import subprocess

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import link_data_of
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink import namespaces
from ansible_collections.containerhost.network.plugins.module_utils.netlink import transport as wire_module
from ansible_collections.containerhost.network.plugins.module_utils.netlink.codec import UnknownAttribute
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import (
    HostNamespace,
    NoNamespace,
    WireError,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import (
    DumpInterrupted,
    RefusedMessage,
    Wire,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem import mounts

LINK_DATA = link_data_of(KINDS)
pytestmark = pytest.mark.quick


def _release() -> tuple[int, ...]:
    return tuple(int(number) for number in os.uname().release.split("-")[0].split(".")[:2])


# Linux 6.6 has more to say.
ADDRESS_THERE = "Address already assigned" if _release() >= (6, 6) else "File exists"
LINKS = frozenset(("IFLA_IFNAME", "IFLA_ADDRESS", "IFLA_GROUP", "IFLA_LINKINFO"))
NEIGHBOURS = frozenset(("NDA_DST", "NDA_LLADDR", "NDA_PROTOCOL"))


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


def inode(path: str = "/proc/self/ns/net") -> int:
    return os.stat(path).st_ino


def descriptors() -> list[str]:
    return sorted(os.listdir("/proc/self/fd"))


def neighbour(number: int, netns: str | None = None, device: str = "br") -> m.Message:
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return m.neighbour(
        device, address, f"02:00:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}", netns
    )


def make(wire: Wire, *messages: m.Message) -> None:
    """One by one: a device's index is known when it has been made."""
    for message in messages:
        assert wire.send([message]) == []


def neighbours(wire: Wire, netns: str | None = None) -> list[str]:
    rows = wire.dump(m.RTM_GETNEIGH, {}, NEIGHBOURS, netns)
    return [row["NDA_DST"] for row in rows if row.get("NDA_PROTOCOL") == m.PROTOCOL]


def test_thousands_of_messages_go_in_one_call_and_come_back_in_one_dump():
    with Wire(LINK_DATA) as wire:
        make(wire, m.new_link("br", "bridge"))
        assert wire.send([neighbour(n) for n in range(1, 4001)]) == []
        assert len(neighbours(wire)) == 4000


def test_a_refused_message_is_told_by_its_place_and_the_others_are_done():
    wrong = {0, 1, 500, 999, 1000, 1001, 2999}
    with Wire(LINK_DATA) as wire:
        wire.send([m.new_link("br", "bridge")])
        messages = [neighbour(n + 1) for n in range(3000)]
        for place in wrong:
            messages[place] = m.new_address("br", "10.0.0.1/24")._replace(header={"family": 2, "prefixlen": 99})
        refusals = wire.send(messages)
        assert [refusal.position for refusal in refusals] == sorted(wrong)
        assert len(neighbours(wire)) == 3000 - len(wrong)


def test_every_message_of_a_batch_may_be_refused():
    with Wire(LINK_DATA) as wire:
        make(wire, m.new_link("br", "bridge"), m.new_address("br", "10.0.0.1/24"))
        refusals = wire.send([m.new_address("br", "10.0.0.1/24")] * 2500)
        assert [refusal.position for refusal in refusals] == list(range(2500))


@pytest.mark.parametrize(
    ("message", "code", "text"),
    [
        (m.new_link("vx2", "vxlan", {"IFLA_VXLAN_ID": 42, "IFLA_VXLAN_PORT": 4789}, up=False), errno.EEXIST,
         "A VXLAN device with the specified VNI already exists"),
        (m.new_address("br", "10.0.0.1/24"), errno.EEXIST, ADDRESS_THERE),
        (m.route({"dst": "10.9.0.0/16", "device": "br", "via": "172.16.0.1"}), errno.ENETUNREACH,
         "Nexthop has invalid gateway"),
        (m.set_link("br", mtu=70000), errno.EINVAL, "mtu greater than device maximum"),
        (m.new_link("x", "flux-capacitor"), errno.EOPNOTSUPP, "Unknown device type"),
        (m.set_kind_data("vx", "vxlan", {"IFLA_VXLAN_ID": 43}), errno.EOPNOTSUPP, "Cannot change VNI"),
        (m.set_link("gone", up=True), errno.ENODEV, "there is no device gone"),
    ],
    ids=["vni", "address", "gateway", "mtu", "kind", "fixed", "device"],
)  # fmt: skip
def test_a_refusal_is_in_the_kernels_own_words(message, code, text):
    with Wire(LINK_DATA) as wire:
        make(
            wire,
            m.new_link("br", "bridge"),
            m.new_address("br", "10.0.0.1/24"),
            m.new_link("vx", "vxlan", {"IFLA_VXLAN_ID": 42, "IFLA_VXLAN_PORT": 4789}),
        )
        (refusal,) = wire.send([message])
        assert (refusal.position, refusal.errno) == (0, code)
        assert text in refusal.text


def test_without_words_of_the_kernel_it_is_the_errors_name():
    with Wire(LINK_DATA) as wire:
        make(wire, m.new_link("br", "bridge"), neighbour(1))
        (refusal,) = wire.send([neighbour(1)])
        assert refusal == RefusedMessage(0, errno.EEXIST, "File exists")


# -- namespaces -----------------------------------------------------------------------------------------------------


def test_messages_to_many_namespaces_keep_their_places():
    with Wire(LINK_DATA) as wire:
        ip("netns", "add", "a")
        ip("netns", "add", "b")
        names = [None, "/run/netns/a", "/run/netns/b"]
        assert wire.send([m.new_link("br", "bridge", netns=name) for name in names]) == []
        messages = [neighbour(n, names[n % 3]) for n in range(1, 301)]
        messages[100] = messages[100]._replace(header={"family": 99})
        messages[200] = m.set_link("gone", messages[200].netns)
        assert [refusal.position for refusal in wire.send(messages)] == [100, 200]
        assert sum(len(neighbours(wire, name)) for name in names) == 298


def test_of_a_missing_namespace_only_its_own_messages_are_refused():
    with Wire(LINK_DATA) as wire:
        wire.send([m.new_link("br", "bridge")])
        refusals = wire.send([neighbour(1), neighbour(2, "/run/netns/gone"), neighbour(3)])
        assert [(refusal.position, refusal.errno) for refusal in refusals] == [(1, errno.ENOENT)]
        assert "there is no network namespace at /run/netns/gone" in refusals[0].text
        assert sorted(neighbours(wire)) == ["10.0.0.1", "10.0.0.3"]


def test_a_missing_namespace_is_not_made_by_looking_for_it():
    with Wire(LINK_DATA) as wire, pytest.raises(NoNamespace):
        wire.enter("/run/netns/gone")
    assert not os.path.exists("/run/netns/gone")


def test_a_file_that_is_no_namespace_is_no_namespace():
    with open("/run/file", "w"), Wire(LINK_DATA) as wire, pytest.raises(NoNamespace, match="behind /run/file"):
        wire.enter("/run/file")


def test_a_peer_is_made_in_its_namespace_under_its_name():
    with Wire(LINK_DATA) as wire:
        ip("netns", "add", "a")
        peer = {"IFLA_IFNAME": "eth0", "IFLA_NET_NS_FD": m.NetnsFd("/run/netns/a")}
        gone = {"IFLA_IFNAME": "eth0", "IFLA_NET_NS_FD": m.NetnsFd("/run/netns/gone")}
        refusals = wire.send(
            [m.new_link("v1", "veth", {"VETH_INFO_PEER": peer}), m.new_link("v2", "veth", {"VETH_INFO_PEER": gone})]
        )
        assert [(refusal.position, refusal.errno) for refusal in refusals] == [(1, errno.ENOENT)]
        names = {row["IFLA_IFNAME"] for row in wire.dump(m.RTM_GETLINK, {}, LINKS, "/run/netns/a")}
        assert names == {"lo", "eth0"}


@pytest.mark.parametrize("name", ["eth0", "parent", "aside"])
def test_a_device_that_is_made_in_another_namespace_may_be_called_as_one_here(name):
    """Be it its own parent's name, or an alternative one. Linux 6.1 looks for it where the message is sent to."""
    with Wire(LINK_DATA) as wire:
        ip("netns", "add", "a")
        ip("link", "add", "parent", "type", "veth", "peer", "name", "eth0")
        ip("link", "property", "add", "dev", "eth0", "altname", "aside")
        there = {"link": m.Index("parent"), "net_ns_fd": m.NetnsFd("/run/netns/a")}
        assert wire.send([m.new_link(name, "macvlan", None, up=False, **there)]) == []
        (twice,) = wire.send([m.new_link(name, "macvlan", None, up=False, **there)])
        assert twice.errno == errno.EEXIST
        names = {row["IFLA_IFNAME"] for row in wire.dump(m.RTM_GETLINK, {}, LINKS, "/run/netns/a")}
        assert names == {"lo", name}


def test_more_peers_than_descriptors_are_made_in_one_call():
    """The usual limit for a process is 1,024 open files; each peer's namespace is one for a moment."""
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (260, 260))
    with Wire(LINK_DATA) as wire:
        os.makedirs("/run/netns")
        for number in range(300):
            place = f"/run/netns/n{number}"
            with open(place, "w"):
                pass
            with wire.new_netns():
                _bind(place)
        messages = [
            m.new_link(
                f"v{n}",
                "veth",
                {"VETH_INFO_PEER": {"IFLA_IFNAME": "e", "IFLA_NET_NS_FD": m.NetnsFd(f"/run/netns/n{n}")}},
            )
            for n in range(300)
        ]
        assert wire.send(messages) == []


def _bind(place: str) -> None:
    from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.mounts import bind

    bind("/proc/self/ns/net", place)


def test_the_process_is_back_where_it_was_whatever_happens():
    own = inode()
    ip("netns", "add", "a")
    with Wire(LINK_DATA) as wire:
        wire.enter("/run/netns/a")
        assert inode() != own
        with pytest.raises(NoNamespace):
            wire.enter("/run/netns/gone")
        with pytest.raises(ZeroDivisionError), wire.inside(None):
            assert inode() == own
            raise ZeroDivisionError
        assert inode() == inode("/run/netns/a")
        with pytest.raises(ZeroDivisionError), wire.new_netns():
            assert inode() not in (own, inode("/run/netns/a"))
            raise ZeroDivisionError
        assert inode() == own
        wire.enter("/run/netns/a")
    assert inode() == own
    with pytest.raises(ZeroDivisionError), Wire(LINK_DATA) as wire:
        wire.enter("/run/netns/a")
        raise ZeroDivisionError
    assert inode() == own


def test_no_descriptor_is_left_open_after_whatever_went_wrong():
    ip("netns", "add", "a")
    outside = descriptors()
    with Wire(LINK_DATA) as wire:
        wire.send([m.new_link("br", "bridge")])
        before = descriptors()
        for _again in range(20):
            wire.send([neighbour(1), neighbour(2, "/run/netns/a"), neighbour(3, "/run/netns/gone")])
            wire.dump(m.RTM_GETLINK, {}, LINKS, "/run/netns/a")
            with pytest.raises(NoNamespace):
                wire.dump(m.RTM_GETLINK, {}, LINKS, "/run/netns/gone")
            with pytest.raises(UnknownAttribute):
                wire.send([m.set_link("br", mtuu=1400)])
            peer = {"VETH_INFO_PEER": {"IFLA_NET_NS_FD": m.NetnsFd("/run/netns/a"), "IFLA_NAME": "x"}}
            with pytest.raises(UnknownAttribute):
                wire.send([m.new_link("v", "veth", peer)])
        assert descriptors() == before
    assert descriptors() == outside


# -- what is sent and read ------------------------------------------------------------------------------------------


def test_an_unknown_attribute_is_refused_here_and_nothing_is_sent():
    with Wire(LINK_DATA) as wire:
        with pytest.raises(UnknownAttribute, match="IFLA_MTUU"):
            wire.send([m.new_link("br", "bridge"), m.new_link("br2", "bridge", mtuu=1400)])
        assert {row["IFLA_IFNAME"] for row in wire.dump(m.RTM_GETLINK, {}, LINKS)} == {"lo"}


def test_a_link_is_made_with_its_group_and_mac_in_one_message():
    with Wire(LINK_DATA) as wire:
        wire.send([m.new_link("br", "bridge", address="02:00:00:00:00:01")])
        (row,) = [row for row in wire.dump(m.RTM_GETLINK, {}, LINKS) if row["IFLA_IFNAME"] == "br"]
        assert (row["IFLA_GROUP"], row["IFLA_ADDRESS"]) == (25448, "02:00:00:00:00:01")
        assert row["IFLA_LINKINFO"]["IFLA_INFO_KIND"] == "bridge"


def test_a_whole_group_goes_with_one_message():
    with Wire(LINK_DATA) as wire:
        wire.send([m.new_link(f"br{n}", "bridge") for n in range(20)])
        wire.send([m.new_link("stays", "bridge")._replace(attributes={
            "IFLA_IFNAME": "stays", "IFLA_LINKINFO": {"IFLA_INFO_KIND": "bridge"}})])  # fmt: skip
        assert wire.send([m.delete_group(m.GROUP)]) == []
        assert {row["IFLA_IFNAME"] for row in wire.dump(m.RTM_GETLINK, {}, LINKS)} == {"lo", "stays"}


CHURN = """
ip link add br2 type bridge
{ echo link show br2; while :; do
for n in $(seq 1 200); do echo "neigh replace 10.200.0.$n lladdr 02:00:00:00:02:02 dev br2 nud permanent"; done
for n in $(seq 1 200); do echo "neigh del 10.200.0.$n dev br2"; done
done; } | ip -batch -
"""


@pytest.mark.long
def test_a_table_that_changes_while_it_is_read_is_read_again():
    """Every dump is whole: what nobody touches is in it exactly once, however busy its neighbours are."""
    with Wire(LINK_DATA) as wire:
        make(wire, m.new_link("br", "bridge"))
        wire.send([neighbour(n) for n in range(1, 2001)])
        churn = subprocess.Popen(["sh", "-c", CHURN], start_new_session=True, stdout=subprocess.PIPE)
        whole = tries = 0
        try:
            assert b"br2" in churn.stdout.readline()
            while whole < 50 and tries < 1000:
                tries += 1
                try:
                    found = neighbours(wire)
                except DumpInterrupted:
                    continue
                assert len(found) == len(set(found)) == 2000
                whole += 1
        finally:
            os.killpg(churn.pid, signal.SIGKILL)
            churn.communicate()  # until the last of the group has gone
        assert len(neighbours(wire)) == 2000
        assert whole == 50


def test_an_interrupted_dump_is_not_taken_for_a_whole_one():
    with Wire(LINK_DATA) as wire:
        tries = []
        once = wire._dump_once

        def interrupted(*arguments):
            tries.append(1)
            rows, parts, _interrupted = once(*arguments)
            return rows, parts, len(tries) < 5

        wire._dump_once = interrupted
        assert {row["IFLA_IFNAME"] for row in wire.dump(m.RTM_GETLINK, {}, LINKS)} == {"lo"}
        assert len(tries) == 5
        wire._dump_once = lambda *arguments: ([], 1, True)
        with pytest.raises(DumpInterrupted):
            wire.dump(m.RTM_GETLINK, {}, LINKS)


def test_the_flag_of_an_interrupted_dump_counts_on_its_closing_message_too(monkeypatch):
    with Wire(LINK_DATA) as wire:
        split = wire_module._split

        def flagged(raw):
            for kind, flags, sequence, body in split(raw):
                yield kind, flags | (0x10 if kind == 3 else 0), sequence, body

        monkeypatch.setattr(wire_module, "_split", flagged)
        with pytest.raises(DumpInterrupted):
            wire.dump(m.RTM_GETLINK, {}, LINKS)


def test_a_dump_that_the_kernel_refuses_is_a_sentence():
    with Wire(LINK_DATA) as wire, pytest.raises(WireError, match="cannot read a table"):
        wire.dump(m.RTM_GETLINK, {"family": 0, "index": 4711}, LINKS)


def test_a_path_that_leads_to_the_hosts_own_namespace_is_refused(monkeypatch):
    place = "/run/own"
    open(place, "w").close()
    mounts.bind("/proc/self/ns/net", place)
    with Wire() as wire:
        for path in (place, "/proc/self/ns/net", f"/proc/{os.getpid()}/ns/net"):
            with pytest.raises(HostNamespace):
                wire.enter(path)
            refusals = wire.send([m.set_link("lo", path, up=True)])
            assert "leads to the host's own network namespace" in refusals[0].text
    ip("netns", "add", "a")
    # The first process's namespace is the host's, also for a run in another one.
    monkeypatch.setattr(namespaces, "_FIRST_PROCESS", "/run/netns/a")
    with Wire() as wire, pytest.raises(HostNamespace):
        wire.enter("/run/netns/a")


def test_a_namespace_that_is_exchanged_during_a_run_is_not_entered():
    ip("netns", "add", "a")
    ip("netns", "add", "b")
    with Wire() as wire:
        wire.enter("/run/netns/a")
        wire.enter(None)
        ip("netns", "del", "a")
        open("/run/netns/a", "w").close()
        mounts.bind("/run/netns/b", "/run/netns/a")
        with pytest.raises(NoNamespace, match="was replaced during this run"):
            wire.enter("/run/netns/a")
        wire.namespaces.forget("/run/netns/a")
        wire.enter("/run/netns/a")


def test_the_way_back_is_not_looked_for_again():
    """A process that is asked for its namespace may be in another one when the block ends."""
    ip("netns", "add", "one")
    ip("netns", "add", "other")
    with Wire(LINK_DATA) as wire:
        wire.dump(m.RTM_GETLINK, {}, LINKS, "/run/netns/one")
        there = inode()
        with wire.inside(None):
            ip("netns", "del", "one")
            ip("netns", "add", "one")
        assert inode() == there
        with wire.inside("/run/netns/other"):
            ip("netns", "del", "one")
        assert inode() == there


def test_a_fifo_and_a_device_are_not_opened():
    os.mkfifo("/run/fifo")
    with Wire() as wire:
        for path in ("/run/fifo", "/dev/null", "/run", "/proc/self/ns/mnt", "/run/a\0b"):
            with pytest.raises(NoNamespace):
                wire.enter(path)
