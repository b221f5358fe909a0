# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run has set is read again at its end: the kernel may have fitted a value to something else, without a word.

Of what is on the host alone. Whoever is in another namespace may have changed it since, which is his own business; what
the kernel makes of settings there is known before (``bases/fitted_settings.py``).
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Change, Found, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import describe
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel


def altered(
    kinds: t.Mapping[str, Kind], kernel: Kernel, made: t.Iterable[Change]
) -> list[tuple[Change, str]]:
    """A sentence for each value that is not what it was set to, and whose; of objects whose kinds read them again."""
    objects = [
        (change, kinds[change.kind], t.cast(Wanted, change.wanted))
        for change in made
        if type(kinds[change.kind]).read_back is not Kind.read_back
        and change.values.get("netns") is None
        and not change.values.get("sandbox")
    ]
    for kernel_kind in dict.fromkeys(kind.kernel_kind for _change, kind, _wanted in objects):
        if kernel_kind is not None:
            kernel.read_again(kernel_kind)
    return [
        (
            change,
            f"{describe(kind, wanted.values, wanted.owner)}: {option} was set to {asked}, and the kernel has made it"
            f" {now}: ask for what it can be there, or change what keeps it from that",
        )
        for change, kind, wanted in objects
        for option, (now, asked) in _differences(kind, wanted, kind.read_back(kernel, wanted)).items()
    ]


def _differences(kind: Kind, wanted: Wanted, found: Found | None) -> dict[str, tuple[t.Any, t.Any]]:
    """Of what was read; the rest is not known."""
    if found is None:
        return {}
    known = {name: value for name, value in wanted.values.items() if name in found.values}
    return Kind.differences(kind, wanted._replace(values=known), found)
