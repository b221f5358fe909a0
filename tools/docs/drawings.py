# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages' drawings of whole inventories: each is the report's own for the example beside it.

A page shows ``images/drawn/NAME.svg``: of docs/examples/NAME, or, as ``PAGE.svg``, ``PAGE-2.svg`` and so on, of the
page's inventories in their order. ``make generated`` writes them, and tests/unit/test_generated.py holds them to it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.variables import plain
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.report import svg, values

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
FOLDER = DOCS / "images" / "drawn"
SHOWN = re.compile(r"!\[(?P<title>[^\]]*)\]\(images/drawn/(?P<name>[a-z0-9-]+)\.svg\)")
INVENTORY = re.compile(r"^```yaml inventory\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT = (
    "<!-- Copyright (c) 2026 containerhost.network contributors. GNU General Public License v3.0+,"
    " SPDX-License-Identifier: GPL-3.0-or-later -->\n"
)
# Of what is held for whom since when, a first plan knows nothing: any day will do.
_TODAY = "2026-01-01"


def generated() -> Iterator[tuple[Path, str]]:
    """Each drawing, and its text as it should be."""
    for page in sorted(DOCS.glob("*.md")):
        yield from _of_page(page.stem, page.read_text())


def _of_page(page: str, text: str) -> Iterator[tuple[Path, str]]:
    for match in SHOWN.finditer(text):
        example = DOCS / "examples" / match["name"] / "hosts.yml"
        if example.exists():
            yield FOLDER / f"{match['name']}.svg", _drawing(example, match["title"])
        else:
            number = int(match["name"].removeprefix(page).removeprefix("-") or 1)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "hosts.yml")
                path.write_text(INVENTORY.findall(text)[number - 1])
                yield FOLDER / f"{match['name']}.svg", _drawing(path, match["title"])


def _drawing(inventory: Path, title: str) -> str:
    """As Ansible reads it."""
    loader = DataLoader()
    manager = InventoryManager(loader, sources=[str(inventory)])
    variables = VariableManager(loader, manager)
    hosts = {
        host.name: plain(variables.get_vars(host=host, include_hostvars=False)) for host in manager.get_hosts()
    }
    plan = make_plan(gather(Sources(hosts)), Ledger(), _TODAY)
    drawn = svg.alone(values.of_plan(plan, plan.ledger, list(plan.documents)), title)
    return drawn.replace("<title>", f"\n{_COMMENT}<title>", 1)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    made = dict(generated())
    for path in set(FOLDER.iterdir()) - made.keys():
        path.unlink()
    for path, text in made.items():
        path.write_text(text)
