# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Libraries that a host needs, and the packages that bring them."""

from __future__ import annotations

import ctypes
import os
import re
import sys
import typing as t

_PATH = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/sbin"
MINIMUM_PYROUTE2 = "0.7.2"
REQUIREMENT = f"pyroute2>={MINIMUM_PYROUTE2}"
_SYSTEM_FOLDERS = ("/usr/bin", "/bin", "/usr/libexec")
_SYSTEM = ("/usr/bin/python3", "/usr/libexec/platform-python")
VENV = "/usr/local/lib/containerhost/python"  # where modules look for a pyroute2 of our own

# By library, the package on each family of distributions (ID or ID_LIKE of /etc/os-release).
_PACKAGES = {
    "pyroute2": {"alpine": "py3-pyroute2", "arch": "python-pyroute2", "": "python3-pyroute2"},
    "libnftables": {"debian": "libnftables1", "ubuntu": "libnftables1", "suse": "libnftables1", "": "nftables"},
}
# Programs that a host needs only for what asks for them, likewise.
_PROGRAMS = {
    "dnsmasq": {"debian": "dnsmasq-base", "ubuntu": "dnsmasq-base", "": "dnsmasq"},
    "wg": {"": "wireguard-tools"},
    "wireguard-go": {"": "wireguard-go"},
}


def versions(venv: str | None = None) -> dict[str, str | None]:
    """What there is: the version of pyroute2 (in a virtual environment) and whether libnftables loads; else None."""
    import importlib.metadata  # only here: its import costs every module's start 7 ms

    found: dict[str, str | None] = {"pyroute2": None, "libnftables": None}
    folders = [site_packages(venv)] if venv else [site_packages(VENV), *sys.path]
    for distribution_ in importlib.metadata.distributions(name="pyroute2", path=folders):
        # What says its version may be left of a package that is not there any more.
        if os.path.isdir(distribution_.locate_file("pyroute2")):
            found["pyroute2"] = distribution_.version
            break
    try:
        ctypes.CDLL("libnftables.so.1")
        found["libnftables"] = "1"
    except OSError:
        pass
    return found


class Python(t.NamedTuple):
    """The Python that runs modules, as far as it matters for whether a package's files are seen by it."""

    executable: str
    path: t.Sequence[str]
    version: str  # "3.11"
    is_virtual: bool
    system: str  # the distribution's own
    system_version: str

    @classmethod
    def here(cls) -> Python:
        system = next((path for path in _SYSTEM if os.path.exists(path)), _SYSTEM[0])
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        virtual = sys.prefix != sys.base_prefix
        numbers = re.search(r"python(\d+\.\d+)\Z", os.path.realpath(system))
        return cls(sys.executable, tuple(sys.path), version, virtual, system, numbers[1] if numbers else version)

    @property
    def is_served(self) -> bool:
        """Whether it sees what the distribution's packages bring. Debian's are for each Python 3 of its own."""
        if "/usr/lib/python3/dist-packages" in self.path:
            return True
        if not self.is_virtual and os.path.dirname(self.executable) in _SYSTEM_FOLDERS:
            return self.version == self.system_version
        folders = {f"/usr/lib{bits}/python{self.version}/site-packages" for bits in ("", "64")}
        return bool(folders & set(self.path)) and self.system_version == self.version

    @property
    def pip(self) -> list[str]:
        return [self.executable, "-m", "pip", "install", "--disable-pip-version-check", REQUIREMENT]


def obstacle(python: Python, version: str | None) -> str:
    """Why no package of the distribution brings a pyroute2 to this Python, and what does; nothing where one may.

    ``version`` is that of the one that it has, which is too old.
    """
    own = f"containerhost_python: {VENV}, where a virtual environment with it is made"
    if not python.is_served:
        by_hand = f"`{python.executable} -m pip install '{REQUIREMENT}'`"
        if python.is_virtual:
            return f"{python.executable} runs modules here, and sees no package of the distribution. Run {by_hand}."
        return (
            f"{python.executable} runs modules here, and sees no package of the distribution. Set {own}, or"
            f" ansible_python_interpreter: {python.system}, or run {by_hand}."
        )
    if version is not None:
        return f"{version} is what the distribution has, and {MINIMUM_PYROUTE2} is needed. Set {own}."
    return ""


def site_packages(venv: str) -> str:
    """Where a virtual environment of this Python keeps its packages."""
    return f"{venv}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"


def is_old(version: str) -> bool:
    """Older than what this collection is tested with."""
    return _numbers(version) < _numbers(MINIMUM_PYROUTE2)


def distribution(path: str = "/etc/os-release") -> list[str]:
    """This distribution's name and those of the ones that it is like (os-release(5))."""
    try:
        with open(path, encoding="utf-8") as file:
            release = dict(line.rstrip().replace('"', "").split("=", 1) for line in file if "=" in line)
    except OSError:
        return []
    return [release.get("ID", ""), *release.get("ID_LIKE", "").split()]


def missing_packages(found: t.Mapping[str, str | None], family: t.Sequence[str], venv: bool = False) -> list[str]:
    """Package names for what is not in ``found``, on a distribution of that family; pyroute2 may be in a venv."""
    if venv:
        venv_needs = ["python3-venv"] if {"debian", "ubuntu"} & set(family) and found.get("pyroute2") is None else []
        missing = [] if found.get("libnftables") else ["libnftables"]
        return [*(package_of(name, family) for name in missing), *venv_needs]
    missing = [name for name in sorted(_PACKAGES) if found.get(name) is None]
    version = found.get("pyroute2")
    if version is not None and is_old(version):
        missing.append("pyroute2")
    return [package_of(name, family) for name in missing]


def missing_programs(asked: t.Iterable[str], family: t.Sequence[str]) -> list[str]:
    """Package names for those of our programs that are asked for and not there."""
    import shutil

    return [package_of(name, family) for name in asked if name in _PROGRAMS and shutil.which(name, path=_PATH) is None]


def package_of(library: str, family: t.Sequence[str]) -> str:
    names = {**_PACKAGES, **_PROGRAMS}[library]
    return next((names[word.split("-")[-1]] for word in family if word and word.split("-")[-1] in names), names[""])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
