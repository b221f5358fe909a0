# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/development.md shows as a whole file is found where that page puts it, and nothing else has to know it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

from ansible_collections.containerhost.network.tests.unit.test_docs import DOCS, ROOT, blocks

FOLDERS = {
    "driver": "plugin_utils/drivers/island.py",
    "backend": "plugin_utils/backends/router.py",
    "kind": "module_utils/kinds/ifb.py",
    "engine": "module_utils/engines/jail.py",
}
INVENTORY = """
all:
  hosts:
    h1:
      ansible_host: 192.0.2.11
      containerhost_containers: {shop: {engine: jail, networks: {atoll: {}, fabric: {}}}}
    h2:
      ansible_host: 192.0.2.12
      containerhost_containers: {db: {networks: {fabric: {}}}}
  vars:
    containerhost_networks:
      atoll: {driver: island, icc: false, subnets: [10.9.0.0/24]}
      fabric: {driver: overlay, backend: router, router: 192.0.2.1, subnets: [10.42.0.0/16]}
"""
# Run with the copy of the collection, in which nothing is changed but that the files are there.
USE = """
import json, sys
from pathlib import Path
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import read_document
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.plugin_utils.run.every_kind import with_all
from ansible_collections.containerhost.network.tests.unit.test_docs import Fleet

document = Fleet.of_text(sys.argv[1], Path(sys.argv[2])).plan().documents["h1"]
document["ifb"] = [{"network": "fabric", "name": "red"}]
sent = with_all("startup.begin()\\n", True)
print(json.dumps({
    "objects": {kind: document[kind] for kind in ("bridge", "veth", "route")},
    "kinds": sorted({each.kind for each in read_document(KINDS, document, False)}),
    "sent": [name for name in ("kinds.ifb", "engines.jail") if name in sent],
}))
"""


def test_a_driver_a_backend_a_kind_and_an_engine_are_one_file_each(tmp_path):
    collection = tmp_path / "ansible_collections/containerhost/network"
    shutil.copytree(ROOT / "plugins", collection / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    (collection / "tests").symlink_to(ROOT / "tests")
    for kind, place in FOLDERS.items():
        [block] = [block for block in blocks(DOCS / "development.md") if block.info == ("python", kind)]
        file = collection / "plugins" / place
        for other in file.parent.glob("*.py"):
            if kind == "kind" and 'kernel_kind = "ifb"' in other.read_text():  # one that is no example
                other.unlink()
        file.write_text(block.text)
    (tmp_path / "inventory").mkdir()
    command = [sys.executable, "-c", USE, INVENTORY, str(tmp_path / "inventory")]
    environment = {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["sent"] == ["kinds.ifb", "engines.jail"]
    assert {"ifb", "bridge", "veth", "route"} <= {*found["kinds"]}
    assert [row["name"] for row in found["objects"]["bridge"]] == ["ch-atoll", "chb-fabric"]
    assert {row["sandbox"]["engine"] for row in found["objects"]["veth"]} == {"jail"}
    assert [(row["dst"], row["via"]) for row in found["objects"]["route"]] == [("10.42.1.0/24", "192.0.2.1")]
