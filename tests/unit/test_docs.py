# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation tells the truth: what it shows is parsed, planned or loaded, and what there is has its place in it.

docs/development.md says how blocks are marked. `make docs` checks links and builds the pages.
"""

from __future__ import annotations

import itertools
import re
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import read_document
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import COMMON_OPTIONS, Kind
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import Unready, wanted_object
from ansible_collections.containerhost.network.plugins.plugin_utils import drivers
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import schema
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.publish import KEYS as PUBLISH_KEYS
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.readers import ROUTE_KEYS
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.subnets import SUBNET_KEYS
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.variables import plain
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import Plan, make_plan

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
READMES = sorted((ROOT / "roles").glob("*/README.md"))
TODAY = "2026-11-20"

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block of a page: its info string's words, its text, and where it begins."""

    info: tuple[str, ...]
    text: str
    place: str


def blocks(page: Path) -> list[Block]:
    text = page.read_text()
    return [
        Block(
            tuple(match["info"].split()),
            re.sub(f"^{match['indent']}", "", match["text"], flags=re.MULTILINE),
            f"{page.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}",
        )
        for match in _FENCE.finditer(text)
    ]


# -- inventories -------------------------------------------------------------------------------------------------------


class Fleet:
    """Hosts with their variables, as an inventory has them, and what the blocks of a page change of it."""

    def __init__(self, hosts: Mapping[str, dict[str, Any]]) -> None:
        self.hosts = hosts

    @classmethod
    def of_file(cls, path: Path) -> Fleet:
        """As Ansible reads it."""
        loader = DataLoader()
        manager = InventoryManager(loader, sources=[str(path)])
        variables = VariableManager(loader, manager)
        hosts = manager.get_hosts()
        assert hosts, f"Ansible finds no host in {path}"
        return cls({host.name: plain(variables.get_vars(host=host, include_hostvars=False)) for host in hosts})

    @classmethod
    def of_text(cls, text: str, folder: Path) -> Fleet:
        path = folder / "hosts.yml"
        path.write_text(text)
        return cls.of_file(path)

    def changed(self, kind: str, changes: Mapping[str, Any]) -> Fleet:
        """With variables of all hosts, or of the first; networks are added to those that are there."""
        fleet = Fleet({name: dict(variables) for name, variables in self.hosts.items()})
        whom = fleet.hosts.values() if kind == "group_vars" else [next(iter(fleet.hosts.values()))]
        for variables in whom:
            for name, value in changes.items():
                before = variables.get(name) if name == schema.NETWORKS else None
                variables[name] = {**before, **value} if before else value
        return fleet

    def plan(self) -> Plan:
        return make_plan(gather(Sources(self.hosts)), Ledger(), TODAY)


def shown(page: Path, folder: Path) -> Iterator[tuple[Block, Fleet, Block]]:
    """Each inventory of a page as the reader has it by then, with the block that follows."""
    found = blocks(page)
    [first] = [block for block in blocks(DOCS / "quickstart.md") if "inventory" in block.info]
    fleet = Fleet.of_text(first.text, folder)
    for block, following in itertools.zip_longest(found, found[1:], fillvalue=Block((), "", "")):
        kind = block.info[1] if len(block.info) > 1 and block.info[0] == "yaml" else ""
        if kind == "inventory":
            fleet = Fleet.of_text(block.text, folder)
        elif kind in ("group_vars", "host_vars"):
            after = fleet.changed(kind, yaml.safe_load(block.text))
            if "refused" in block.info:
                yield block, after, following
                continue
            fleet = after
        else:
            continue
        yield block, fleet, following


def refused_by_hosts(plan: Plan) -> Iterator[str]:
    """What a host says to a document before it looks at its kernel: of a kind or an option that there is not."""
    for host in plan.documents:
        try:
            read_document(KINDS, plan.documents[host], False)
        except Unready as error:
            yield from error.problems


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_an_inventory_that_is_shown_can_be_planned_or_is_refused_as_it_says(page, tmp_path):
    for block, fleet, following in shown(page, tmp_path):
        if "refused" not in block.info:
            try:
                plan = fleet.plan()
            except PlanError as error:
                pytest.fail(f"{block.place}: {error}")
            assert plan.documents, block.place
            assert [*refused_by_hosts(plan)] == [], block.place
            continue
        with pytest.raises(PlanError) as refused:
            fleet.plan()
        assert (block.place, str(refused.value)) == (block.place, following.text.strip())


@pytest.mark.parametrize("page", [*PAGES, *READMES, ROOT / "README.md"], ids=lambda page: str(page.relative_to(ROOT)))
def test_yaml_that_is_shown_parses(page):
    for block in blocks(page):
        if block.info[:1] == ("yaml",):
            try:
                assert yaml.safe_load(block.text) is not None, block.place
            except yaml.YAMLError as error:
                pytest.fail(f"{block.place}: {error}")


def test_the_gallery_shows_every_example():
    shown = re.findall(r"^<!-- example of ([a-z-]+) -->$", (DOCS / "gallery.md").read_text(), re.MULTILINE)
    assert sorted(shown) == sorted(path.name for path in (DOCS / "examples").iterdir())


def test_the_inventories_of_the_examples_can_be_planned():
    for path in sorted((DOCS / "examples").glob("*/hosts.yml")):
        plan = Fleet.of_file(path).plan()
        assert [plan.documents[host] for host in plan.documents], path


