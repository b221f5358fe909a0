# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules promise: those that change a host, (``info``) that only look, and (``planned``) that only plan.

The last say about check mode, diff and repeated runs themselves, as each differs.
"""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
attributes:
  action_group:
    description: Use C(group/containerhost.network.all) in C(module_defaults) to set defaults for this module.
    membership:
      - containerhost.network.all
    support: full
  check_mode:
    description: Says exactly what a run would change, and changes nothing.
    support: full
  diff_mode:
    description: Shows one short before and after for each object.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
  platform:
    description: Linux, with network namespaces.
    platforms: linux
    support: full
"""

    INFO = r"""
attributes:
  action_group:
    description: Use C(group/containerhost.network.all) in C(module_defaults) to set defaults for this module.
    membership:
      - containerhost.network.all
    support: full
  check_mode:
    description: Changes nothing, so it runs in check mode as ever.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: N/A
  idempotent:
    description: Changes nothing.
    support: full
  platform:
    description: Linux, with network namespaces.
    platforms: linux
    support: full
"""

    PLANNED = r"""
attributes:
  action_group:
    description: Use C(group/containerhost.network.all) in C(module_defaults) to set defaults for this module.
    membership:
      - containerhost.network.all
    support: full
requirements:
  - netaddr >= 1.0 on the controller
"""
