# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all kinds have in common whose objects are files of the host, or parts of them."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.module_utils import sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem, Values

SANDBOX = {
    "sandbox": {
        "type": "dict",
        "required": True,
        "options": {
            "engine": {"type": "str", "choices": list(sandboxes.ENGINES), "default": "netns"},
            "ref": {"type": "str", "required": True},
        },
    }
}


class HostFileKind(Kind):
    """Subclasses say in ``spell`` how options are spelled. A namespace has no files of its own."""

    def normalise(self, values: Values) -> Values:
        if values.get("netns") is not None:
            raise Problem(f"{self.name}: a file is the host's, and in no network namespace; leave `netns` out")
        return self.spell(dict(values))

    def spell(self, plain: Values) -> Values:
        raise NotImplementedError


def sandbox_of(values: Values, kind: str) -> dict[str, str]:
    """Whose file it is, checked. Raises Problem."""
    sandbox = values.get("sandbox")
    if not isinstance(sandbox, dict) or not sandbox.get("ref"):
        raise Problem(f"{kind}: `sandbox` must say whose it is: {{engine: netns, ref: NAME}}")
    plain = {"engine": sandbox.get("engine") or "netns", "ref": str(sandbox["ref"])}
    sandboxes.netns_of(plain)  # refuses what is no reference
    if not has_hosts_file(plain["engine"]):
        raise Problem(f"{kind}: containers of {plain['engine']} have no hosts file of their own on the host")
    return plain


def has_hosts_file(engine: str) -> bool:
    """Is there a file on the host that containers of an engine have for ``/etc/hosts``?"""
    return engine in sandboxes.ENGINES and sandboxes.ENGINES[engine].has_hosts_file
