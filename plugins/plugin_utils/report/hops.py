# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the way from host to host is broken, as few places as explain what fails. Pure."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.containerhost.network.plugins.plugin_utils.verify.causes import failures, reason_of
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import Try
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.report import Findings

_BETWEEN_HOSTS = ("matrix", "mtu")


@dataclass(frozen=True)
class Hop:
    """The way of a network between ``host`` and ``others``: ``failed`` of ``tried`` attempts fail, for ``reasons``.

    ``is_whole``: nobody on the network reaches the host or is reached by it.
    """

    network: str
    host: str
    others: tuple[str, ...]
    failed: int
    tried: int
    reasons: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return self.failed == self.tried


def broken_hops(tries: Sequence[Try], found: Findings) -> Iterator[Hop]:
    """By network, the hosts that have a part in the most failures, one after another."""
    across = [each for each in tries if each.about in _BETWEEN_HOSTS]
    by_network: dict[str, list[Try]] = {}
    for each in failures(across, found.results):
        by_network.setdefault(each.network, []).append(each)
    for network, left in sorted(by_network.items()):
        every = [each for each in across if each.network == network and reason_of(each, found.results) is not None]
        while left:
            host = _most_concerned(left, found)
            mine = [each for each in left if host in (each.host, each.to_host)]
            left = [each for each in left if host not in (each.host, each.to_host)]
            yield _hop(network, host, mine, every, found)


def _most_concerned(failed: Sequence[Try], found: Findings) -> str:
    """Of those with as many failures, one that is not as planned, or has not answered."""
    counted = collections.Counter(host for each in failed for host in (each.host, each.to_host))
    return max(sorted(counted), key=lambda host: (counted[host], bool(found.drift.get(host)), host in found.silent))


def _hop(network: str, host: str, mine: Sequence[Try], every: Sequence[Try], found: Findings) -> Hop:
    others = dict.fromkeys(each.to_host if each.host == host else each.host for each in mine)
    reasons = dict.fromkeys(str(reason_of(each, found.results)) for each in mine)
    tried = sum(1 for each in every if host in (each.host, each.to_host))
    return Hop(network, host, tuple(sorted(others)), len(mine), tried, tuple(reasons))
