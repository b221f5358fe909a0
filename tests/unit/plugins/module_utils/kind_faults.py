# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a kind, as far as its table shows it, in sentences for its author."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import (
    ANY_DEVICE,
    ANY_PARENT,
    COMMON_OPTIONS,
    Kind,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink.codec import ATOMS

# What every object has beside its kind's own options: in a document its network, in a task what is said of all.
_TAKEN = (*COMMON_OPTIONS, "network", "owner", "config", "purge")
_STEPS = ("read", "add", "change", "remove")
_RAW = "hex"  # bytes, as they are
_OPTION_TYPES = ("str", "bool", "int", "list", "dict")


def faults(kind: Kind, names: Collection[str]) -> Iterator[str]:
    """Of one kind; ``names`` are those of all kinds."""
    missing = [each for each in ("name", "options", "key") if not hasattr(kind, each)]
    if missing:
        yield f"{type(kind).__name__} must say its `{'` and its `'.join(missing)}`"
        return
    for fault in (*_of_options(kind), *_of_order(kind, names), *_of_attributes(kind), *_of_methods(kind)):
        yield f"kind {kind.name}: {fault}"


def _of_options(kind: Kind) -> Iterator[str]:
    for name in sorted({*kind.options}.intersection(_TAKEN)):
        yield f"every object has an option `{name}` already: call this one otherwise"
    for where in ("key", "fixed"):
        for name in sorted({*getattr(kind, where)} - {*kind.options}):
            yield f"`{where}` names `{name}`, which is none of its options"
    for name, spec in kind.options.items():
        if spec.get("type", "str") not in _OPTION_TYPES:
            yield f"option `{name}` has the type {spec['type']}, which must be one of {', '.join(_OPTION_TYPES)}"
        if "default" in spec and spec["default"] not in spec.get("choices", [spec["default"]]):
            yield f"option `{name}` has a default that is none of its choices"


def _of_order(kind: Kind, names: Collection[str]) -> Iterator[str]:
    for name in kind.after:
        if name == kind.name or name not in (*names, ANY_DEVICE, ANY_PARENT):
            yield f"`after` names {name}, which is {'itself' if name == kind.name else 'no kind'}"


def _of_attributes(kind: Kind) -> Iterator[str]:
    if kind.kernel_kind is None and (kind.data_attributes or kind.data_links):
        yield "`data_attributes` and `data_links` are a device's: say its `kernel_kind`"
    holders: dict[int, str] = {}
    for name, (number, type_) in kind.data_attributes.items():
        if type_ not in (*ATOMS, _RAW):
            yield f"attribute {name} has the type {type_}, which is none in `ATOMS` of netlink/codec.py"
        if holders.setdefault(number, name) != name:
            yield f"attributes {holders[number]} and {name} both have the number {number}"
    mode = getattr(kind, "mode_attribute", None)
    if mode is not None and mode not in kind.data_attributes:
        yield f"`mode_attribute` is {mode}, which is none of its `data_attributes`"


def _of_methods(kind: Kind) -> Iterator[str]:
    for name in _STEPS:
        if getattr(type(kind), name) is getattr(Kind, name):
            yield f"it has no `{name}`"
    if kind.kernel_kind and kind.ends_in_sandbox:
        if "interface" not in kind.options:
            yield "its device ends in a sandbox, so an option `interface` names that end"
        if type(kind).attachment is Kind.attachment:
            yield "its device ends in a sandbox, and `attachment` does not say what `verify` tries there"
