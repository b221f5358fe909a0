# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories of the gallery, one after another in one lab: each is made, and everything in it works."""

from __future__ import annotations

import shutil
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[3] / "docs" / "examples"


def test_what_the_gallery_shows_is_made_and_works(lab):
    for name in ("front-and-back", "engines", "private-data"):
        shutil.rmtree(lab.folder / "inventory", ignore_errors=True)
        shutil.copytree(EXAMPLES / name, lab.folder / "inventory")
        (lab.folder / "containerhost.ledger").unlink(missing_ok=True)
        assert lab.up().status == 0
        for playbook in ("site", "verify", "teardown"):
            played = lab.play(f"containerhost.network.{playbook}", "-e", f"@{lab.vars_file.name}")
            assert played.status == 0, f"{name}: {played.output}"
