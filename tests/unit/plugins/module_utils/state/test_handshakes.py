# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Handshakes are made with those with whom there is none, and nobody is waited for longer than it takes."""

from __future__ import annotations

import contextlib
import subprocess
import time

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine import steps, tunnel_steps
from ansible_collections.containerhost.network.plugins.module_utils.state import handshakes, tunnels
from ansible_collections.containerhost.network.plugins.module_utils.state.tunnels import Device, Peer

MINE, FRESH, OLD, NEVER, KEPT, NOWHERE, NOT_MEANT = (f"{letter * 42}A=" for letter in "MFONKWX")


def peers(**handshake):
    now = int(time.time())
    return {
        FRESH: Peer("198.18.7.12:51820", (), now - 10, 0, False),
        OLD: Peer("198.18.7.13:51820", (), now - handshakes.ALIVE, 0, False),
        NEVER: Peer("198.18.7.14:51820", (), 0, 0, False),
        KEPT: Peer("198.18.7.15:51820", (), 0, 25, False),
        NOWHERE: Peer(None, (), 0, 0, False),
        NOT_MEANT: Peer("198.18.7.17:51820", (), 0, 0, False),
        **handshake,
    }


MEANT = (FRESH, OLD, NEVER, KEPT, NOWHERE)


class Wg:
    """``wg`` of a host: who is called answers, but for those that are ``silent``, and those that call by themselves."""

    def __init__(self, silent=()):
        self.silent, self.calls, self.asked = silent, [], 0

    def __call__(self, words, text=""):
        self.calls.append(words)
        return subprocess.CompletedProcess(words, 0, "", "")

    def device(self, _wire, _name):
        self.asked += 1
        called = {*(word for words in self.calls for word in words), KEPT}
        now = {
            key: peer._replace(handshake=int(time.time()))
            for key, peer in peers().items()
            if key in called and key not in self.silent
        }
        return Device(MINE, 51820, 0, peers(**now) if self.calls else peers())


class NoWire:
    @staticmethod
    def inside(_netns):
        return contextlib.nullcontext()


@pytest.fixture
def wg(monkeypatch):
    def of(silent=()):
        found = Wg(silent)
        monkeypatch.setattr(tunnels, "run_wg", found)
        monkeypatch.setattr(tunnels.Tunnels, "device", lambda tunnels_, name, netns: found.device(tunnels_, name))
        return found

    return of


def test_those_without_one_are_known():
    found = handshakes.without(Device(MINE, 51820, 0, peers()), MEANT, int(time.time()))
    assert [*found] == [OLD, NEVER, KEPT]
    assert handshakes.without(None, MEANT, int(time.time())) == {}


def test_each_is_begun_once_and_no_setting_stays(wg):
    found = wg()
    handshakes.make(NoWire, {"ch-vault": MEANT})
    assert len(found.calls) == 1
    words = found.calls[0]
    assert words[:2] == ["set", "ch-vault"]
    assert {word for word in words if word.endswith("=")} == {OLD, NEVER}  # KEPT does so by itself
    for key in (OLD, NEVER):
        last = len(words) - 1 - words[::-1].index(key)
        assert words[last + 1 : last + 3] == ["persistent-keepalive", "0"]


def test_where_all_are_made_nothing_is_done(wg):
    found = wg()
    handshakes.make(NoWire, {"ch-vault": (FRESH, NOWHERE)})
    assert found.calls == []
    assert found.asked == 1


def test_who_does_not_answer_is_not_waited_for_for_long(wg):
    found = wg(silent=(NEVER,))
    began = time.monotonic()
    handshakes.make(NoWire, {"ch-vault": MEANT}, patience=0.2)
    assert time.monotonic() - began >= 0.2
    assert len(found.calls) == 1
    assert found.asked > 1


def test_what_is_made_again_is_begun_and_what_only_changes_is_not(wg):
    found = wg()
    peer = steps.SetPeer(None, "ch-vault", NEVER, "198.18.7.14:51820", ("10.42.1.0/24",), begin=True)
    others = [
        peer._replace(public_key=OLD, begin=False),
        peer._replace(public_key=KEPT, keepalive=25),
        peer._replace(public_key=NOWHERE, endpoint=None),
    ]
    assert [*tunnel_steps.set_peers(NoWire, [peer, *others])] == []
    assert [words[0] for words in found.calls] == ["addconf", "set"]
    assert {word for word in found.calls[1] if word.endswith("=")} == {NEVER}


def test_a_tunnel_that_comes_up_again_begins_with_all_its_peers(wg, monkeypatch):
    monkeypatch.setattr(tunnels, "private_key", lambda name: MINE)
    found = wg()
    tunnel = steps.SetTunnel(None, "ch-vault", 51820, "ch-vault")
    assert [*tunnel_steps.set_tunnels(NoWire, [tunnel])] == []
    assert len(found.calls) == 1
    assert [*tunnel_steps.set_tunnels(NoWire, [tunnel._replace(begin=True)])] == []
    assert {word for word in found.calls[-1] if word.endswith("=")} == {FRESH, OLD, NEVER, NOT_MEANT}
