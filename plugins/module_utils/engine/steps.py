# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done to a host, as plain values; ``executor`` does it."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink.messages import Message
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.inside_files import FilePlace


class MakeNetns(t.NamedTuple):
    """Make a named namespace whose ``lo`` is up and carries the mark before anybody can see it."""

    name: str
    mark: str

    @property
    def operation(self) -> str:
        return f"make namespace {self.name}"


class BindNetns(t.NamedTuple):
    """Have a name lead to a namespace that is there, by whichever path."""

    name: str
    netns: str

    @property
    def operation(self) -> str:
        return f"make namespace {self.name}"


class DeleteNetns(t.NamedTuple):
    name: str

    @property
    def operation(self) -> str:
        return f"delete namespace {self.name}"


class DeleteLink(t.NamedTuple):
    """Delete a device together with all others that go in the same round."""

    netns: t.Optional[str]
    name: str

    @property
    def operation(self) -> str:
        return f"delete {self.name}"


class ReleaseLink(t.NamedTuple):
    """An owner lets go of a device that several share: the last one takes it along, any other leaves it its mark.

    ``key`` is the object's of kind ``kind``, with the owner as its last word.
    """

    netns: t.Optional[str]
    name: str
    kind: str
    key: t.Tuple[t.Any, ...]
    owner: str

    @property
    def operation(self) -> str:
        return f"release {self.name}"


class WriteSysctl(t.NamedTuple):
    """Write a setting that lives and dies with a device of ours. ``key`` is a path below /proc/sys.

    ``may_miss``: where there is no such setting, the kernel has nothing that it would switch off. ``when_returned``:
    one that somebody has borrowed by then has the value once he gives it back.
    """

    netns: t.Optional[str]
    key: str
    value: str
    may_miss: bool = False
    when_returned: bool = False

    @property
    def operation(self) -> str:
        return f"set {self.key} to {self.value}"


class Borrow(t.NamedTuple):
    """Write a setting that is not ours; what it was is kept until the last owner gives it back.

    ``kind`` is the kind of object that it is borrowed for; ``guard`` names a set of our nftables table and the element
    that stands in it for as long as we hold it. ``others`` is kept with it: who else had such a setting then.
    ``optional``: where the device has gone meanwhile, there is nothing to do.
    """

    netns: t.Optional[str]
    key: str
    value: str
    owner: str
    kind: str
    guard: t.Optional[t.Tuple[str, str]] = None
    others: t.Tuple[str, ...] = ()
    optional: bool = False

    @property
    def operation(self) -> str:
        return f"set {self.key} to {self.value}"


class GiveBack(t.NamedTuple):
    """Restore a setting once nobody holds it. ``keep``: leave it as it is, for others, and hold it no longer."""

    netns: t.Optional[str]
    key: str
    owner: str
    keep: bool = False

    @property
    def operation(self) -> str:
        return f"restore {self.key}"


class NftElement(t.NamedTuple):
    """Add or delete an element of a set or map in our table: ``key`` and ``value`` in nft's own words."""

    netns: t.Optional[str]
    set: str
    key: str
    value: t.Optional[str]
    comment: str
    delete: bool = False

    @property
    def operation(self) -> str:
        return f"{'delete' if self.delete else 'add'} element {self.key} of {self.set}"


class Announce(t.NamedTuple):
    """Tell the segment where these addresses are now."""

    netns: t.Optional[str]
    device: str
    mac: t.Optional[str]
    addresses: t.Tuple[str, ...]

    @property
    def operation(self) -> str:
        return f"announce the addresses of {self.device}"


class Answer(t.NamedTuple):
    """Whoever asks on a device for these addresses, since before they were there, is told their MAC.

    ``interface`` is what has them, in the namespace ``inside``. A kernel that has asked in vain asks again only after
    a second (``retrans_time_ms``, arp(7)), and keeps packets waiting until then.
    """

    netns: t.Optional[str]
    device: str
    mac: str
    addresses: t.Tuple[str, ...]
    inside: t.Optional[str]
    interface: str

    @property
    def operation(self) -> str:
        return f"tell of {self.interface} on {self.device}"


class Record(t.NamedTuple):
    """Remember (owner) or forget (None) whose an object is, where neither it nor its device can say so.

    ``namespace`` is the one that it is made in, if that has to be found again once it was replaced by another.
    """

    kind: str
    key: t.Tuple[t.Any, ...]
    owner: t.Optional[str]
    device: t.Optional[str] = None
    namespace: t.Optional[str] = None

    @property
    def operation(self) -> str:
        return "note the owner"


