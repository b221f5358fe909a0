# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd says of services, and what is a service's name."""

from __future__ import annotations

import os

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import (
    Done,
    NoContainer,
    Running,
)
from ansible_collections.containerhost.network.plugins.module_utils.engines import systemd
from ansible_collections.containerhost.network.plugins.module_utils.engines.systemd import Systemd


def said(monkeypatch, told, status=0):
    asked = []
    monkeypatch.setattr(systemd, "ask", lambda command: (asked.append(command), Done(status, told))[1])
    return asked


def row(load="loaded", main="0", control="0", path=""):
    return f"MainPID={main}\nControlPID={control}\nNetworkNamespacePath={path}\nLoadState={load}"


def test_all_services_are_asked_for_at_once_and_told_apart_by_their_order(monkeypatch):
    rows = [row(main="4000001"), row(control="4000002"), row(path="/run/netns/x", main="9"), row(), row("not-found")]
    asked = said(monkeypatch, "\n\n".join(rows))
    answers = Systemd().find(["app", "starting.service", "in@x", "dead", "gone"])
    assert len(asked) == 1
    assert asked[0][-5:] == ["app.service", "starting.service", "in@x.service", "dead.service", "gone.service"]
    assert [answers[ref] for ref in ("app", "starting.service", "in@x")] == [
        "/proc/4000001/ns/net", "/proc/4000002/ns/net", Running("/run/netns/x", root="/proc/9/root"),
    ]  # fmt: skip
    assert answers["dead"].reason == "systemd container dead is not running on this host: start it, then run again"
    assert answers["gone"].reason.startswith("there is no service gone.service on this host")


@pytest.mark.parametrize("told", ["", "System has not been booted", row()])
def test_a_host_without_systemd_says_so_of_each(monkeypatch, told):
    said(monkeypatch, told, 1)
    answers = Systemd().find(["a", "b"])
    assert all(isinstance(answer, NoContainer) for answer in answers.values())
    assert all("systemd does not answer" in answer.reason for answer in answers.values())


@pytest.mark.parametrize("ref", ["db", "db.service", "db@1", "getty@tty1.service", "a-b_c.d", "dev\\x2dsda", "1:2"])
def test_what_is_a_services_name(ref):
    assert Systemd().mistake(ref) is None


@pytest.mark.parametrize("ref", ["", "a/b", "a b", "-H", "db.socket", "x.slice", "a@", "a@.service", "é", "x" * 256])
def test_what_is_none(ref):
    assert Systemd().mistake(ref) is not None


def test_a_start_is_told_under_both_of_a_services_names(tmp_path, monkeypatch):
    monkeypatch.setattr(systemd, "_UNITS", str(tmp_path))
    news = Systemd().starts()
    for unit in ("db@1.service", "x.socket"):
        (tmp_path / "draft").symlink_to("0123")
        os.rename(tmp_path / "draft", tmp_path / f"invocation:{unit}")
    assert news.read() == ["db@1.service", "db@1"]
    news.close()
