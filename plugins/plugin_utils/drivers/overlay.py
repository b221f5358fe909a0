# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Driver ``overlay``: containers reach each other across hosts, on addresses of their own.

What they have of the network is its mode (``modes/``), and what carries packets between hosts its backend
(``backends/``): a network's driver is what its mode makes of its backend.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.backend import Backend
from ansible_collections.containerhost.network.plugins.plugin_utils.backends import backends
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.modes import modes
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import anti_spoofing, encryption

_DEFAULT = {"mode": "routed", "backend": "vxlan"}


def _default_first(option: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """What there is a file for, as lists name it."""
    return dict(sorted(found.items(), key=lambda item: (item[0] != _DEFAULT[option], item[0])))


_MODES, _BACKENDS = _default_first("mode", modes()), _default_first("backend", backends())
OPTIONS = (
    Option(
        "mode",
        "text",
        "Routed: one slice per host and a route to it; bridged: one layer-2 segment without a gateway.",
        default=_DEFAULT["mode"],
        choices=tuple(_MODES),
    ),
    Option(
        "backend",
        "text",
        "What carries packets between hosts.",
        default=_DEFAULT["backend"],
        choices=tuple(_BACKENDS),
    ),
    Option(
        "port",
        "int",
        "The UDP port that packets between hosts go to.",
        default_note=" or ".join(f"C({each.port}) ({name})" for name, each in _BACKENDS.items() if each.port)
        + ", which is that of C(encrypted), too",
        minimum=1,
        maximum=65535,
        only_with=("backend", tuple(name for name, each in _BACKENDS.items() if each.port)),
    ),
    *(option for each in (*_BACKENDS.values(), *_MODES.values()) for option in each.options),
    anti_spoofing.OPTION,
    Option(
        "direct_routing",
        "bool",
        "Route without encapsulation to hosts on the same segment.",
        default=False,
        only_with=("backend", tuple(name for name, each in _BACKENDS.items() if not each.direct)),
    ),
    encryption.OPTION,
)


def complete(options: Mapping[str, Any]) -> Mapping[str, Any]:
    backend = _backend(options["mode"], options["backend"], options["encrypted"])
    return {**options, "port": options["port"] or backend.port}


def _backend(mode: str, name: str, encrypted: bool) -> Backend:
    """Where only a check says that the two do not go together, it is as if nobody had asked for it."""
    backend = backends()[name]
    return encryption.encrypting(backend) if encrypted and mode == "bridged" and mode in backend.modes else backend


@functools.cache
def _variant(mode: str, backend: str, encrypted: bool) -> Driver:
    return modes()[mode].variant(OVERLAY, _backend(mode, backend, encrypted))


OVERLAY = Driver(
    name="overlay",
    summary="One network across hosts, over their underlay.",
    options=OPTIONS,
    complete=complete,
    spans_hosts=True,
    on_underlay=True,
    variant=lambda spec: _variant(*(spec.options[each] for each in ("mode", "backend", "encrypted"))),
)

DRIVERS = (OVERLAY,)
