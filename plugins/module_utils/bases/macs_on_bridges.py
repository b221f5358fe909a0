# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MACs of those who are on a bridge: who leaves goes before another one has his.

Otherwise he answers the other's duplicate address detection (RFC 4862), whose link-local address is of no use then.
"""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases import sandbox_interface
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Place
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Values, realm
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import WireError
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_PLACE = "mac on bridge"


def read(kernel: Kernel, found: Found) -> Values:
    """Of one that nobody wants any more, ``leaves_mac`` if another one is to have it. A task leaves what it does not
    name where it is."""
    values = found.values
    is_known = values.get("master") and isinstance(values.get("sandbox"), dict)
    if not kernel.needed or not is_known or realm(found.owner or "") != "plan":
        return {}
    with contextlib.suppress(WireError):
        end = kernel.link_by_any_name(values["interface"], sandbox_interface.netns_of(values))
        if end is not None and (_PLACE, found.netns, values["master"], end.mac) in kernel.needed:
            return {"leaves_mac": end.mac}
    return {}


def left(values: Values) -> t.Iterator[Place]:
    if values.get("leaves_mac"):
        yield (_PLACE, values.get("netns"), values["master"], values["leaves_mac"])


def needed(values: Values) -> t.Iterator[Place]:
    if values.get("master") and values.get("mac"):
        yield (_PLACE, values.get("netns"), values["master"], values["mac"])
