# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""firewalld's policies: files of ours in its folder for them (firewalld.policy(5)), which it loads and reloads.

The policies name no zone for our devices: an interface that gets a zone has its traffic with the host itself judged by
that, too. What forges the addresses that they accept is dropped by our own table. A policy for what goes out has to
name the zone of the uplink, as else it would lead to other people's bridges as well. firewalld (1.3) does not see an
interface there that is in the default zone for want of another: then that is said in the zone's file, which without
our line is what it was before.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import subprocess
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.firewalls import policies
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.openings import Opening, Uplinks, openings
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.place import (
    NOT_LOADED,
    HostView,
    Line,
    Part,
    Request,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import (
    read_text,
    replace_text,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.foreign_chains import (
    Place as ChainPlace,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.foreign_chains import Rows

FOLDER = "/etc/firewalld/policies"
_ZONES = ("/etc/firewalld/zones", "/usr/lib/firewalld/zones")
_CHAINS = "filter_FORWARD_ZONES"
# By hook, where firewalld leads to its policies from.
_POLICIES = {"forward": "filter_FORWARD_POLICIES_pre", "input": "filter_INPUT_POLICIES_pre"}
_ZONE_CHAIN = re.compile(r"filter_FWD_(?P<zone>.+)\Z")
_SECONDS = 60
_FILE_MODE, _FOLDER_MODE = 0o644, 0o750


class Firewalld:
    name = "firewalld"
    chains: t.Sequence[str] = ()  # its files have ours, and its service tells of a start

    def is_there(self, host: HostView) -> bool:
        return host.foreign_chain(_chain(_CHAINS)) is not None

    def wanted(self, host: HostView, values: t.Mapping[str, t.Any], uplinks: Uplinks) -> list[Line]:
        rows = host.foreign_chain(_chain(_CHAINS))
        if rows is None:
            return []
        claimed = {each for policy in _all(host) for each in policy.claims}
        zones, default = _zones(rows)
        found = []
        for each in openings(values, uplinks.default):
            if each.hook == "output":
                continue  # what the host sends is filtered by nobody's zone
            zone, claim = default, False
            if each.oifname is not None and each.saddr is not None:
                explicit = _zone_of(each.oifname, zones)
                # Whoever has given it another zone since then has the last word.
                claim = explicit is None or (each.oifname, explicit) in claimed
                zone = default if claim or explicit is None else explicit
            found += policies.lines(each, zone, claim)
        return list(dict.fromkeys(found))

    def found(self, host: HostView) -> list[Part]:
        known = _all(host)
        if not known:
            return []
        loaded = {
            each["jump"]["target"]
            for chain in _POLICIES.values()
            for row in host.foreign_chain(_chain(chain)) or ()
            for each in row["expr"]
            if "jump" in each
        }
        is_there = self.is_there(host)
        by_device: dict[tuple[str, str], list[Line]] = {}
        for policy in known:
            ends = ("filter_FWD_policy_", "filter_IN_policy_")
            is_loaded = not is_there or any(f"{end}{policy.name}" in loaded for end in ends)
            rows = [*policy.lines, *(policies.claim_line(*each) for each in policy.claims if _has(host, *each))]
            if not is_loaded:
                rows = [each._replace(text=each.text + NOT_LOADED) for each in rows]
            by_device.setdefault((policy.owner, policy.device), []).extend(rows)
        return [Part(*key, tuple(dict.fromkeys(lines))) for key, lines in by_device.items()]

    def chain_of(self, opening: Opening) -> ChainPlace | None:
        return _chain(_POLICIES[opening.hook]) if opening.hook in _POLICIES else None

    def write(self, requests: t.Sequence[Request]) -> t.Iterator[tuple[int, str]]:
        try:
            _write(requests)
        except OSError as error:
            reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            yield from ((position, reason) for position in range(len(requests)))


def _chain(name: str) -> ChainPlace:
    return "inet", "firewalld", name


def _zones(rows: Rows) -> tuple[dict[str, str], str]:
    """The zones of interfaces that have one, and that of all others."""
    zones: dict[str, str] = {}
    default = "public"
    for row in rows:
        target = next((each["goto"]["target"] for each in row["expr"] if "goto" in each), "")
        zone = _ZONE_CHAIN.match(target)
        matches = [each["match"] for each in row["expr"] if "match" in each]
        if zone is None:
            continue
        if not matches:
            default = zone["zone"]
        for match in matches:
            if match["left"] == {"meta": {"key": "iifname"}} and isinstance(match["right"], str):
                zones.setdefault(match["right"], zone["zone"])
    return zones, default


def _zone_of(device: str, zones: t.Mapping[str, str]) -> str | None:
    return next(
        (zone for name, zone in zones.items() if name == device or (name[-1:] == "*" and device.startswith(name[:-1]))),
        None,
    )


def _all(host: HostView) -> list[policies.Policy]:
    found = []
    for name in host.folder(FOLDER):
        if name.startswith(policies.PREFIX) and name.endswith(".xml"):
            policy = policies.read(name[: -len(".xml")], host.text(f"{FOLDER}/{name}") or "")
            found += [policy] if policy is not None else []
    return found


# -- files -----------------------------------------------------------------------------------------------------


class _Files:
    """The host as it is now, for who writes."""

    def foreign_chain(self, place: ChainPlace) -> Rows | None:
        return None

    def text(self, path: str) -> str | None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return read_text(path)
        return None

    def folder(self, path: str) -> list[str]:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return sorted(os.listdir(path))
        return []


def _has(host: HostView, uplink: str, zone: str) -> bool:
    return re.search(policies.interface_pattern(uplink), host.text(f"{_ZONES[0]}/{zone}.xml") or "") is not None


def _write(requests: t.Sequence[Request]) -> None:
    """Raises OSError."""
    files = _Files()
    before = _all(files)
    devices = {each.device for each in requests}
    new = {name: text for each in requests for name, text in policies.files(each.owner, each.device, each.lines or ())}
    changed = False
    for name, text in new.items():
        path = f"{FOLDER}/{name}.xml"
        if files.text(path) != text:
            os.makedirs(FOLDER, _FOLDER_MODE, exist_ok=True)
            replace_text(path, text, _FILE_MODE, sync=True)
            changed = True
    gone = [each.name for each in before if each.device in devices and each.name not in new]
    # Before the policies that tell of them.
    claims = {claim for each in before for claim in each.claims}
    left = {claim for each in _all(files) if each.name not in gone for claim in each.claims}
    for uplink, zone in sorted(claims - left):
        changed |= _release(files, uplink, zone)
    for uplink, zone in sorted(left):
        changed |= _claim(files, uplink, zone)
    for name in gone:
        for path in (f"{FOLDER}/{name}.xml", f"{FOLDER}/{name}.xml.old"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
                changed = True
    _load([*new], changed)


def _claim(files: _Files, uplink: str, zone: str) -> bool:
    path, text = f"{_ZONES[0]}/{zone}.xml", _zone_text(files, zone)
    if text is None or re.search(policies.interface_pattern(uplink), text):
        return False
    changed = policies.with_interface(text, uplink)
    if changed is None:
        raise OSError(f"{path} has no end of its zone, where {uplink} belongs: put it there by firewall-cmd")
    replace_text(path, changed, _mode(path), sync=True)
    return True


def _release(files: _Files, uplink: str, zone: str) -> bool:
    """A file that says what firewalld's own says is not there any more."""
    path = f"{_ZONES[0]}/{zone}.xml"
    text = files.text(path)
    if text is None:
        return False
    without = re.sub(policies.interface_pattern(uplink), "", text)
    if without == files.text(f"{_ZONES[1]}/{zone}.xml"):
        os.unlink(path)
    elif without != text:
        replace_text(path, without, _mode(path), sync=True)
    return without != text


def _zone_text(files: _Files, zone: str) -> str | None:
    return next(filter(None, (files.text(f"{folder}/{zone}.xml") for folder in _ZONES)), None)


def _mode(path: str) -> int:
    with contextlib.suppress(FileNotFoundError):
        return stat.S_IMODE(os.stat(path).st_mode)
    return _FILE_MODE


# -- firewalld itself ------------------------------------------------------------------------------------------


def _load(names: t.Sequence[str], changed: bool) -> None:
    """A policy that is new, or has gone, it learns of by a reload only. Where it does not run, there is nothing to do.

    It answers when it has made its rules: what is being loaded already is not loaded again. Raises OSError.
    """
    told = _asked("--get-policies")
    if told is None or (not changed and {*names} <= {*told.split()}):
        return
    if _asked("--reload") is None:
        raise OSError("firewalld does not reload: look at `firewall-cmd --check-config`")


def _asked(option: str) -> str | None:
    try:
        done = subprocess.run(
            ["firewall-cmd", option], capture_output=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


FIREWALLD = Firewalld()
