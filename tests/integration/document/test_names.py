# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in the files that programs in containers read, asked for as programs do it."""

from __future__ import annotations

import subprocess

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
