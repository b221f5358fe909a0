# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet as a drawing: who is in which box, on which network, with which line."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.show import drawing, show


@pytest.fixture
def found(fleet):
    return show.holders(fleet.plan(), fleet.ledger)


def labels(nodes):
    return sorted(node.label.partition("\n")[0] for node in nodes)


def test_a_bridge_is_in_its_host_and_an_overlay_between_hosts(found):
    nodes = drawing.drawn(found).nodes
    assert labels(nodes["h1"]) == ["shop", "web"]
    assert labels(nodes[None]) == ["fabric", "outside"]
    assert labels(nodes["h2"]) == ["db"]


def test_one_network_on_two_hosts_that_they_do_not_share_is_two(fleet):
    fleet.only_containers(h1="a: {networks: {web: }}", h2="b: {networks: {web: }}")
    nodes = drawing.drawn(show.holders(fleet.plan(), fleet.ledger)).nodes
    ids = {node.id for host in ("h1", "h2") for node in nodes[host]}
    assert len(ids) == 4


def test_a_container_of_two_networks_is_one_box_with_two_lines(found):
    picture = drawing.drawn(found)
    [shop] = [node for node in picture.nodes["h1"] if node.label == "shop"]
    lines = [edge for edge in picture.edges if edge.start == shop.id]
    assert sorted(line.label.split("\n")[0] for line in lines) == ["eth0", "eth1"]
    [published] = [edge for edge in picture.edges if edge.directed]
    assert (published.end, published.label) == (shop.id, "8080:80/tcp")


def test_mermaid(found):
    text = drawing.mermaid(found)
    assert text.startswith("flowchart LR\n")
    assert text.count("subgraph") == text.count("\n  end\n") == 3
    assert re.search(r'n\d+\["db<br/>docker"\]', text)
    assert re.search(r'n\d+ ---\|"eth0<br/>10\.42\.1\.2/24<br/>fd00#58;|n\d+ ---\|"eth0<br/>10\.42\.1\.2/24', text)


def test_dot(found):
    text = drawing.dot(found)
    assert text.count("{") == text.count("}")
    assert 'label="db\\ndocker"' in text
    assert re.search(r'n\d+ -> n\d+ \[label="8080:80/tcp"\];', text)


@pytest.mark.parametrize("name", ['a"b', "x]--y", "<script>", "a|b", "#35;", "end\\"])
def test_no_name_says_anything_to_who_draws_it(found, name):
    odd = [replace(found[0], host=name, interface=name, container="c", publish=(name,))]
    text = drawing.mermaid(odd)
    for sign in set(name) & set('"<>|[]#\\'):
        assert f"#{ord(sign)};" in text
    assert re.sub(r"#\d+;|<br/>|[\[\]()|]|-->", "", text).count('"') % 2 == 0
    assert '<script' not in text
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', drawing.dot(odd))
    assert name.replace("\\", "\\\\").replace('"', '\\"') in quoted


def test_nobody_is_a_drawing_too():
    assert drawing.mermaid([]) == "flowchart LR\n"
    assert drawing.dot([]).endswith("}\n")
