# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module's process does to be short."""

from __future__ import annotations

import subprocess
import sys
import zipfile

from ansible_collections.containerhost.network.plugins.module_utils import startup

SCRIPT = """
import runpy, sys
compiled = []
sys.addaudithook(lambda event, given: compiled.append(str(given[1])) if event == "compile" else None)
if sys.argv[1] != "-":
    runpy.run_path(sys.argv[1])["begin"]()
sys.path.insert(0, sys.argv[2])
import folder.sent
assert folder.sent.VALUE == 7 and folder.sent.__file__.endswith("sent.py") and folder.sent.__loader__
print(sum(name.endswith("sent.py") for name in compiled))
"""


def times_compiled(tmp_path, first: str) -> int:
    archive = tmp_path / "payload.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("folder/__init__.py", "")
        file.writestr("folder/sent.py", "VALUE = 7\n")
    argv = [sys.executable, "-c", SCRIPT, first, str(archive)]
    return int(subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout)


def test_a_module_from_a_zip_is_compiled_once(tmp_path):
    assert times_compiled(tmp_path, startup.__file__) == 1
    # What it is there for; when Python does better by itself, it can go.
    assert times_compiled(tmp_path, "-") == 2
