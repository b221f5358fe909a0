# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which netavark a host has, and what its Podman is told of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.kinds import podman_network
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import netavark


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A host without any of it: what it says of netavark is ``netavark(text)``, and of Podman ``file(name, text)``."""

    def file(name: str, text: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return str(path)

    def says(text: str) -> None:
        path = file("bin/netavark", f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin/netavark").chmod(0o755)
        assert path.endswith("/bin/netavark")

    monkeypatch.setattr(netavark, "_FOLDERS", (str(tmp_path / "none"), str(tmp_path / "bin")))
    monkeypatch.setattr(netavark, "_CONFIGURATION", (str(tmp_path / "share.conf"), str(tmp_path / "etc.conf")))
    monkeypatch.setattr(netavark, "_MORE", str(tmp_path / "conf.d"))
    monkeypatch.setattr(netavark, "_CHOSEN", str(tmp_path / "chosen"))
    return SimpleNamespace(file=file, says=says)


class Notes:
    def __init__(self) -> None:
        self._notes: dict[str, list] = {}

    def notes(self, kind: str) -> list:
        return self._notes.setdefault(kind, [])


def answer():
    return podman_network._answer(Notes())


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("netavark 1.6.0", (1, 6)),
        ("netavark 1.14.0", (1, 14)),
        ("netavark 2.1.0-dev", (2, 1)),
        ("netavark 1.17", (1, 17)),
    ],
)
def test_one_with_plugins_will_do(host, said, known):
    host.says(f"echo {said}")
    assert answer() == known


@pytest.mark.parametrize("said", ["1.4.0", "1.5.1", "0.9"])
def test_one_without_is_named_with_what_to_do_instead(host, said):
    host.says(f"echo netavark {said}")
    words = answer()
    assert words.startswith(
        f"netavark {'.'.join(said.split('.')[:2])} has no plugins, which came with 1.6: install a newer"
    )
    assert "write `cni: true`" in words and "`engine: podman`" in words


def test_a_host_without_podman_waits_for_it(host):
    assert answer() is None


@pytest.mark.parametrize("what", ["echo nothing", "exit 1"])
def test_one_that_does_not_say_its_version_is_unknown(host, what):
    host.says(what)
    assert isinstance(answer(), netavark.Unknown)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"etc.conf": '[network]\nnetwork_backend = "cni"\n'}, "etc.conf has Podman make its networks by CNI"),
        ({"chosen": "cni"}, "chosen has Podman make its networks by CNI"),
        ({"share.conf": 'network_backend="cni"', "conf.d/1.conf": "network_backend = 'netavark'"}, None),
        ({"etc.conf": '#network_backend = "cni"\n'}, None),
        ({"conf.d/1.conf": 'netavark_plugin_dirs = ["/opt/n"]'}, "1.conf leaves out /usr/local/libexec/netavark"),
        ({"etc.conf": 'netavark_plugin_dirs = [\n "/opt/n",\n "/usr/local/libexec/netavark/"\n]'}, None),
        ({"etc.conf": '#netavark_plugin_dirs = [\n# "/opt/n"\n#]'}, None),
        ({"conf.d/1.txt": 'network_backend = "cni"'}, None),
    ],
)
def test_what_podman_is_told_of_it_is_heard(host, files, words):
    host.says("echo netavark 1.14.0")
    for name, text in files.items():
        host.file(name, text)
    found = answer()
    assert found == (1, 14) if words is None else words in found
