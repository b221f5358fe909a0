# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the kinds whose devices a build machine's kernel may lack; all others are in tests/integration/modules."""

from __future__ import annotations

from ansible_collections.containerhost.network.tests.integration.modules.lives import Case

CASES: tuple[Case, ...] = ()
