# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports in a real browser: on a screen, a phone and paper, in the dark, without its script, and of a large fleet."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.report import values
from ansible_collections.containerhost.network.plugins.plugin_utils.report.page import page
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.report import Findings
from ansible_collections.containerhost.network.tests.integration.report.browser import Browser

SIZES = {"screen": (1440, 900), "tablet": (820, 1180), "phone": (390, 844)}
# Seconds of the page's own thread, which do not depend on what else a machine does: two for all of it, and a sixtieth
# for a frame of a zoom. Of machines that run tests, some are three times as slow as one that somebody works at.
DRAWN = 3 * 2
FRAME = 3 / 60


def planned(hosts, containers):
    """Hosts with containers on a bridge, an overlay and a LAN; the first publishes a port on each."""
    networks = {
        "web": {"driver": "bridge", "subnets": [{"cidr": "10.128.0.0/9", "host_prefix": 24}]},
        "fabric": {"driver": "overlay", "vni": 42, "subnets": [{"cidr": "10.0.0.0/9", "host_prefix": 24}]},
        "lan": {"driver": "macvlan", "parent": "eth0", "per_host_names": True, "subnets": ["172.16.0.0/12"]},
    }
    on = [{"web": {}, "fabric": {}}, {"fabric": {}}, {"web": {}}, {"web": {}, "fabric": {}}, {"lan": {}}]
    here = {f"c{number}": {"networks": on[number % len(on)]} for number in range(containers)}
    here["c0"] = {"networks": {"web": {"publish": ["8080:80"]}, "fabric": {}}}
    fleet = {
        f"h{number:02}": {
            "containerhost_underlay_address": f"198.18.0.{number}/24",
            "containerhost_networks": networks,
            "containerhost_containers": here,
        }
        for number in range(1, hosts + 1)
    }
    plan = make_plan(gather(Sources(fleet)), Ledger(), "2026-01-01")
    return values.of_plan(plan, plan.ledger, list(plan.documents))


