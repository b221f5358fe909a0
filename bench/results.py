# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came out: a row for each target, as a table for people and as data for machines."""

from __future__ import annotations

import dataclasses
import json
import statistics
import typing as t

if t.TYPE_CHECKING:
    from bench.harness import Sample

# In a quick run, which measures less and less often, a ratio fails when it is off by this factor.
QUICK_FACTOR = 2.0


@dataclasses.dataclass
class Row:
    """One line of the table: ours against a peer's.

    ``at_most`` and ``at_least`` bound ``ratio``, which is ours ÷ peer, or peer ÷ ours where ``speedup``: "3 times
    faster". A row without a bound is there for the reader. ``missing`` says why there is no peer.
    """

    name: str
    peer_name: str
    ours: list[float] = dataclasses.field(default_factory=list)
    peer: list[float] = dataclasses.field(default_factory=list)
    ours_cpu: list[float] = dataclasses.field(default_factory=list)
    peer_cpu: list[float] = dataclasses.field(default_factory=list)
    unit: str = "s"
    at_most: float | None = None
    at_least: float | None = None
    speedup: bool = False
    missing: str | None = None
    note: str = ""

    def add(self, ours: Sample | None = None, peer: Sample | None = None) -> None:
        for sample, wall, cpu in ((ours, self.ours, self.ours_cpu), (peer, self.peer, self.peer_cpu)):
            if sample is not None:
                wall.append(sample.wall)
                cpu.append(sample.cpu)

    def joined(self, other: Row) -> Row:
        """The same row with another run's measurements as well."""
        lists = ("ours", "peer", "ours_cpu", "peer_cpu")
        return dataclasses.replace(self, **{name: [*getattr(self, name), *getattr(other, name)] for name in lists})

    @property
    def ratio(self) -> float | None:
        return self._ratio(self.ours, self.peer)

    @property
    def cpu_ratio(self) -> float | None:
        return self._ratio(self.ours_cpu, self.peer_cpu)

    def _ratio(self, ours: t.Sequence[float], peer: t.Sequence[float]) -> float | None:
        if not ours or not peer:
            return None
        one, other = statistics.median(ours), statistics.median(peer)
        if self.speedup:
            one, other = other, one
        return one / other if other else None

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return f"≥ {self.at_least:g}" if self.at_least is not None else "–"

    def met(self, factor: float = 1.0) -> bool | None:
        """None where there is no target, or nothing to compare with."""
        if self.ratio is None or (self.at_most is None and self.at_least is None):
            return None
        if self.at_most is not None:
            return self.ratio <= self.at_most * factor
        return self.ratio >= t.cast(float, self.at_least) / factor

    def as_data(self) -> dict[str, t.Any]:
        return {
            "name": self.name,
            "ours": _median(self.ours),
            "peer": _median(self.peer),
            "ratio": self.ratio,
            "target": self.target,
            "met": self.met(),
            "peer_name": self.peer_name,
            "unit": self.unit,
            "runs": [len(self.ours), len(self.peer)],
            "ours_cpu": _median(self.ours_cpu),
            "peer_cpu": _median(self.peer_cpu),
            "cpu_ratio": self.cpu_ratio,
            "missing": self.missing,
            "note": self.note,
        }


def _median(values: t.Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def _number(value: float | None, unit: str = "") -> str:
    if value is None:
        return "–"
    digits = 0 if value >= 1000 else 1 if value >= 100 else 2 if value >= 10 else 3
    return f"{value:.{digits}f}" + (f" {unit}" if unit else "")


def table(rows: t.Sequence[Row], about: t.Sequence[str]) -> str:
    lines = ["# What was measured", "", *[f"- {line}" for line in about], ""]
    lines.append("| work | ours | peer | | ratio | target | met | processor time: ours | peer | ratio | runs |")
    lines.append("|---|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        met = {True: "yes", False: "**no**", None: "–"}[row.met()]
        peer = f"missing: {row.missing}" if row.missing else _number(_median(row.peer), row.unit)
        cells = [
            row.name + (f" ({row.note})" if row.note else ""),
            _number(_median(row.ours), row.unit),
            peer,
            row.peer_name,
            _number(row.ratio),
            row.target,
            met,
            _number(_median(row.ours_cpu), "s") if row.ours_cpu else "–",
            _number(_median(row.peer_cpu), "s") if row.peer_cpu else "–",
            _number(row.cpu_ratio),
            f"{len(row.ours)}/{len(row.peer)}",
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def data(rows: t.Sequence[Row]) -> str:
    return json.dumps([row.as_data() for row in rows], indent=1, ensure_ascii=False) + "\n"
