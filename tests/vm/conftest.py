# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests for Debian's own kernel, which `make test-vm` boots: each runs alone, as those of kinds do.

They are for what a build machine's kernel may lack. On a kernel that lacks it they fail; none is skipped.
"""

from __future__ import annotations

from ansible_collections.containerhost.network.tests.integration.conftest import host, host_of_a_module
from ansible_collections.containerhost.network.tests.integration.kinds.conftest import pytest_pyfunc_call

__all__ = ["host", "host_of_a_module", "pytest_pyfunc_call"]
