# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a fleet: whole in itself, the same values as everywhere else, and nothing in it that names could do."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.report import layout, svg, values
from ansible_collections.containerhost.network.plugins.plugin_utils.report.faults import Faults
from ansible_collections.containerhost.network.plugins.plugin_utils.report.page import page
from ansible_collections.containerhost.network.plugins.plugin_utils.show import show
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.report import Findings, matrix_of
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.report.reading import below, read, rows
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.verify.answers import (
    answered,
    answered_but,
    tried,
)

HOSTS = ("h1", "h2", "h3")
WHEN = "2026-11-26 12:00 UTC"


def planned(fleet):
    plan = fleet.plan()
    return values.of_plan(plan, fleet.ledger, list(plan.documents))


def verified(fleet, reason_of=None, **found):
    some = tried(fleet.plan())
    results = answered_but(some, reason_of) if reason_of else answered(some)
    return values.verified(planned(fleet), some, Findings(results, **found), HOSTS, WHEN)


def h3_is_cut_off(each):
    across = each.host != each.to_host and "h3" in (each.host, each.to_host)
    return "no reply" if across and each.about in ("matrix", "mtu") else ""


@pytest.fixture(params=["plan", "works", "broken"])
def told(request, fleet):
    if request.param == "plan":
        return planned(fleet)
    return verified(fleet, h3_is_cut_off if request.param == "broken" else None)


def test_the_same_values_are_the_same_page(told):
    assert page(told) == page(told)


def test_it_needs_nothing_else(told):
    text = page(told)
    found = read(text)
    for each in found.all():
        assert each.tag not in ("img", "link", "iframe", "object", "base", "form", "image", "use"), each
        for name, value in each.attributes.items():
            assert name not in ("src", "srcset", "style", "xlink:href") and not name.startswith("on"), each
            assert name != "href" or value.startswith("#"), each
    assert "@import" not in text and "url(" not in text
    assert not re.search(r"https?://", text)


