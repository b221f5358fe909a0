# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a name server, dnsmasq(8), for one network: as text, and understood again.

Names are the table's, in a folder that dnsmasq watches: a new one is answered without a word to it. What is asked of
whom else is a file that it reads again on SIGHUP; all the rest needs a new process.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Values
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import PREFIX, owner_of
from ansible_collections.containerhost.network.plugins.module_utils.state.naming.names import FOLDER

_HEADER = "# written by containerhost.network: what is changed here is lost"
# Where nobody else is asked, dnsmasq answers that it refuses to (REFUSED).
_SETTINGS = """port=53
bind-dynamic
except-interface=lo
no-hosts
domain-needed
dns-forward-max=1024
"""


def config_path(name: str) -> str:
    return f"{FOLDER}/{name}.conf"


def servers_path(name: str) -> str:
    return f"{FOLDER}/{name}.servers"


def pid_path(name: str) -> str:
    return f"{FOLDER}/{name}.pid"


def unit_of(name: str) -> str:
    return f"containerhost-names-{name}.service"


def config(values: Values, owner: str) -> str:
    """Bound to the addresses of the network's device, and deaf to what comes by another (dnsmasq(8), bind-dynamic)."""
    name = values["name"]
    lines = [_HEADER, f"# {PREFIX}{owner}", f"interface={values['device']}", *_SETTINGS.split()]
    lines += [f"hostsdir={FOLDER}/{values['table']}", f"servers-file={servers_path(name)}"]
    lines += [f"pid-file={pid_path(name)}"]
    return "".join(f"{line}\n" for line in lines + (["no-resolv"] if values.get("servers") is not None else []))


def servers(values: Values) -> str:
    """Domains and networks that are answered from the table alone, and who is asked for all others."""
    lines = [f"server=/{each}/" for each in values["local"]]
    lines += [f"rev-server={each}" for each in values["reverse"]]
    lines += [f"server={each}" for each in values.get("servers") or ()]
    return "".join(f"{line}\n" for line in [_HEADER, *lines])


def unit(name: str, owner: str, program: str) -> str:
    return f"""# {PREFIX}{owner}
[Unit]
Description=Names of containers on {name}
Documentation=man:dnsmasq(8)
StartLimitIntervalSec=0

[Service]
Type=forking
PIDFile={pid_path(name)}
ExecStart={program} --conf-file={config_path(name)}
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=1
ProtectSystem=full
ProtectHome=yes
PrivateTmp=yes
"""


def read(name: str, config_text: str, servers_text: str) -> tuple[str | None, Values]:
    """Whose it is, and its options; of a text that somebody has changed, as far as they can be found."""
    lines = config_text.splitlines()
    owner = next((owner_of(line[2:]) for line in lines if line.startswith(f"# {PREFIX}")), None)
    own = dict(re.findall(r"^([a-z-]+)=(.*)$", config_text, re.MULTILINE))
    rows = servers_text.splitlines()
    asked = [row[len("server=") :] for row in rows if row.startswith("server=") and not row.startswith("server=/")]
    return owner, {
        "name": name,
        "device": own.get("interface"),
        "table": own.get("hostsdir", "").rpartition("/")[2],
        "servers": asked if "no-resolv" in lines else None,
        "local": [row[len("server=/") : -1] for row in rows if row.startswith("server=/")],
        "reverse": [row[len("rev-server=") :] for row in rows if row.startswith("rev-server=")],
    }


def is_process_of(name: str, cmdline: t.Sequence[str]) -> bool:
    """Is a process with these words the name server's? A program that root's rights are asked of has more of them."""
    return [word for word in cmdline[1:] if word] == [f"--conf-file={config_path(name)}"]
