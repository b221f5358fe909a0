# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: probe
short_description: Who reaches whom, from inside containers
version_added: 0.1.0
description:
  - Sends echo requests, opens TCP connections, and sends UDP datagrams and SCTP's INIT from inside sandboxes of this
    host, many at a time, and says what came back. Changes nothing.
  - Used by the playbook C(containerhost.network.verify).
options:
  probes:
    description:
      - What to try.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What the result is called.
        type: str
        required: true
      kind:
        description:
          - An echo request, a TCP connection, a UDP datagram that is to be sent back, or the beginning of an SCTP
            association.
          - V(route) sends nothing, and looks whether the host, or a container, leads there by the device that it
            should. V(handshake) looks whether there has been one with the other end of a WireGuard tunnel lately.
            V(devices) looks at devices of the host for what somebody else has put there that drops packets. All of them
            need O(probes[].by).
        type: str
        choices: [ping, tcp, udp, sctp, route, handshake, devices]
        default: ping
      sandbox:
        description: The sandbox to send from, as C(engine) and C(ref). Without it, the host itself.
        type: dict
      to:
        description: The address to reach.
        type: str
        required: true
      port:
        description: The port to connect to.
        type: int
        default: 0
      size:
        description:
          - The size of the whole packet in bytes, sent with DF set. Without it, the packet is small.
        type: int
        default: 0
      by:
        description:
          - The device that leads there, or an address of the host's which is on that device; the tunnel's device;
            devices, separated by spaces.
        type: str
        default: ""
        version_added: 0.2.0
      tries:
        description:
          - How often to try at most, a second each. Without it, three times.
        type: int
        version_added: 0.2.0
  listeners:
    description:
      - Where to answer for a while, if nobody else does.
    type: list
    elements: dict
    default: []
    suboptions:
      sandbox:
        description: The sandbox, as C(engine) and C(ref).
        type: dict
        required: true
      address:
        description: The address to listen on.
        type: str
        required: true
      port:
        description: The port to listen on.
        type: int
        required: true
      protocol:
        description: The protocol.
        type: str
        choices: [tcp, udp, sctp]
        default: tcp
  seconds:
    description:
      - How long listeners stay, at the most.
    type: float
    default: 60
  stop:
    description:
      - The process of listeners that were started before, to be ended now.
    type: int
extends_documentation_fragment:
  - containerhost.network.attributes.info
requirements:
  - pyroute2 0.7.2 or newer
author:
  - containerhost.network contributors (@containerhost)
"""

EXAMPLES = r"""
- name: The container shop reaches its gateway with full packets
  containerhost.network.probe:
    probes:
      - name: gateway
        sandbox: {engine: netns, ref: shop}
        to: 10.80.1.1
        size: 1500
"""

RETURN = r"""
outcomes:
  description: For each probe, by name, how long the answer took in milliseconds, or why there was none.
  returned: success
  type: dict
  sample: {"gateway": {"ms": 0.08, "reason": ""}}
listener:
  description: The process that answers, if any.
  returned: success
  type: int
answering:
  description: What it answers, as protocol, address and port.
  returned: success
  type: list
  elements: str
  sample: ["tcp 10.80.1.2 80"]
answered:
  description: What of O(listeners) somebody else answers already.
  returned: success
  type: list
  elements: str
own:
  description: The address that the host sends from to the outside, by IP version.
  returned: success
  type: dict
  sample: {"4": "192.0.2.11"}
interfaces:
  description: The addresses of the host's interfaces that are not ours, by interface.
  returned: success
  type: dict
  sample: {"eth0": ["192.0.2.11"]}
neighbours:
  description:
    - The kernel's tables of neighbours by family, with their C(setting), C(limit), number of C(entries), and how often
      since the boot one had no room (C(overflows)).
    - Empty in a host that has not the kernel's first network namespace.
  returned: success
  type: dict
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

import os
import signal

from ansible_collections.containerhost.network.plugins.module_utils import answering, host_lookups, probing
from ansible_collections.containerhost.network.plugins.module_utils.module import HostModule, kernel_for
from ansible_collections.containerhost.network.plugins.module_utils.probe_kinds import KINDS, Probe
from ansible_collections.containerhost.network.plugins.module_utils.state import neighbour_tables

_PROBE = {
    "name": {"type": "str", "required": True},
    "kind": {"type": "str", "choices": [*KINDS, *host_lookups.LOOKUPS], "default": "ping"},
    "sandbox": {"type": "dict"},
    "to": {"type": "str", "required": True},
    "port": {"type": "int", "default": 0},
    "size": {"type": "int", "default": 0},
    "by": {"type": "str", "default": ""},
    "tries": {"type": "int"},
}
_LISTENER = {
    "sandbox": {"type": "dict", "required": True},
    "address": {"type": "str", "required": True},
    "port": {"type": "int", "required": True},
    "protocol": {"type": "str", "choices": ["tcp", "udp", "sctp"], "default": "tcp"},
}


def main() -> None:
    module = HostModule(
        argument_spec={
            "probes": {"type": "list", "elements": "dict", "default": [], "options": _PROBE},
            "listeners": {"type": "list", "elements": "dict", "default": [], "options": _LISTENER},
            "seconds": {"type": "float", "default": 60},
            "stop": {"type": "int"},
        },
        supports_check_mode=True,
    )
    params = module.params
    with kernel_for(module, alone=False) as kernel:
        if params["stop"]:
            _end(params["stop"])
        kernel.sandboxes.expect(each["sandbox"] for each in (*params["probes"], *params["listeners"]))
        listeners = [answering.Listener(**listener) for listener in params["listeners"]]
        listening = answering.listen(kernel.wire, listeners, params["seconds"])
        probes = [Probe(**probe) for probe in params["probes"]]
        done = probing.run(kernel.wire, [each for each in probes if each.kind in KINDS])
        # Last: what was sent has had a tunnel shake hands, if it can.
        done += host_lookups.look(kernel, [each for each in probes if each.kind not in KINDS])
        module.exit_json(
            changed=False,
            outcomes={outcome.name: {"ms": outcome.ms, "reason": outcome.reason} for outcome in done},
            listener=listening.pid,
            answering=listening.ours,
            answered=listening.others,
            own=probing.own_addresses(kernel.wire),
            interfaces=probing.interface_addresses(kernel),
            neighbours={family: table._asdict() for family, table in neighbour_tables.read().items()},
            invocation={"module_args": {}},
        )


def _end(pid: int) -> None:
    """End listeners of ours, if that process is them: they lead a session of their own."""
    try:
        if os.getsid(pid) == pid:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    main()
