# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that compares what a VXLAN has of others with what is asked for, by ``ip -j`` and ``bridge -j``."""

from __future__ import annotations

import json

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(
        argument_spec={"document": {"type": "dict"}, "remove": {"type": "list", "elements": "str"}},
        supports_check_mode=True,
    )
    document = module.params["document"]
    device = document["vxlan"][0]["name"]

    def ask(*words: str) -> list[dict]:
        return json.loads(module.run_command(list(words), check_rc=True)[1])

    routes = {
        (row["dst"] if "/" in row["dst"] else f"{row['dst']}/32", row["gateway"], row["metric"])
        for row in (ask("ip", "-j", "route", "show", "dev", device) if "route" in document else ())
        if "gateway" in row
    }
    where = document["neighbour"][0]["device"]
    neighbours = {(row["dst"], row["lladdr"]) for row in ask("ip", "-j", "neigh", "show", "dev", where)}
    fdb = {
        (row["mac"], row.get("dst"))
        for row in ask("bridge", "-j", "fdb", "show", "dev", device)
        if "dst" in row or row["state"] == "static"
    }
    wanted = (
        {(row["dst"], row["via"], row["metric"]) for row in document.get("route", ())},
        {(row["address"], row["lladdr"]) for row in document["neighbour"]},
        {(row["lladdr"], row.get("dst")) for row in document["vxlan_fdb"]},
    )
    found = (routes, neighbours, fdb)
    missing = [len(one - other) for one, other in zip(wanted, found, strict=True)]
    extra = [len(other - one) for one, other in zip(wanted, found, strict=True)]
    module.exit_json(changed=any(missing) or any(extra), missing=missing, extra=extra)


if __name__ == "__main__":
    main()
