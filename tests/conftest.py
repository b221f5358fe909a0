# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection is imported as Ansible imports it, from the first import on.

Where a test makes Ansible's loader take over halfway, it refuses collections that Python has imported without it.
"""

from __future__ import annotations

import os
from pathlib import Path

# Before Ansible reads it.
os.environ.setdefault("ANSIBLE_COLLECTIONS_PATH", str(Path(__file__).resolve().parents[1] / "build/live"))

from ansible.plugins.loader import init_plugin_loader
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

init_plugin_loader()
# Its examples are kept from run to run, but not in the checkout.
set_hypothesis_home_dir(Path(__file__).resolve().parents[1] / "build/cache/hypothesis")
# A busy machine, or a first run that has Unicode tables to build, is slow; that is no finding.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
