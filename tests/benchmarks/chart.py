# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time against the number of zones: ``chart.py TIMES.json CHART.png``, with the times that provision.py wrote."""

from __future__ import annotations

import json
import statistics
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot, ticker  # noqa: E402

LINES = {
    "provision": ("authoritative.dns: first provisioning, secondary in sync", "tab:blue", "o-"),
    "record": ("authoritative.dns: one record changed, secondary serves it", "tab:cyan", "s-"),
    "rerun": ("authoritative.dns: nothing to do", "tab:green", "o-"),
    "octodns": ("octodns-sync: zone files written, no server", "tab:orange", "^-"),
    "octodns-rerun": ("octodns-sync: nothing to do", "tab:red", "v-"),
    "loop": ("template task in a loop, no transfer awaited", "tab:gray", "D-"),
}


def main(source: str, target: str) -> None:
    with open(source, encoding="utf-8") as file:
        times = json.load(file)
    medians = {what: {int(number): statistics.median(values) for number, values in series.items()} for what, series in times.items()}
    figure, axes = pyplot.subplots(figsize=(9, 6), layout="constrained")
    for what, (label, color, style) in LINES.items():
        series = sorted(medians.get(what, {}).items())
        if series:
            axes.plot(*zip(*series), style, color=color, label=label)
        if what == "loop" and len(series) > 1:
            (low, first), (high, last) = series[0], series[-1]
            further = [size for size in (1000, 10000) if size > high]
            slope = (last - first) / (high - low)
            axes.plot([high, *further], [last, *(last + slope * (size - high) for size in further)], ":", color=color, label="… extrapolated from there")
    axes.set(xscale="log", yscale="log", xlabel="zones of ten records", ylabel="seconds", title="One primary, one secondary: time against the number of zones")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(ticker.FuncFormatter(lambda value, _position: f"{value:,g}"))
    axes.grid(which="major", alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(target, dpi=120)


if __name__ == "__main__":
    main(*sys.argv[1:])
