# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Published ports of SCTP, which a build machine's kernel may lack: every form of them answers everybody."""

from __future__ import annotations

from ansible_collections.containerhost.network.tests.integration.document.matrix import (
    AT_LATER,
    FROM,
    calls_to,
    made,
    unanswered,
)
from ansible_collections.containerhost.network.tests.integration.document.town import HOST4, HOST6, Town

SCTP = ("sctp",)


def test_every_form_answers_everybody(host):
    town = Town(host)
    try:
        made(town, SCTP)
        for where in FROM.values():
            assert unanswered(town, where, calls_to(HOST4, HOST6, protocols=SCTP), 5) == [], where
        forms = ("a port", "an equal range", "a shifted range")
        assert unanswered(town, None, calls_to("127.0.0.1", protocols=SCTP, forms=forms), 5) == []
        later = ("198.18.0.77", "fd00:18::77")
        host.run("ip", "addr", "add", f"{later[0]}/24", "dev", "eth0")
        host.run("ip", "-6", "addr", "add", f"{later[1]}/64", "dev", "eth0", "nodad")
        assert unanswered(town, "outside", calls_to(*later, protocols=SCTP, forms=AT_LATER), 5) == []
        others = [("sctp", address, port) for port in (7010, 7200) for address in (HOST4, HOST6)]
        assert unanswered(town, "outside", others, 1) == others
    finally:
        town.end()
