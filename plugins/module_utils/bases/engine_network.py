# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What networks of engines have in common that are put on bridges of ours by a plugin of ours.

Each is a file of the engine's, which names the plugin ``containerhost`` and tells it what it has to know. The plugin is
the program that keeps a host.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases.host_file import HostFileKind
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Problem, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import EndEngineNetwork, WriteFile
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import attachments, engine_names
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_SUBNET = {
    "subnet": {"type": "str", "required": True},
    "range": {"type": "str"},
    "gateway": {"type": "str", "required": True},
    "routes": {"type": "list", "elements": "str"},
    "ports": {"type": "str", "choices": ["publish", "open"], "default": "publish"},
}
DNS = {
    "nameservers": {"type": "list", "elements": "str"},
    "search": {"type": "list", "elements": "str"},
}
_OWN = ("bridge", "subnets", "mtu", "isolated", "anti_spoofing", "dns")


class EngineNetworkKind(HostFileKind):
    """Subclasses say which file it is and how it is written, read and found."""

    protocol: t.ClassVar[str]
    # A module of ``state`` with FOLDER, path_of(name), name_in(file), text_of(name, owner, fields) and read(text).
    files: t.ClassVar[t.Any]
    key = ("name",)
    after = ("bridge",)
    marked = True
    options = {
        "name": {"type": "str", "required": True},
        "bridge": {"type": "str"},
        "subnets": {"type": "list", "elements": "dict", "options": _SUBNET},
        "mtu": {"type": "int"},
        "isolated": {"type": "bool"},
        "anti_spoofing": {"type": "bool"},
        "dns": {"type": "dict", "options": DNS},
    }

    def spell(self, plain: Values) -> Values:
        name = plain["name"]
        if not engine_names.is_name(name):
            raise Problem(
                f"{self.name} {name}: engines take names of letters, digits, '_', '.' and '-' that begin with a letter"
                f" or a digit, up to {engine_names.LONGEST} here: choose another name"
            )
        if plain.get("state") == "absent":
            return plain
        if not plain.get("bridge") or not plain.get("subnets"):
            raise Problem(f"{self.name} {name} needs a `bridge` and its `subnets`")
        plain["bridge"] = canonical.device_name(plain["bridge"], "bridge")
        subnets = sorted((_subnet(self.name, name, each) for each in plain["subnets"]), key=lambda each: each["subnet"])
        families = [":" in each["subnet"] for each in subnets]
        if len(families) != len(set(families)):
            raise Problem(f"{self.name} {name} has two `subnets` of one family: name one of each")
        plain["subnets"] = subnets
        for option in ("isolated", "anti_spoofing"):
            plain[option] = bool(plain.get(option))
        plain["dns"] = {word: list(value) for word, value in (plain.get("dns") or {}).items() if value}
        if plain.get("mtu") is not None:
            plain["mtu"] = canonical.between(plain["mtu"], 68, 65535, "mtu")
        return {**plain, "whole": True}

    def file_of(self, values: Values) -> str | None:
        return self.files.path_of(values["name"])

    def summary(self, values: Values) -> list[str]:
        rows = [f"bridge: {values.get('bridge')}"]
        rows += [f"subnet: {_spelled(each)}" for each in values.get("subnets") or ()]
        return rows + ([f"mtu: {values['mtu']}"] if values.get("mtu") else [])

    def export(self, values: Values) -> Values:
        plain = {name: value for name, value in values.items() if name != "dns" or value}
        return super().export(plain)

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield (self.name, values["name"])

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield ("link", None, values.get("bridge"))

    def limits(self, kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
        if "bridge" in changed and not kernel.has_link(wanted.values["bridge"]):
            yield f"there is no bridge {wanted.values['bridge']}; make it first"

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        """Ours, and what is called as one that is wanted."""
        names = {each.values["name"] for each in wanted}
        for file in kernel.files.folder(self.files.FOLDER):
            name = self.files.name_in(file)
            text = kernel.files.text(self.files.path_of(name)) if name is not None else None
            if name is None or text is None:
                continue
            owner, fields = self.files.read(text)
            if owner is None and name not in names:
                continue
            values = {"name": name, **{option: fields.get(option) for option in _OWN}}
            values["others_write"] = kernel.files.others_may_write(self.files.path_of(name))
            values["whole"] = text == self.files.text_of(name, owner or "", fields)
            yield Found(self.name, (None, name), values, owner)

    def add(self, wanted: Wanted) -> Rounds:
        values = wanted.values
        fields = {option: values[option] for option in _OWN if values.get(option) is not None}
        text = self.files.text_of(values["name"], wanted.owner, fields)
        return [[WriteFile(self.files.path_of(values["name"]), text)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        return self.add(wanted)

    def in_use(self, kernel: Kernel, found: Found) -> str | None:
        return attachments.still_on(self.protocol, found.values["name"], kernel.has_link)

    def remove(self, found: Found) -> Rounds:
        """Not while a container is on it: what it has stands on the bridge."""
        name = found.values["name"]
        return [[EndEngineNetwork(self.protocol, name, self.files.path_of(name))]]


def _subnet(kind: str, name: str, row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    subnet, gateway = canonical.network_cidr(row["subnet"], "subnet"), canonical.address(row["gateway"], "gateway")
    plain: dict[str, t.Any] = {"subnet": subnet, "range": canonical.network_cidr(row.get("range") or subnet, "range")}
    routes = [canonical.network_cidr(each, "routes") for each in row.get("routes") or ()]
    if len({":" in each for each in (gateway, *plain.values(), *routes)}) > 1:
        raise Problem(f"{kind} {name}: what is said of {subnet} is not of one family")
    return {**plain, "gateway": gateway, "routes": routes, "ports": row.get("ports") or "publish"}


def _spelled(row: t.Mapping[str, t.Any]) -> str:
    parts = [row["subnet"], *(f"{word} {row[word]}" for word in ("range", "gateway") if row.get(word))]
    parts += [f"route {each}" for each in row.get("routes") or ()]
    return ", ".join([*parts, f"ports: {row.get('ports')}"])
