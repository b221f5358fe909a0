# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker's own networks, by the API of its daemon, and its chain for rules of users."""

from __future__ import annotations

import json
import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.engines import local_api
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import read_text
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.foreign_chains import Place, Rows

_SOCKET = "/run/docker.sock"
_PID_FILE = "/run/docker.pid"
# The families that Docker filters, as nftables calls them, in tables called "filter".
FAMILIES = ("ip", "ip6")
USERS = "DOCKER-USER"


class Unanswered(OSError):
    """The daemon does not run, or gives no answer, in a sentence."""


class UserRule(t.NamedTuple):
    """A rule of its chain for users: what goes out by ``device`` is accepted."""

    family: str
    handle: int
    device: str
    comment: str


def is_running() -> bool:
    """Does the daemon run? Asking its socket could start it, which at boot would wait for who asks."""
    if "DOCKER_HOST" in os.environ:
        return True
    try:
        return os.path.exists(f"/proc/{int(read_text(_PID_FILE))}")
    except (OSError, ValueError):
        return False


def socket_path() -> str:
    """Where its daemon listens. Raises Unanswered where that is not on this host."""
    place = os.environ.get("DOCKER_HOST", f"unix://{_SOCKET}")
    if not place.startswith("unix://"):
        raise Unanswered(f"docker is asked on its local socket only (DOCKER_HOST is {place})")
    return place[len("unix://") :]


def request(method: str, path: str, body: str | None = None) -> t.Any:
    """What the daemon answers. Raises Unanswered, also with what it refuses, in its words."""
    place = socket_path()
    asking = local_api.connection(place)
    try:
        asking.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = asking.getresponse()
        content = json.loads(answer.read() or b"null")
    except (OSError, ValueError, local_api.http_errors()) as error:
        raise Unanswered(f"docker does not answer at {place} ({getattr(error, 'strerror', None) or error})") from error
    finally:
        asking.close()
    if answer.status >= 400:
        told = content.get("message") if isinstance(content, dict) else None
        raise Unanswered(str(told or f"docker answers {answer.status}"))
    return content


def networks() -> list[dict[str, t.Any]]:
    """All of the daemon's networks, as its API describes them. Raises Unanswered."""
    found = request("GET", "/networks")
    if not isinstance(found, list):
        raise Unanswered(f"docker does not list its networks, but says {found!r}")
    return [each for each in found if isinstance(each, dict)]


def containers_on(network: str) -> list[str]:
    """Names of the containers on a network, by its id. Raises Unanswered."""
    found = request("GET", f"/networks/{network}")
    rows = (found.get("Containers") or {}) if isinstance(found, dict) else {}
    return sorted(str(each.get("Name")) for each in rows.values())


def still_on(network: str) -> str | None:
    """Why a network cannot go, in words; None where no container is on it. Raises Unanswered."""
    names = containers_on(network)
    if not names:
        return None
    return f"containers of Docker are on it ({', '.join(names)}): disconnect or remove them, then run again"


def user_rules(chain: t.Callable[[Place], Rows | None]) -> tuple[list[str], list[UserRule]]:
    """The families that have the chain, and those of its rules that accept what goes out by a device.

    ``chain`` lists the rules of one, in the host's own namespace.
    """
    there, rules = [], []
    for family in FAMILIES:
        rows = chain((family, "filter", USERS))
        if rows is not None:
            there.append(family)
            rules += [rule for each in rows for rule in _accepting(family, each)]
    return there, rules


def _accepting(family: str, row: t.Mapping[str, t.Any]) -> t.Iterator[UserRule]:
    matches = [each["match"] for each in row["expr"] if "match" in each]
    if len(matches) == 1 and any("accept" in each for each in row["expr"]):
        left, right = matches[0].get("left"), matches[0].get("right")
        if left == {"meta": {"key": "oifname"}} and isinstance(right, str):
            yield UserRule(family, row["handle"], right, row.get("comment", ""))
