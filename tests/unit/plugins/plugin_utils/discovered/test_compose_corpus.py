# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects in the shapes that people publish (``compose/``): of each service its networks, ports, names and addresses.

``found.txt`` beside a project has what is taken over, and the sentences on what is not; the plan takes all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import compose, compose_project, fleet
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import DiscoveredHost
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.show.show import holders

FOLDER = Path(__file__).parent / "compose"
PROJECTS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


def text_of(path: str) -> str | None:
    return Path(path).read_text(encoding="utf-8") if Path(path).is_file() else None


def taken(project: str) -> DiscoveredHost:
    loaded = compose_project.load(compose_project.requested(str(FOLDER / project)), {}, text_of)
    found = compose.from_compose(loaded.content, loaded.folder)
    found.left[:0] = loaded.left
    return fleet.cleaned(found)


def told(found: DiscoveredHost) -> Iterator[str]:
    """Lines: a network with its options, a container with its mode or endpoints, a sentence."""
    for name, options in found.networks.items():
        yield f"network {name}: {options}"
    for name, options in found.containers.items():
        rest = {key: value for key, value in options.items() if key not in ("engine", "networks")}
        yield f"container {name}: {rest}" if rest else f"container {name}:"
        for network, endpoint in options.get("networks", {}).items():
            yield f"  {network}: {endpoint}"
    for sentence in found.left:
        yield f"left: {sentence.replace(str(FOLDER), '.')}"


@pytest.mark.parametrize("project", PROJECTS)
def test_all_of_a_project_is_taken_over_or_told(project):
    assert list(told(taken(project))) == (FOLDER / project / "found.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("project", PROJECTS)
def test_the_plan_takes_what_was_taken_over(project):
    networks, hosts = fleet.of_fleet({"h1": taken(project)})
    sources = fleet.sources(networks, hosts, {"h1": {"ansible_host": "192.0.2.11"}})
    plan = make_plan(gather(sources), Ledger(), "2026-11-26")
    on = {(each.container, each.network) for each in holders(plan, Ledger()) if each.container}
    wanted = {
        (name, network) for name, each in hosts["h1"].containers.items() for network in each.get("networks", ())
    }
    assert wanted <= on
