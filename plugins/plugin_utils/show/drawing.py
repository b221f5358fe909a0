# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is on which network, as a drawing that others lay out: Mermaid's flowcharts, Graphviz's DOT language. Pure.

Each host is a box with its containers, and with the networks that it has for itself. A network that hosts share stands
between them, and what is published comes from outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver
from ansible_collections.containerhost.network.plugins.plugin_utils.show.show import Holder

OUTSIDE = "outside"


@dataclass(frozen=True)
class Node:
    """``shape`` is one of container, network, outside."""

    id: str
    shape: str
    label: str


@dataclass(frozen=True)
class Edge:
    start: str
    end: str
    label: str
    directed: bool = False


@dataclass
class Drawing:
    """Nodes by the host that has them, None being none, and the lines between them."""

    nodes: dict[str | None, list[Node]] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)


def drawn(found: Sequence[Holder]) -> Drawing:
    """The drawing of these endpoints; a host's own addresses are in the label of its network there."""
    drawing, ids = Drawing(), _Ids()
    if any(each.publish for each in found):
        drawing.nodes.setdefault(None, []).append(Node(ids.of(OUTSIDE), OUTSIDE, OUTSIDE))
    for each in found:
        drawing.nodes.setdefault(each.host, [])
    for (network, host), some in _grouped(found).items():
        own = [address for each in some if not each.container for address in each.addresses]
        label = [network, some[0].driver, *(own if host is not None else ())]
        drawing.nodes.setdefault(host, []).append(Node(ids.of("network", network, host), "network", "\n".join(label)))
    for each in found:
        if each.container:
            _add_container(drawing, ids, each)
    return drawing


def _grouped(found: Iterable[Holder]) -> dict[tuple[str, str | None], list[Holder]]:
    groups: dict[tuple[str, str | None], list[Holder]] = {}
    for each in found:
        groups.setdefault((each.network, _home(each)), []).append(each)
    return groups


def _home(each: Holder) -> str | None:
    """The host that has the network for itself; None for one that hosts share."""
    kind = driver(each.driver)
    return each.host if kind.has_gateway and not kind.spans_hosts else None


def _add_container(drawing: Drawing, ids: _Ids, each: Holder) -> None:
    node, is_new = ids.known("container", each.host, each.container)
    if is_new:
        label = each.container if each.engine in ("", "netns") else f"{each.container}\n{each.engine}"
        drawing.nodes[each.host].append(Node(node, "container", label))
    network = ids.of("network", each.network, _home(each))
    drawing.edges.append(Edge(node, network, "\n".join([each.interface, *each.addresses])))
    if each.publish:
        drawing.edges.append(Edge(ids.of(OUTSIDE), node, "\n".join(each.publish), directed=True))


class _Ids:
    """Names of nodes that no language takes for anything else."""

    def __init__(self) -> None:
        self._known: dict[tuple[str | None, ...], str] = {}

    def of(self, *key: str | None) -> str:
        return self._known.setdefault(key, f"n{len(self._known)}")

    def known(self, *key: str | None) -> tuple[str, bool]:
        """The name, and whether nobody has asked for it before."""
        is_new = key not in self._known
        return self.of(*key), is_new


# -- Mermaid -----------------------------------------------------------------------------------------------------------

_MERMAID = {"container": ('["', '"]'), "network": ('(["', '"])'), OUTSIDE: ('(("', '"))')}


def mermaid(found: Sequence[Holder]) -> str:
    """A flowchart, as forges draw it in Markdown."""
    drawing = drawn(found)
    lines = ["flowchart LR"]
    for number, (host, nodes) in enumerate(drawing.nodes.items()):
        if host is None:
            lines += [f"  {_in_mermaid(node)}" for node in nodes]
        else:
            lines += [f'  subgraph h{number}["{_quoted_mermaid(host)}"]']
            lines += [f"    {_in_mermaid(node)}" for node in nodes]
            lines += ["  end"]
    for edge in drawing.edges:
        arrow = "-->" if edge.directed else "---"
        lines.append(f'  {edge.start} {arrow}|"{_quoted_mermaid(edge.label)}"| {edge.end}')
    return "\n".join(lines) + "\n"


def _in_mermaid(node: Node) -> str:
    before, after = _MERMAID[node.shape]
    return f"{node.id}{before}{_quoted_mermaid(node.label)}{after}"


def _quoted_mermaid(text: str) -> str:
    """Entities as Mermaid has them: a number between ``#`` and ``;``. Letters, digits and a few signs stay."""
    return "".join(
        "<br/>" if sign == "\n" else sign if sign.isalnum() or sign in " .:/_-" else f"#{ord(sign)};" for sign in text
    )


# -- Graphviz ----------------------------------------------------------------------------------------------------------

_DOT = {"container": "box", "network": "ellipse", OUTSIDE: "circle"}


def dot(found: Sequence[Holder]) -> str:
    """A graph of Graphviz's, for ``dot -Tsvg``."""
    return "\n".join(_dot_lines(drawn(found))) + "\n"


def _dot_lines(drawing: Drawing) -> Iterator[str]:
    yield from ("digraph fleet {", "  rankdir=LR;", "  node [fontname=sans];", "  edge [fontname=sans, fontsize=9];")
    for number, (host, nodes) in enumerate(drawing.nodes.items()):
        indent = "  "
        if host is not None:
            yield f"  subgraph cluster_{number} {{"
            indent = "    "
            yield f"{indent}label={_quoted_dot(host)};"
        for node in nodes:
            yield f"{indent}{node.id} [shape={_DOT[node.shape]}, label={_quoted_dot(node.label)}];"
        if host is not None:
            yield "  }"
    for edge in drawing.edges:
        arrow = "" if edge.directed else ", dir=none"
        yield f"  {edge.start} -> {edge.end} [label={_quoted_dot(edge.label)}{arrow}];"
    yield "}"


def _quoted_dot(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
