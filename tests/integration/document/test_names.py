# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in the files that programs in containers read, asked for as programs do it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    only,
    web_and_fabric,
)


def ask(host, name, netns="shop"):
    """What a program is told that begins now."""
    return host.run("ip", "netns", "exec", netns, "getent", "ahosts", name, check=False).split()[:1]


def test_names_lead_to_addresses_and_back(host, apply):
    apply(web_and_fabric())
    assert ask(host, "db.web") == ["10.80.1.3"]
    assert ask(host, "cache") == ["10.42.2.2"]
    assert ask(host, "cache", netns="db") == []
    assert ask(host, "localhost") in (["127.0.0.1"], ["::1"])
    assert host.run("ip", "netns", "exec", "db", "getent", "hosts", "10.80.1.2").split()[1] == "shop"
    assert "fd00:80:1::2" in host.run("ip", "netns", "exec", "shop", "getent", "ahostsv6", "www")


def test_programs_of_the_host_find_names_too_and_its_own_file_stays_the_one_that_it_is(host, apply):
    before, inode = host.run("cat", "/etc/hosts"), host.run("stat", "-c", "%i %a", "/etc/hosts")
    document = web_and_fabric()
    document["hosts_file"].append({"network": "web", "table": "web"})
    apply(document)
    assert host.run("getent", "ahosts", "db.web").split()[0] == "10.80.1.3"
    assert host.run("cat", "/etc/hosts").startswith(before)
    apply(only("web"))
    assert (host.run("cat", "/etc/hosts"), host.run("stat", "-c", "%i %a", "/etc/hosts")) == (before, inode)