class WriteFile(t.NamedTuple):
    """Replace a file of ours, or take it away (None), with folders of ours that it is in."""

    path: str
    text: t.Optional[str]
    in_place: bool = False  # it stays the file that it is, as it may be mounted elsewhere

    @property
    def operation(self) -> str:
        return f"{'remove' if self.text is None else 'write'} {self.path}"


class WriteResolv(t.NamedTuple):
    """Write our part of a container's resolv.conf, or take it away (no lines)."""

    path: FilePlace
    owner: str
    lines: t.Tuple[str, ...]

    @property
    def operation(self) -> str:
        return f"write to {self.path}"


class WriteBlock(t.NamedTuple):
    """Write a table's block of a hosts file, or take it away (None). ``owner`` and ``table`` say which it is.

    ``whole``: where there is no file it is made with its first block, and that of ours goes with its last one. Else it
    is there already.
    """

    path: FilePlace
    owner: str
    table: str
    entries: t.Optional[t.Tuple[str, ...]]
    whole: bool

    @property
    def operation(self) -> str:
        return f"{'take names out of' if self.entries is None else 'write names to'} {self.path}"


class DockerRequest(t.NamedTuple):
    """Ask Docker's daemon for a change: a request of its API, with a body in JSON."""

    method: str
    path: str
    body: t.Optional[str]
    verb: str
    netns: t.Optional[str] = None

    @property
    def operation(self) -> str:
        return f"{self.verb} it"


class DockerUserRule(t.NamedTuple):
    """Accept what goes out by a device in Docker's chain for users, where there is one; with ``handle``, no more."""

    family: str
    device: str
    comment: str
    handle: t.Optional[int] = None
    netns: t.Optional[str] = None

    @property
    def operation(self) -> str:
        return f"{'delete' if self.handle else 'add'} a rule for {self.device} in {self.family} filter DOCKER-USER"


class AdaptFirewall(t.NamedTuple):
    """Have these lines (``firewalls.place.Line``) in another firewall's place, and no others for this device.

    None: none at all, nor what they needed.
    """

    place: str
    device: str
    owner: str
    lines: t.Optional[t.Tuple[t.Any, ...]]
    netns: t.Optional[str] = None

    @property
    def operation(self) -> str:
        return f"{'take it out of' if self.lines is None else 'let it pass'} {self.place}"


class EndEngineNetwork(t.NamedTuple):
    """Take the file away by which engines know a network (by CNI, or Podman), unless a container is on it."""

    protocol: str
    name: str
    path: str
    netns: t.Optional[str] = None

    @property
    def operation(self) -> str:
        return "remove it"


class ServeNames(t.NamedTuple):
    """Restart a network's name server, as what it reads has changed; have it read again whom it asks; or end it."""

    name: str
    action: str  # start, reload or stop
    owner: str = ""

    @property
    def operation(self) -> str:
        return f"{self.action} dnsmasq"


class TunnelKey(t.NamedTuple):
    """Have a file with a private key of ours, made on this host where there is none; ``owner`` None: take it away.

    No step has a key in it, so that none is shown wherever steps are.
    """

    name: str
    owner: t.Optional[str]

    @property
    def operation(self) -> str:
        return "remove the key" if self.owner is None else "write the key"


class StartTunnel(t.NamedTuple):
    """Start wireguard-go, which makes the device and ends with it."""

    name: str

    @property
    def operation(self) -> str:
        return "start wireguard-go"


class SetTunnel(t.NamedTuple):
    """Give a WireGuard device its UDP port, and its key by the name of that.

    ``begin``: it has lost what it had of its peers, so handshakes are begun with them.
    """

    netns: t.Optional[str]
    name: str
    port: int
    key: str
    begin: bool = False

    @property
    def operation(self) -> str:
        return f"set port and key of {self.name}"


class SetPeer(t.NamedTuple):
    """Have a WireGuard device know a peer as it is said here, and not otherwise; or no more.

    ``begin``: it may know this host from before, so a handshake is begun.
    """

    netns: t.Optional[str]
    device: str
    public_key: str
    endpoint: t.Optional[str] = None
    allowed_ips: t.Tuple[str, ...] = ()
    keepalive: int = 0
    delete: bool = False
    begin: bool = False

    @property
    def operation(self) -> str:
        return f"{'remove' if self.delete else 'set'} the peer"


Step = t.Union[
    Message,
    MakeNetns,
    BindNetns,
    DeleteNetns,
    DeleteLink,
    ReleaseLink,
    WriteSysctl,
    Borrow,
    GiveBack,
    NftElement,
    Announce,
    Answer,
    Record,
    WriteFile,
    WriteResolv,
    WriteBlock,
    DockerRequest,
    DockerUserRule,
    AdaptFirewall,
    EndEngineNetwork,
    ServeNames,
    TunnelKey,
    StartTunnel,
    SetTunnel,
    SetPeer,
]
