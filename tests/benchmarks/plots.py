"""Draws the figures of the benchmarks, as SVG that is readable on light and on dark pages."""

from __future__ import annotations

import typing as t
from bisect import bisect_right

import matplotlib as mpl

if t.TYPE_CHECKING:
    from pathlib import Path

GREY = "#7d8590"
COLOURS = ["#3b82f6", "#d97706", "#16a34a", "#a855f7", "#e11d48", "#0891b2"]
STYLE = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "axes.prop_cycle": mpl.cycler(color=COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": GREY,
    "axes.titlesize": 11,
    "font.size": 10,
    "grid.alpha": 0.25,
    "grid.color": GREY,
    "legend.frameon": False,
    "legend.labelcolor": GREY,
    "savefig.transparent": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "the same file for the same figures",
    "text.color": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
}
IMPORTS_PER_MINUTE = 100
SECONDS_A_STEP = 5


def draw_all(figures: dict[str, dict[str, t.Any]], folder: Path) -> None:
    """Draw every plot that has figures.

    Args:
        figures: Script to the figures that it wrote as JSON.
        folder: Takes `throughput.svg`, `memory.svg` and `cost.svg`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mpl.use("svg")
    with mpl.rc_context(STYLE):
        if "full_run" in figures:
            draw_throughput(figures["full_run"], folder / "throughput.svg")
        if "memory" in figures:
            draw_memory(figures["memory"], folder / "memory.svg")
        if "cpu_path" in figures:
            draw_cost(figures["cpu_path"], folder / "cost.svg")


def draw_throughput(figures: dict[str, t.Any], path: Path) -> None:
    """Draw the imports of the last minute over the run, in time of the service and as it counts them."""
    moments = figures["series"]["import_moments"]
    ends = range(0, int(moments[-1]), SECONDS_A_STEP)
    taken = [bisect_right(moments, end) - bisect_right(moments, end - 60) for end in ends]
    figure, axes = new_figure(1)
    axes[0].plot([end / 60 for end in ends], taken, label="imports that were taken")
    axes[0].axhline(IMPORTS_PER_MINUTE, color=GREY, linestyle="--", label="the importer's limit")
    axes[0].set(
        title="Throughput against the ceiling",
        xlabel="minutes of the service",
        ylabel="imports in the last minute",
        ylim=(0, 115),
    )
    axes[0].legend(loc="lower right")
    save(figure, path)


def draw_memory(figures: dict[str, t.Any], path: Path) -> None:
    """Draw the memory of each run over the share of its time, since their lengths differ."""
    figure, axes = new_figure(1)
    for run in figures["runs"]:
        contacts = "" if run["mode"] == "stuck" else f", {run['contacts'] / 1e6:g} million"
        shares = [100 * seconds / run["seconds"] for seconds, _ in run["samples"]]
        resident = [number / 1e6 for _, number in run["samples"]]
        axes[0].plot(shares, resident, label=f"{run['mode']}{contacts}", linewidth=1.2)
    axes[0].axhline(150, color=GREY, linestyle="--", label="goal")
    axes[0].set(title="Memory over a run", xlabel="% of the run's time", ylabel="MB resident")
    axes[0].set_ylim(bottom=0)
    axes[0].legend(loc="lower right", ncols=2)
    save(figure, path)


def draw_cost(figures: dict[str, t.Any], path: Path) -> None:
    """Draw the processor time a record, of each contender and of each step."""
    figure, axes = new_figure(2)
    bars = {"A record, in all": figures["microseconds"], "Our steps, each alone": figures["steps"]}
    for place, (title, costs) in zip(axes, bars.items(), strict=True):
        names = list(costs)[::-1]
        drawn = place.barh(names, [costs[name] for name in names], color=COLOURS[0])
        place.bar_label(drawn, fmt="%.1f", padding=3, color=GREY)
        place.set(title=title, xlabel="microseconds of processor time")
        place.margins(x=0.15)
        place.grid(visible=False, axis="y")
    save(figure, path)


def new_figure(plots: int) -> tuple[t.Any, list[t.Any]]:
    """Return a figure with plots beside each other."""
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after `mpl.use`

    figure, axes = plt.subplots(1, plots, figsize=(8 if plots == 1 else 10, 3.4), squeeze=False)
    for place in axes[0]:
        place.grid(visible=True)
        place.set_axisbelow(True)
    return figure, list(axes[0])


def save(figure: t.Any, path: Path) -> None:  # noqa: ANN401 - no stubs for our oldest Python
    """Write a file without the time at which it was made."""
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None, "Creator": None})