# -- code --------------------------------------------------------------------------------------------------------------


def code(kind: str) -> types.ModuleType:
    """What docs/development.md shows as a whole file."""
    [block] = [block for block in blocks(DOCS / "development.md") if block.info == ("python", kind)]
    module = types.ModuleType(f"shown_{kind}")
    exec(compile(block.text, block.place, "exec"), module.__dict__)
    return module


def test_the_driver_that_is_shown_plans_a_network(tmp_path):
    [driver] = code("driver").DRIVERS
    drivers.register(driver)
    try:
        fleet = Fleet.of_text(
            "all: {hosts: {h1: {containerhost_containers: {shop: {networks: {atoll: {}}}}}},"
            " vars: {containerhost_networks: {atoll: {driver: island, icc: false, subnets: [10.9.0.0/24]}}}}",
            tmp_path,
        )
        document = fleet.plan().documents["h1"]
    finally:
        drivers.unregister(driver.name)
    assert [bridge["name"] for bridge in document["bridge"]] == ["ch-atoll"]
    assert [(veth["master"], veth["isolated"], veth["routes"]) for veth in document["veth"]] == [("ch-atoll", True, [])]


def test_the_kind_that_is_shown_is_one():
    kind = code("kind").Ifb()
    assert isinstance(kind, Kind)
    wanted = wanted_object(kind, {"name": "red", "mac": "02:00:00:00:00:0A", "addresses": ["10.0.0.1/24"]}, "plan/web")
    assert (kind.label(wanted.values), wanted.values["mac"]) == ("red", "02:00:00:00:00:0a")
    made, finished = kind.add(wanted)
    assert (len(made), len(finished)) == (1, 2)
    assert set(kind.options).isdisjoint(COMMON_OPTIONS)


def test_the_engine_that_is_shown_is_one(tmp_path, monkeypatch):
    shown = code("engine")
    monkeypatch.setattr(shown.os.path, "exists", lambda path: path == "/run/jails/shop.pid")
    monkeypatch.setattr(shown, "read_text", lambda path: "4711\n")
    answers = shown.Jail().find(["shop", "db"])
    assert answers["shop"] == "/proc/4711/ns/net"
    assert answers["db"].reason.startswith("there is no jail container db on this host")


# -- everything has its place ------------------------------------------------------------------------------------------


def names(folder: str, pattern: str) -> list[str]:
    return sorted(path.stem for path in (ROOT / folder).glob(pattern) if path.stem != "__init__")


@pytest.mark.parametrize(
    ("page", "kind", "there"),
    [
        ("modules", "module", names("plugins/modules", "*.py")),
        ("roles", "role", sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())),
        ("filters", "filter", names("plugins/filter", "*.yml")),
        ("filters", "connection", names("plugins/connection", "*.py")),
    ],
)
def test_the_index_lists_what_there_is_and_leads_to_it(page, kind, there):
    text = (DOCS / f"{page}.md").read_text()
    linked = set(re.findall(rf"<containerhost\.network\.(\w+)#{kind}>", text))
    indexed = re.findall(rf"^\w+ <plugins/(\w+)_{kind}>$", text, re.MULTILINE)
    assert sorted({*there} - linked) == [], f"add these to the table in docs/{page}.md"
    assert sorted({*there} - {*indexed}) == [], f"add these to the index at the end of docs/{page}.md"
    assert sorted(linked) == sorted(indexed) == there, "there is no such file any more, or it is listed twice"


def test_the_index_lists_every_playbook():
    text = (DOCS / "playbooks.md").read_text()
    assert sorted(re.findall(r"^\| `(\w+)` \|", text.split("Variables of theirs")[0], re.MULTILINE)) == names(
        "playbooks", "*.yml"
    )


def test_commands_name_playbooks_that_there_are():
    playbooks = names("playbooks", "*.yml")
    for page in PAGES:
        for line in page.read_text().splitlines():
            for command in re.findall(r"ansible-playbook [^`]*?containerhost\.network\.([a-z_]+)", line):
                assert command in playbooks, f"{page.name}: {line}"


def test_the_reference_has_every_section_and_key_of_the_inventory():
    text = (DOCS / "inventory.md").read_text()
    sections = re.findall(r"^<!-- keys of (\w+) -->$", text, re.MULTILINE)
    places = ["fleet", "host", "network", "container", "endpoint", "elsewhere", *drivers.drivers()]
    assert sorted({*places} - {*sections}) == [], "give these a section in docs/inventory.md: <!-- keys of NAME -->"
    assert sorted(sections) == sorted(places)
    for key in (*SUBNET_KEYS, *PUBLISH_KEYS, *ROUTE_KEYS):
        assert f"\n| `{key}` |" in text, key


def test_every_page_is_in_the_navigation():
    text = (DOCS / "index.md").read_text()
    listed = [
        line for toctree in re.findall(r"```\{toctree\}\n(.*?)```", text, re.DOTALL) for line in toctree.splitlines()
    ]
    names_listed = sorted(line for line in listed if not line.startswith(":"))
    pages = [page.stem for page in PAGES if page.stem != "index"]
    assert sorted({*pages} - {*names_listed}) == [], "add these pages to a toctree of docs/index.md"
    assert names_listed == pages


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_between_files_lead_somewhere(page):
    """Also for those who read the pages in the repository."""
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (DOCS / target).exists(), target
