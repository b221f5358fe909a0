# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that takes what it is given and imports pyroute2 as its documentation says: the least that a peer costs."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from pyroute2 import IPRoute  # noqa: F401  pylint: disable=unused-import


def main() -> None:
    module = AnsibleModule(
        argument_spec={"document": {"type": "dict"}, "remove": {"type": "list", "elements": "str"}},
        supports_check_mode=True,
    )
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