def test_its_policy_allows_its_own_style_and_script_only(told):
    found = read(page(told))
    [policy] = [each.attributes["content"] for each in found.all("meta", http_equiv="Content-Security-Policy")]
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(found.one(tag).text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_ids_are_unique_and_links_lead_to_them(told):
    found = read(page(told))
    ids = [each.attributes["id"] for each in found.all() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    links = [each.attributes["href"].removeprefix("#") for each in found.all("a")]
    assert links and set(links) <= set(ids)


def test_its_rows_are_what_show_tells(fleet):
    plan = fleet.plan()
    found = rows(below(read(page(planned(fleet))), "attachments").one("table"))
    table = [re.split(r" {2,}", line) for line in show.table(show.holders(plan, fleet.ledger)).splitlines()[1:]]
    assert len(found) == len([line for line in table if len(line) > 3])
    for row, each in zip(found, json.loads(show.as_json(show.holders(plan, fleet.ledger))), strict=True):
        assert row[:2] == [each["network"], each["host"]]
        assert {each["container"] or "(host)", each["interface"], " ".join(each["addresses"]), each["mac"]} <= set(row)


def test_each_cell_of_the_matrix_is_verify_s(fleet):
    some = tried(fleet.plan())
    results = answered_but(some, h3_is_cut_off)
    for number, outcomes in enumerate(results.values()):
        for each in outcomes.values():
            each["ms"] = each["ms"] and 0.1 + number
    found = matrix_of([each for each in some if each.network == "fabric"], results)
    report = values.verified(planned(fleet), some, Findings(results), HOSTS, WHEN)
    table = read(page(report)).one("table", "matrix")
    for row in table.one("tbody").children:
        source = row.children[0].text
        for target, cell in zip(found.names, row.children[1:], strict=True):
            assert cell.text.removeprefix("✓ ").removeprefix("✕ ") == found.cells.get((source, target), "·")
            assert (cell.attributes.get("class") == "bad") is ("h3/cache" in (source, target) and source != target)


def test_of_many_hosts_the_ways_that_fail_are_told_and_the_others_counted(new_fleet):
    fleet = new_fleet()
    containers = "{app: {networks: {fabric: {}}}}"
    for number in range(4, 66):
        fleet.variables(f"h{number:02}", **fleet.hosts["h1"], containerhost_underlay_address=f"198.18.8.{number}")
        fleet.containers(f"h{number:02}", containers)
    plan = fleet.plan()
    some = tried(plan)
    results = answered_but(some, h3_is_cut_off)
    found = matrix_of([each for each in some if each.network == "fabric"], results)
    shown = values.of_plan(plan, fleet.ledger, list(plan.documents), asked=True)
    assert shown.tries == ()
    tree = read(page(values.verified(shown, some, Findings(results), list(plan.documents), WHEN)))
    assert (len(found.names), len(found.failed)) == (65, 128)
    told = f"{len(found.cells) - 128} of {len(found.cells)} ways between containers answer."
    assert told in [each.text for each in tree.all("p")]
    [table] = [each for each in tree.all("table") if each.one("thead").text == "FromToOutcome"]
    assert [[cell.text for cell in row.children] for row in table.one("tbody").children] == [
        [*pair, f"✕ {found.cells[pair]}"] for pair in sorted(found.failed)
    ]


def test_columns_are_those_that_bring_a_drawing_nearest_to_a_screen_s_shape(new_fleet):
    fleet = new_fleet()
    for number in range(4, 40):
        fleet.variables(f"h{number:02}", **fleet.hosts["h1"], containerhost_underlay_address=f"198.18.8.{number}")
        some = ", ".join(f"app{each}: {{networks: {{web: {{}}}}}}" for each in range(number % 7))
        fleet.containers(f"h{number:02}", f"{{{some}}}")
    shown = planned(fleet)
    found = layout.lay_out(shown, Faults())
    every = [layout.lay_out(shown, Faults(), columns) for columns in range(1, len(shown.hosts) + 1)]
    best = min(abs(math.log(each.width / each.height / layout.RATIO)) for each in every)
    assert abs(abs(math.log(found.width / found.height / layout.RATIO)) - best) < 0.05


def test_the_broken_hop_is_the_first_thing(fleet):
    found = read(page(verified(fleet, h3_is_cut_off, drift={"h3": ["vxlan ch-fabric differs"]})))
    first = found.one("main").children[0]
    assert first.one("h2").text == "✕ 1 thing is wrong"
    hop = first.one("ul", "hops")
    assert [each.text for each in hop.all("span", "end")] == ["h3", "h1, h2"]
    assert hop.one("span", "wire").text == "✕ fabric: no reply"
    assert "h3 is not as planned: vxlan ch-fabric differs." in first.one("ul", "problems").text
    assert [each.text for each in first.all("code")] == ["ansible-playbook … containerhost.network.site --limit h3"]
    assert "1 thing is wrong" in found.one("head").one("title").text


def test_the_drawing_shows_it_there_and_not_by_colour_alone(fleet):
    found = read(page(verified(fleet, h3_is_cut_off))).one("svg", "wide")
    [broken] = found.all("path", "broken")
    [card] = found.all("g", "card", data_h="2")
    assert broken in list(card.all("path"))
    assert len(list(card.all("circle", "cross"))) == 1
    assert "✕ no reply: h1 and h2" in [each.text for each in card.all("text", "bad")]


def test_a_port_that_does_not_answer_has_a_broken_arrow(fleet):
    found = read(page(verified(fleet, lambda each: "refused" if each.about == "published" else ""))).one("svg", "wide")
    assert [each.text for each in found.all("text", "bad")] == ["✕ 8080:80/tcp"]
    assert len(list(found.all("path", "broken"))) == 1


def test_who_is_in_the_same_namespace_is_named_in_its_box(fleet):
    fleet.only_containers(
        h1="{shop: {networks: {web: }}, side: {network_mode: 'container:shop'}, log: {network_mode: 'container:side'}}"
    )
    [box] = read(page(planned(fleet))).one("svg", "wide").all("g", "box")
    assert next(box.all("text")).text == "shop  with log and side"


def test_a_fleet_that_works_says_so_and_marks_nothing(fleet):
    found = read(page(verified(fleet, drift=dict.fromkeys(HOSTS, ()))))
    assert found.one("main").children[0].one("h2").text == "✓ Everything that is planned works"
    assert not list(found.all(None, "broken")) and not list(found.all(None, "bad"))
    assert "✓ h1, h2 and h3 are as planned." in below(found, "drift").text


def test_a_plan_alone_claims_nothing(fleet):
    text = page(planned(fleet))
    found = read(text)
    assert "no host was asked" in found.one("header").text
    assert "✓" not in text and "✕" not in text
    assert {text for row in rows(found.one("table", "matrix")) for text in row[1:]} == {"planned", "·"}


def test_who_has_not_answered_is_named_with_the_reason(fleet):
    found = read(page(verified(fleet, silent={"h2": "it did not answer"})))
    assert ["h2", "✕ has not been asked: it did not answer"] in rows(below(found, "drift").one("table"))
    assert any("not asked: it did not answer" in each.text for each in found.one("svg", "wide").all("text", "bad"))


def test_what_may_become_a_problem_is_a_warning(fleet):
    found = verified(fleet, pending=["h1: no such container. Pending until then: x."], notes=["h2: too little room."])
    listed = [each.text for each in read(page(found)).one("ul", "warnings").all("li")]
    assert "⚠ h1: no such container. Pending until then: x." in listed
    assert "⚠ h2: too little room." in listed


def test_all_that_is_drawn_is_inside_and_no_two_cards_meet(new_fleet):
    fleet = new_fleet()
    for number in range(4, 24):
        fleet.variables(f"h{number:02}", **fleet.hosts["h1"], containerhost_underlay_address=f"198.18.8.{number}")
    drawn = ElementTree.fromstring(svg.alone(planned(fleet), "A fleet"))
    width, height = float(drawn.get("width")), float(drawn.get("height"))
    places = []
    for each in drawn.iter("{http://www.w3.org/2000/svg}rect"):
        if each.get("class") in ("host", "container"):
            x, y, right, bottom = (float(each.get(name)) for name in ("x", "y", "width", "height"))
            assert min(x, y) >= 0 and x + right <= width and y + bottom <= height
            places += [(x, y, x + right, y + bottom)] if each.get("class") == "host" else []
    assert len(places) == 23
    for number, one in enumerate(places):
        for other in places[:number]:
            assert one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]
    assert 0.6 < width / height < 3


# -- nobody's text is markup -------------------------------------------------------------------------------------------

EVIL = [
    "</title><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><b>",
    "</script><b>",
    "<!--",
    "]]>",
    "&lt;b&gt;",
    "javascript:alert(1)",
    "a\x00\x1b[31m\ud800b",
    "`<i>`",
]


@pytest.mark.parametrize("evil", EVIL)
def test_no_text_of_anybody_is_markup(fleet, evil):
    """In every place that a text can have in a report, however it came by."""
    wild = _said_by(evil, fleet)
    found = read(page(wild))
    assert _kinds(found) == _kinds(read(page(_said_by("calm", fleet))))
    shown = evil.replace("\x00", "�").replace("\x1b", "�").replace("\ud800", "�")
    assert shown.replace("`", "") in found.text.replace("`", "")
    ElementTree.fromstring(svg.alone(wild, evil))


def test_a_name_can_t_turn_the_line_around(fleet):
    wild = _said_by("ab\u202ecod", fleet)
    assert "\u202e" not in page(wild)
    assert "ab&lt;U+202E&gt;cod" in page(wild)


def _said_by(text, fleet):
    """A broken fleet in which each text is that one."""
    calm = verified(fleet, h3_is_cut_off, drift={"h3": [text]}, notes=[text], pending=[text])
    name = {"h3": f"h3{text}"}

    def renamed(value):
        return name.get(value, value)

    return replace(
        calm,
        hosts=tuple(replace(each, name=renamed(each.name)) for each in calm.hosts),
        networks=tuple(
            replace(each, about=text, subnets=(text,), members=tuple(map(renamed, each.members)))
            for each in calm.networks
        ),
        holders=tuple(
            replace(
                each, host=renamed(each.host), container=each.container and text, engine=each.engine and text,
                interface=text, mac=text, addresses=(text,) * len(each.addresses), publish=(text,) * len(each.publish),
            )
            for each in calm.holders
        ),
        usage=tuple(replace(each, hosts=tuple(map(renamed, each.hosts)), gateway=text) for each in calm.usage),
        problems=(text,) * len(calm.problems),
        warnings=(text,) * len(calm.warnings),
        hops=tuple(replace(each, host=renamed(each.host), others=(text, text), reasons=(text,)) for each in calm.hops),
        digest=text,
        when=text,
    )  # fmt: skip


def _kinds(page):
    """Which elements there are, with which attributes; code within sentences is text of theirs."""
    return {(each.tag, *sorted(each.attributes)) for each in page.all() if each.tag != "code"}