def test_a_program_that_runs_on_is_told_of_changed_names(host, apply):
    apply(web_and_fabric())
    shell = ["nsenter", f"--target={host._host.pid}", "--net", "--mount", "ip", "netns", "exec", "shop", "sh"]
    with subprocess.Popen(shell, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:

        def told(name):
            running.stdin.write(f"getent ahosts {name} | head -1; echo .\n")
            running.stdin.flush()
            return [line.split()[0] for line in iter(running.stdout.readline, ".\n")]

        assert told("db") == ["10.80.1.3"]
        document = web_and_fabric()
        document["name_table"][0]["entries"] = ["10.80.1.3 elephant", "10.80.1.4 db"]
        apply(document)
        assert (told("elephant"), told("db"), told("www")) == (["10.80.1.3"], ["10.80.1.4"], [])
        apply(NOTHING)
        assert (told("elephant"), told("cache")) == ([], [])
        running.stdin.close()


def test_one_networks_names_go_and_those_of_the_other_stay(host, apply):
    apply(web_and_fabric())
    apply(only("web"))
    assert (ask(host, "cache"), ask(host, "db")) == ([], ["10.80.1.3"])


def test_a_hosts_file_of_somebody_elses_is_left_as_it_is(host, apply):
    host.run("sh", "-ec", "mkdir -p /etc/netns/shop; echo 10.0.0.9 cafe > /etc/netns/shop/hosts")
    before = host.snapshot()
    answer = host.module("document", document=web_and_fabric())
    assert answer["failed"] and "hosts_file shop web" in answer["msg"] and "not ours" in answer["msg"]
    assert host.snapshot() == before
    host.run("rm", "/etc/netns/shop/hosts")
    apply(web_and_fabric())
    apply(NOTHING)
    assert host.run("ls", "/etc/netns") == "shop\n"  # which was there before


# -- a name server -----------------------------------------------------------------------------------------------------

# What is asked, of whom, how, to what is answered: addresses or names, or a word where there is none.
ASK = """
import socket, struct, sys
server, name, type_, protocol = sys.argv[1:]
number = {"A": 1, "AAAA": 28, "PTR": 12}[type_]
family_of = {1: socket.AF_INET, 28: socket.AF_INET6}
labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
question = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, number, 1)
stream = protocol == "tcp"
family = socket.AF_INET6 if ":" in server else socket.AF_INET
with socket.socket(family, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM) as asking:
    asking.settimeout(0.5)
    try:
        asking.connect((server, 53))
        asking.send(struct.pack(">H", len(question)) * stream + question)
        answer = asking.recv(4096)[2 * stream:]
    except OSError:
        answer = b""
if not answer:
    sys.exit(print("silence"))
_id, flags, _asked, count = struct.unpack(">4H", answer[:8])
if not count:
    sys.exit(print({0: "none", 3: "unknown", 5: "refused"}[flags & 15]))
rest, found = answer[len(question):], []
for _each in range(count):
    length = struct.unpack(">H", rest[10:12])[0]
    data, rest = rest[12:12 + length], rest[12 + length:]
    found.append(data[1:1 + data[0]].decode() if number == 12 else socket.inet_ntop(family_of[number], data))
print(*sorted(found))
"""
SERVER = {"network": "web", "name": "web", "device": "ch-web", "table": "web", "servers": [], "local": ["web"]}
# A thousand questions a second, until somebody removes the file: how many there were, and how many were lost.
FLOOD = """
import os, socket, struct, time
question = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + b"\\2db\\0" + struct.pack(">HH", 1, 1)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
    asking.connect(("10.80.1.1", 53))
    asking.settimeout(2)
    asked = lost = 0
    while os.path.exists("/run/asking"):
        began = time.monotonic()
        asking.send(question)
        try:
            asking.recv(4096)
        except OSError:
            lost += 1
        asked += 1
        time.sleep(max(0, 0.001 - (time.monotonic() - began)))
print(asked, lost)
"""


def served(**more):
    document = web_and_fabric()
    document["name_server"] = [{**SERVER, "reverse": ["10.80.1.0/24"], **more}]
    db = {"sandbox": {"engine": "netns", "ref": "db"}, "servers": ["10.80.1.1"]}
    document["resolv_conf"] = [{"network": "web", **db}]
    return document


def ask_server(host, name, type_="A", netns="shop", server="10.80.1.1", protocol="udp"):
    inside = ["ip", "netns", "exec", netns] if netns else []
    return host.run(*inside, sys.executable, "-c", ASK, server, name, type_, protocol).strip()


def test_a_name_server_answers_for_its_network_and_refuses_the_rest(host, apply):
    apply(served())
    assert ask_server(host, "db") == ask_server(host, "db.web", protocol="tcp") == "10.80.1.3"
    assert ask_server(host, "www", "AAAA", server="fd00:80:1::1") == "fd00:80:1::2"
    assert ask_server(host, "db", "AAAA") == "none"
    assert ask_server(host, "2.1.80.10.in-addr.arpa", "PTR") == "shop"
    assert ask_server(host, "9.1.80.10.in-addr.arpa", "PTR") == "unknown"
    assert ask_server(host, "cache") == "unknown"  # which is on another network
    assert ask_server(host, "example.org") == "refused"
    assert ask_server(host, "db", netns=None) == "10.80.1.3"


@pytest.mark.parametrize("protocol", ["udp", "tcp"])
def test_it_answers_nobody_who_comes_in_by_another_device(host, apply, protocol):
    apply(served())
    host.run("sh", "-ec", """
        ip link add br-other type bridge; ip link set br-other up; ip addr add 10.99.0.1/24 dev br-other
        ip netns add spy; ip link add eth9 type veth peer name eth0 netns spy; ip link set eth9 up master br-other
        ip -n spy link set eth0 up; ip -n spy addr add 10.99.0.2/24 dev eth0; ip -n spy route add default via 10.99.0.1
        until ip netns exec spy ping -c1 -W1 10.80.1.1; do :; done
    """)
    assert ask_server(host, "db", netns="spy", protocol=protocol) == "silence"
    assert ask_server(host, "db", netns="spy", server="10.99.0.1", protocol=protocol) == "silence"
    assert ask_server(host, "db", protocol=protocol) == "10.80.1.3"


def test_names_change_under_a_thousand_questions_a_second_and_none_is_lost(host, apply):
    apply(served())
    host.run("touch", "/run/asking")
    shop = ["nsenter", f"--target={host._host.pid}", "--net", "--mount", "ip", "netns", "exec", "shop"]
    with subprocess.Popen([*shop, sys.executable, "-c", FLOOD], stdout=subprocess.PIPE, text=True) as flood:
        for number in range(4, 8):
            document = served(local=["web", f"host{number}.example.org"])
            document["name_table"][0]["entries"] = [f"10.80.1.{number} db db.web host{number}.example.org"]
            document["name_table"][0]["entries"] += [f"10.80.2.{each} c{each} c{each}.web" for each in range(1, 251)]
            apply(document)
            until = f"until [ $(getent ahostsv4 db | head -1 | cut -d' ' -f1) = 10.80.1.{number} ]; do sleep 0.02; done"
            host.run("ip", "netns", "exec", "db", "timeout", "1", "sh", "-c", until)
        host.run("rm", "/run/asking")
        asked, lost = map(int, flood.stdout.read().split())
    assert asked > 100 and lost == 0


def test_it_is_started_again_where_it_has_ended_and_goes_without_a_trace(host, apply):
    before = host.snapshot()
    apply(served())
    host.run("sh", "-c", "kill $(cat /run/containerhost-names/web.pid)")
    host.run("timeout", "10", "sh", "-c", "while ss -Hlnu | grep -q :53; do sleep 0.02; done")
    answer = apply(served())
    assert [row["after_header"] for row in answer["diff"]] == ["name_server web (web)"]
    assert ask_server(host, "db") == "10.80.1.3"
    apply(NOTHING)
    assert host.run("ss", "-Hlnu", "sport", "=", "53") == ""
    host.settle()
    assert host.snapshot() == before


def test_a_port_that_somebody_has_is_named_before_anything_is_done(host):
    done = host.module("document", document={**NOTHING, "bridge": web_and_fabric()["bridge"]})
    assert not done.get("failed"), done
    listen = "import socket, time; s = socket.create_server(('0.0.0.0', 53)); print(flush=True); time.sleep(99)"
    entered = ["nsenter", f"--target={host._host.pid}", "--net", "--mount", sys.executable, "-c", listen]
    with subprocess.Popen(entered, stdout=subprocess.PIPE, text=True) as holder:
        holder.stdout.readline()
        answer = host.module("document", document=served())
        holder.kill()
    assert answer["failed"] and "has port 53/tcp of 10.80.1.1" in answer["msg"], answer


# A process of nobody's that is called by these words (argv[1]), and does not end when it is told to.
PRETENDS = """
import ctypes, os, signal, sys, time
words = sys.argv[1].encode().replace(b" ", b"\\0")
with open("/proc/self/stat") as file:
    first, last = map(int, file.read().rpartition(")")[2].split()[45:47])
signal.signal(signal.SIGTERM, signal.SIG_IGN)
ctypes.memmove(first, words.ljust(last - first, b"\\0"), last - first)
os.setgroups([]); os.setgid(65534); os.setuid(65534)
print("ready", flush=True)
time.sleep(999)
"""


def test_a_process_that_only_has_the_name_of_a_server_keeps_nothing_up(host, apply):
    words = "/usr/sbin/dnsmasq --conf-file=/run/containerhost-names/web.conf"
    entered = ["nsenter", f"--target={host._host.pid}", "--net", "--mount", sys.executable, "-c", PRETENDS, words]
    with subprocess.Popen(entered, stdout=subprocess.PIPE, text=True) as pretender:
        try:
            assert pretender.stdout.readline() == "ready\n"
            assert Path(f"/proc/{pretender.pid}/cmdline").read_text().strip("\0").split("\0") == words.split()
            apply(served())
            assert ask_server(host, "db") == "10.80.1.3"
            apply(NOTHING)
            assert pretender.poll() is None
        finally:
            pretender.kill()