def broken(fleet, host, reason="no reply"):
    """As verified, with an overlay that does not lead to a host."""
    results = {each.name: {} for each in fleet.hosts}
    for each in fleet.tries:
        cut = each.network == "fabric" and each.host != each.to_host and host in (each.host, each.to_host)
        results[each.host][each.name] = {"ms": None if cut else 0.25, "reason": reason if cut else ""}
    found = Findings(results, drift={host: ["vxlan ch-fabric differs"]})
    return values.verified(fleet, fleet.tries, found, [each.name for each in fleet.hosts], "2026-11-26 12:00 UTC")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    found = Browser(tmp_path_factory.mktemp("browser"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "small.html"
    path.write_text(page(broken(planned(3, 5), "h03")))
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "large.html"
    path.write_text(page(broken(planned(50, 20), "h17")))
    return path


@pytest.fixture(autouse=True)
def nothing_goes_wrong(browser):
    browser.problems.clear()
    yield
    assert browser.problems == []


# WCAG 2.2, 1.4.3: of text 4.5, or 3 where it is large; of the lowest of all texts that are to be read.
CONTRAST = """(() => {
  const luminance = (rgb) => { const [r, g, b] = rgb.map((each) => {
    const part = each / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const colour = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (each) => { for (let at = each; at; at = at.parentElement) {
    const found = colour(getComputedStyle(at).backgroundColor);
    if (found.length < 4 || found[3] > 0) return found.slice(0, 3); }
    return [255, 255, 255]; };
  const under = (each) => { const box = each.closest("g.box, g.card");
    if (!box) return ground(each.closest("svg").parentElement);
    return colour(getComputedStyle(box.querySelector("rect")).fill); };
  return Math.min(...[...document.querySelectorAll("h1, h2, p, li, td, th, a, svg text")].map((each) => {
    const drawn = each.localName === "text", style = getComputedStyle(each);
    const one = luminance(colour(drawn ? style.fill : style.color));
    const other = luminance(drawn ? under(each) : ground(each));
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05); }));
})()"""
# As many steps of a zoom as are drawn one after another.
ZOOM = """new Promise((done) => {
  const view = document.querySelector(".view"), how = { ctrlKey: true, cancelable: true, clientX: 300, clientY: 700 };
  let left = %d;
  const step = () => {
    view.dispatchEvent(new WheelEvent("wheel", { deltaY: -20, ...how }));
    if (--left) { requestAnimationFrame(step); } else { done(); }
  };
  requestAnimationFrame(step);
})"""
IS_SEEN = """((each) => { const box = each.getBoundingClientRect();
  return box.width > 0 && box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth; })"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_what_is_broken_is_seen_first_at_any_size(browser, small, size, dark):
    browser.open(small, *SIZES[size], dark=dark)
    assert browser.value("document.documentElement.scrollWidth <= innerWidth")
    assert browser.value(f"{IS_SEEN}(document.querySelector('#problems'))")
    assert browser.value(f"{IS_SEEN}(document.querySelector('.hops'))")
    assert browser.value(CONTRAST) >= 4.5
    ground = browser.value("getComputedStyle(document.documentElement).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is not dark


def test_a_drawing_too_large_to_read_begins_at_the_broken_host(browser, large):
    browser.open(large, *SIZES["screen"])
    place = "document.querySelector('.view').getBoundingClientRect()"
    card = "document.querySelector('.wide .card.faulty .cross').getBoundingClientRect()"
    assert browser.value(f"{card}.top > {place}.top && {card}.bottom < {place}.bottom")
    assert browser.value(f"{card}.left > {place}.left && {card}.right < {place}.right")


def test_what_is_under_the_pointer_stays_there_while_it_grows(browser, large):
    browser.open(large, *SIZES["screen"])
    before, after = browser.value("""new Promise((done) => {
      const view = document.querySelector(".view"), sheet = document.querySelector(".sheet");
      const place = () => { const box = document.querySelector(".wide .cross").getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2, box.width]; };
      const [x, y, width] = place();
      const how = { deltaY: -60, ctrlKey: true, cancelable: true, clientX: x, clientY: y };
      for (let step = 0; step < 5; step++) { view.dispatchEvent(new WheelEvent("wheel", how)); }
      const grown = place();
      const wait = () => sheet.style.transform ? setTimeout(wait, 20) : done([[x, y, width, ...grown], place()]);
      wait();
    })""")
    assert after == pytest.approx(before[3:], abs=2)
    assert after[:2] == pytest.approx(before[:2], abs=2)
    assert after[2] == pytest.approx(2.718 * before[2], rel=0.02)


def test_a_thousand_containers_are_drawn_soon_and_zoom_smoothly(browser, large):
    browser.open(large, *SIZES["screen"])
    assert browser.value("document.querySelectorAll('.wide .box').length") == 1000
    browser.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    drawn = browser.busy()
    assert drawn < DRAWN
    browser.value(ZOOM % 5)
    begun = browser.busy()
    browser.value(ZOOM % 30)
    assert (browser.busy() - begun) / 30 < FRAME


def test_zoom_and_filters_do_what_they_say(browser, small):
    browser.open(small, *SIZES["screen"])
    width = "document.querySelector('.wide').getBoundingClientRect().width"
    before = browser.value(width)
    browser.value("document.querySelector('[data-zoom=in]').click()")
    assert browser.value(width) == pytest.approx(before * 1.25, rel=0.01)
    browser.value("document.querySelector('[data-zoom=one]').click()")
    choose = """((name, value) => {
      const found = document.getElementById("choose-" + name);
      found.value = value;
      found.dispatchEvent(new Event("change"));
    })"""
    rows = "[...document.querySelectorAll('#attachments ~ .scroll tbody tr')].filter((each) => each.offsetParent)"
    browser.value(f"{choose}('host', '1')")
    told = browser.value(f"{rows}.map((each) => each.children[1].textContent)")
    assert told and set(told) == {"h02"}
    browser.value(f"{choose}('container', 'c1')")
    assert browser.value(f"{rows}.map((each) => each.children[2].textContent)") == ["c1"]
    assert browser.value("document.querySelectorAll('.wide .box:not(.dim)').length") == 1
    browser.value(f"{choose}('host', ''); {choose}('container', ''); {choose}('network', '1')")
    shown = browser.value("[...document.querySelectorAll('.part')].filter((each) => each.offsetParent).length")
    assert shown == 1
    assert browser.value("document.querySelectorAll('.wide .bar:not(.dim)').length") == 1
    browser.value(f"{choose}('network', '')")
    assert browser.value("document.querySelectorAll('.dim, .gone').length") == 0


def test_without_a_script_all_of_it_is_there(browser, small):
    browser.open(small, *SIZES["screen"], script=False)
    seen = "[...document.querySelectorAll('{}')].filter((each) => each.getBoundingClientRect().width).length"
    assert browser.value(seen.format(".filters, button")) == 0
    assert browser.value(seen.format("svg")) == 1
    assert browser.value(seen.format("tr")) == browser.value("document.querySelectorAll('tr').length")


def test_on_paper_nothing_is_cut_off(browser, small, tmp_path):
    browser.open(small, 794, 1123, dark=True)
    browser.ask("Emulation.setEmulatedMedia", media="print")
    assert browser.value("document.documentElement.scrollWidth <= innerWidth")
    assert browser.value("document.querySelector('.wide').getBoundingClientRect().right <= innerWidth")
    assert browser.value("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.value("[...document.querySelectorAll('.filters, nav')].every((each) => !each.offsetParent)")
    browser.printed(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    "evil", ["<script>document.title='hacked'</script>", "<img src=x onerror=\"document.title='hacked'\">"]
)
def test_what_a_host_says_does_nothing(browser, tmp_path, evil):
    path = tmp_path / "evil.html"
    path.write_text(page(broken(planned(3, 2), "h03", evil)))
    browser.open(path, *SIZES["phone"])
    assert browser.value("document.title").startswith("Container networks: ")
    assert browser.value(f"document.body.textContent.includes({evil!r})")
    assert browser.value("document.scripts.length + document.images.length") == 1
