# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read by people about the program: its manual page, and what a shell completes."""

from __future__ import annotations

# Files of ours begin with it, as far as their format has room for one.
HEADER = "containerhost.network keeps this file; see containerhost(8)"

MANUAL = rf""".\" {HEADER}
.TH CONTAINERHOST 8 "" "containerhost.network" "System Administration"
.SH NAME
containerhost \- keep this host's container networks as the last run has saved them
.SH SYNOPSIS
.B containerhost restore
.RB [ \-\-wait
.IR SECONDS " | " \-\-again ]
.RB [ \-\-json ]
.br
.B containerhost check
.RB [ \-\-json ]
.RB [ \-\-metrics
.IR FOLDER ]
.br
.B containerhost diff
.RB [ \-\-json ]
.br
.B containerhost show
.RB [ \-\-all ]
.RB [ \-\-json ]
.br
.B containerhost attach
.IR NAME ...
.br
.B containerhost version
.RB [ \-\-json ]
.SH DESCRIPTION
A run of the Ansible collection containerhost.network makes this host's container networks as its inventory says, and
leaves their description in
.IR /etc/containerhost/document.json .
This program applies that description again: at boot, when a container starts, when somebody has taken our rules away.
It decides nothing by itself; to change a network, change the inventory and run the playbook.
.SH COMMANDS
.TP
.B restore
Make the host as saved. What cannot be made now, as its parent or its underlay address is not there, keeps nothing else
from being made; with
.B \-\-wait
it is tried again until then, and no engine is asked for its containers, as at boot none of them runs; with
.B \-\-again
none is asked either, and nothing is done before the first restore of a boot, as after a firewall has been restarted.
Prints a line for each object that was changed.
.TP
.B check
Print a line for each object that is not as saved, and change nothing. With
.B \-\-metrics
also write
.I FOLDER/containerhost.prom
for the textfile collector of Prometheus' node_exporter.
.TP
.B diff
Print before and after of what is not as saved, as
.B ansible-playbook --diff
does, and change nothing.
.TP
.B show
Print networks, containers, addresses, published ports and what differs, in a screenful: where there are many
containers, those first that something is the matter with. With
.B \-\-all
print all of them.
.TP
.BI attach " NAME"
Make what a container has that has started:
.I NAME
is its name with its engine, or
.IR ENGINE : NAME .
Its exit status is 1 where the container does not run.
Whoever starts containers in another way than the host's engines calls this afterwards.
.TP
.B version
Print the versions of the program and of the libraries that it uses.
.PP
.BR watch ,
.B hook
and
.B go\-back
are called by services and engine hooks that a run has installed, and by runs themselves.
.SH EXIT STATUS
.TP
.B 0
The host is as saved. A container that does not run is
.IR pending ,
which is no difference.
.TP
.B 1
Something differs, or could not be made.
.TP
.B 2
There is a mistake on the command line.
.TP
.B 3
Nothing could be done: nothing is saved, the saved document is of another version or damaged, a library is missing, or
the caller is not root. A sentence on standard error says which.
.SH JSON
.B check
and
.B show
answer with
.IR host ,
.I date
(seconds since 1970, when the description was last changed),
.I digest
(of the plan that it is part of),
.IR differs ,
.I counts
(added, changed, recreated, removed),
.I diff
(before, after, before_header, after_header of each object),
.I pending
(object, network, sandbox, reason, blocked),
.I networks
(by name: driver, objects, differences, pending),
.I containers
and
.IR ports .
.B restore
answers with
.IR changed ,
.IR counts ,
.IR diff ,
.I pending
and
.IR problems .
.SH FILES
.TP
.I /etc/containerhost/document.json
The saved document. The time of its last change is that of the last run.
.TP
.I /etc/containerhost/installed.json
The files of this list, so that they can be removed again.
.TP
.I /etc/systemd/system/containerhost\-restore.service
Restores at boot, before engines start containers.
.TP
.I /etc/systemd/system/containerhost\-nftables.service, containerhost\-ENGINE.service
Listen for rules that are taken away, and for containers that start.
.TP
.I /run/containerhost/records.json
What borrowed settings were before.
.SH SEE ALSO
.BR ip (8),
.BR nft (8),
.BR systemctl (1)
"""

COMPLETION = f"# {HEADER}\n" + """\
_containerhost()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "restore check diff show attach version" -- "$word")
        return
    fi
    case $before in
        --metrics) mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
        --wait) return ;;
    esac
    case ${COMP_WORDS[1]} in
        restore) mapfile -t COMPREPLY < <(compgen -W "--wait --again --json" -- "$word") ;;
        check) mapfile -t COMPREPLY < <(compgen -W "--json --metrics" -- "$word") ;;
        show) mapfile -t COMPREPLY < <(compgen -W "--all --json" -- "$word") ;;
        diff | version) mapfile -t COMPREPLY < <(compgen -W "--json" -- "$word") ;;
        attach)
            local names saved=/etc/containerhost/document.json
            names=$(sed -n 's/.*"sandbox": {[^}]*"ref": "\\([^"]*\\)".*/\\1/p' "$saved" 2>/dev/null)
            mapfile -t COMPREPLY < <(compgen -W "$names" -- "$word")
            ;;
    esac
}
complete -F _containerhost containerhost
"""
