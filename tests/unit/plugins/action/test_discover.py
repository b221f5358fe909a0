# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook ``discover`` as a user runs it: a daemon that answers as Docker does, and Compose files."""

from __future__ import annotations

import http.server
import json
import os
import socketserver
import sys
import threading
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins import action
from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers
from ansible_collections.containerhost.network.tests.unit.plugins.action.project import Project
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.discovered.test_docker import (
    container,
    network,
)

PLAYBOOKS = Path(action.__path__[0]).parents[1] / "playbooks"
HOSTS = f"""
all:
  hosts: {{h1: {{ansible_host: 198.18.7.11, ansible_connection: local, ansible_password: secret}}}}
  vars: {{ansible_python_interpreter: {sys.executable}}}
"""
PORTS = {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}
CONTAINERS = [
    container("shop", {"front": {"DNSNames": ["www"]}, "back": {"IPAddress": "172.21.0.9", "MacAddress": ""}}, PORTS),
    {**container("db", {"back": {"IPAddress": "172.21.0.7", "MacAddress": ""}}), "Config": {"Env": ["PASSWORD=hide"]}},
]
NETWORKS = [network("bridge"), network("front"), network("back", subnet="172.21.0.0/16", Internal=True)]
COMPOSE = """
name: blog
services: {web: {ports: ["${PORT}:80"]}}
networks: {default: {ipam: {config: [{subnet: 10.99.0.0/24}]}}}
"""


class _Docker(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        by_id = {each["Id"]: each for each in CONTAINERS}
        path = self.path.partition("?")[0].strip("/").split("/")
        lists = {"networks": NETWORKS, "containers": CONTAINERS, "info": {"Swarm": {}}}
        answer = lists[path[0]] if len(path) != 3 else by_id[path[1]]
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "docker"

    def log_message(self, *_ignored):
        pass


@pytest.fixture
def docker(tmp_path, monkeypatch):
    path = str(tmp_path / "docker.sock")
    server = socketserver.ThreadingUnixStreamServer(path, _Docker)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    yield
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def podman(tmp_path, monkeypatch):
    """One that has nothing. This machine's own writes to /etc and /run when it is asked, and may know containers."""
    program = tmp_path / "bin" / "podman"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    (project.inventory / "hosts.yml").write_text(HOSTS)
    (project.inventory / "group_vars/all.yml").write_text("")
    project.discover = lambda *options, **more: project.play(
        (PLAYBOOKS / "discover.yml").read_text(), *options, **more
    )
    project.dest = tmp_path / "containerhost-discovered"
    return project


def test_a_host_with_docker_becomes_an_inventory_that_plans_what_it_has(project, docker):
    assert "changed=1" in project.discover()
    assert "Nothing: all that was found" in (project.dest / "LEFT.md").read_text()
    texts = "".join(path.read_text() for path in project.dest.rglob("*") if path.is_file())
    assert "secret" not in texts
    assert "hide" not in texts
    shown = project.play((PLAYBOOKS / "show.yml").read_text(), "-i", str(project.dest / "inventory"))
    rows = [line.split() for line in shown.splitlines()]
    assert ["back", "h1", "db", "eth0", "172.21.0.7/16"] in [row[:5] for row in rows]
    [shop] = [row for row in rows if row[:3] == ["front", "h1", "shop"]]
    assert shop[4:] == ["172.20.0.5/16", "02:42:ac:14:00:05", "8080:80/tcp", "www"]
    assert "not in the ledger yet" not in shown
    known = ledgers.load(str(project.dest / "containerhost.ledger")).endpoints
    assert known[("back", "h1", "shop")].addresses == ("172.21.0.9",)


def test_a_second_run_changes_nothing_and_other_work_is_not_overwritten(project, docker):
    assert "changed=1" in project.discover("--check", "--diff")
    assert not project.dest.exists()
    project.discover()
    assert "changed=0" in project.discover()
    (project.dest / "inventory/group_vars/all.yml").write_text("mine: true\n")
    said = " ".join(project.discover(fails=True).split())
    assert "is there already, and is another one. Name another folder in containerhost_discover_dest" in said
    assert (project.dest / "inventory/group_vars/all.yml").read_text() == "mine: true\n"


def test_a_compose_file_alone_connects_to_no_host(project):
    (project.folder / "compose.yml").write_text(COMPOSE)
    (project.folder / ".env").write_text("PORT=8088\n")
    options = ("--tags", "compose", "-e", "ansible_connection=ssh", "-e", "ansible_ssh_executable=/bin/false")
    project.discover(*options, "-e", '{"containerhost_discover_compose": ["compose.yml"]}')
    shown = project.play((PLAYBOOKS / "show.yml").read_text(), "-i", str(project.dest / "inventory"))
    assert "blog_default  h1    blog-web-1" in shown
    assert "8088:80/tcp" in shown


def test_what_the_plan_refuses_is_the_beginning_of_the_list(project):
    (project.folder / "compose.yml").write_text(COMPOSE.replace("10.99.0.0/24", "127.0.0.0/8").replace("${PORT}", "1"))
    told = project.discover("--tags", "compose", "-e", '{"containerhost_discover_compose": {"h1": "compose.yml"}}')
    assert "The plan refuses the inventory as it is" in told
    assert "## What the plan refuses" in (project.dest / "LEFT.md").read_text()
    assert not (project.dest / "containerhost.ledger").exists()


@pytest.mark.parametrize(
    ("compose", "said"),
    [
        ('["nowhere.yml"]', "there is no Compose file nowhere.yml"),
        ('{"h9": ["compose.yml"]}', "`compose` names h9, which is no host of this run"),
        ("[]", "nothing was found on h1"),
    ],
)
def test_a_mistake_is_a_sentence(project, compose, said):
    told = project.discover("--tags", "compose", "-e", f'{{"containerhost_discover_compose": {compose}}}', fails=True)
    assert said in " ".join(told.split())
