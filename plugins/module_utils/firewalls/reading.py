# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's packet filters, as far as they are not ours: nftables, and iptables of either kind.

They are only read: tables by libnftables, the rules of iptables by the program that prints them, as nftables shows
their extensions without what they say.
"""

from __future__ import annotations

import json
import subprocess
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.firewalls import nft_rules, saved_rules
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.rules import Chain
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import read_text
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import TABLE
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nftables import (
    NftError,
    NftMissing,
    run,
)

_FAMILIES = ("ip", "ip6", "inet", "netdev", "bridge")
# The chains that iptables has in nftables, which are never called so by people who write for nft.
_BUILT_IN = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
_PRINTERS = {"ip": "iptables", "ip6": "ip6tables"}
_LEGACY = {"ip": "/proc/net/ip_tables_names", "ip6": "/proc/net/ip6_tables_names"}
_SECONDS = 10


def chains() -> list[Chain]:
    """All that filter in the namespace that the process is in. What cannot be read is left out."""
    try:
        found = [chain for family, name in foreign_tables() for chain in _of_table(family, name)]
    except (NftError, NftMissing):
        found = []
    for family in legacy_families():
        text = printed(f"{_PRINTERS[family]}-legacy-save")
        found += saved_rules.chains_of(text, family, "iptables-legacy")
    return found


def foreign_tables() -> list[tuple[str, str]]:
    """Family and name of nftables' tables that are not ours. Raises NftError or NftMissing."""
    tables = [each["table"] for each in _listed("list tables") if "table" in each]
    named = [(table["family"], table["name"]) for table in tables if table["family"] in _FAMILIES]
    return [each for each in named if each not in (("inet", TABLE), ("bridge", TABLE))]


def legacy_families() -> list[str]:
    """The families in which iptables has tables of its own, outside of nftables."""
    return [family for family, path in _LEGACY.items() if _text(path).strip()]


def listing(family: str, name: str) -> list[t.Any]:
    """A table of nftables (libnftables-json(5)). Raises NftError or NftMissing."""
    return _listed(f"list table {family} {name}")


def _of_table(family: str, name: str) -> list[Chain]:
    chains_ = nft_rules.chains_of(listing(family, name))
    if family not in _PRINTERS or not any(chain.hook and chain.name in _BUILT_IN for chain in chains_):
        return chains_
    text = printed(f"{_PRINTERS[family]}-nft-save", "-t", name)
    return saved_rules.chains_of(text, family, "iptables") or [
        chain._replace(program="iptables") for chain in chains_
    ]


def has_element(place: tuple[str, str, str], key: str) -> bool | None:
    """Is a key in a set (family, table, name)? None where that cannot be asked."""
    family, table, name = place
    try:
        run(f"get element {family} {table} {name} {{ {key} }}")
    except NftError as error:
        return False if "No such file" in str(error) else None
    return True


def rule_text(chain: Chain, handle: int) -> str:
    """A rule of nftables in its own words."""
    try:
        lines = run(f"list chain {chain.family} {chain.table} {chain.name}", handles=True).splitlines()
    except NftError:
        lines = []
    end = f"# handle {handle}"
    return next((line.strip()[: -len(end)].strip() for line in lines if line.endswith(end)), f"rule {handle}")


def _listed(command: str) -> list[t.Any]:
    """Sets without their elements: there may be a million of them."""
    listed: list[t.Any] = json.loads(run(command, json_output=True, terse=True))["nftables"]
    return listed


def printed(*command: str) -> str:
    """What a program says; nothing where it cannot."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")


def _text(path: str) -> str:
    try:
        return read_text(path)
    except OSError:
        return ""
