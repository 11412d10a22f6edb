"""The results as pictures: dots are runs, bars are medians."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

_OURS, _OTHERS, _GOAL = "#1f6feb", "#8c959f", "#cf222e"
mpl.rcParams.update({"svg.hashsalt": "bench", "font.size": 10, "svg.fonttype": "path"})


def draw(results: dict[str, Any], folder: Path) -> None:
    """Write every picture."""
    a = results["a"]
    _bars(
        {name: [run.ratio for run in runs] for name, runs in a.items()},
        "Makespan over its lower bound",
        (1.05, "goal"),
        folder / "bench-makespan.svg",
        axis=(1.0, 1.3),
    )
    loop = statistics.median(run.poll_loop for runs in a.values() for run in runs)
    _bars(
        {name: [run.requests for run in runs] for name, runs in a.items()},
        "Requests a job, all in (a look every 30 s makes the line)",
        (loop, "30 s poll loop"),
        folder / "bench-requests.svg",
    )
    _policies(results["policies"], folder / "bench-policies.svg")
    _memory(results["memory"], folder / "bench-memory.svg")


def _bars(
    rows: dict[str, list[float]],
    title: str,
    line: tuple[float, str],
    path: Path,
    axis: tuple[float, float] | None = None,
) -> None:
    """Draw a bar for each row; one that is longer than the axis runs out of it."""
    start, end = axis or (0.0, max(max(runs) for runs in rows.values()))
    names = sorted(rows, key=lambda name: -statistics.median(rows[name]))
    figure, axes = plt.subplots(figsize=(9, 0.45 * len(names) + 1.3))
    for place, name in enumerate(names):
        middle = statistics.median(rows[name])
        color = _OURS if " up" in name else _OTHERS
        axes.barh(place, middle - start, left=start, color=color, height=0.6)
        axes.scatter(rows[name], [place] * len(rows[name]), color="black", s=8, zorder=3)
        axes.text(min(end, max(rows[name])), place, f"  {middle:.4g}", va="center")
    axes.axvline(line[0], color=_GOAL, linewidth=1)
    axes.text(line[0], len(names) - 0.4, f" {line[1]}", color=_GOAL, va="bottom")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlim(start, end + (end - start) / 10)
    axes.set_title(title, loc="left", pad=18)
    _save(figure, axes, path)


def _policies(rows: dict[str, list[float]], path: Path) -> None:
    names = list(rows)[::-1]
    figure, axes = plt.subplots(figsize=(9, 3.2))
    axes.boxplot([rows[name] for name in names], vert=False, whis=(5, 95), showfliers=False)
    axes.set_yticks(range(1, len(names) + 1), names)
    axes.set_title("Makespan over its lower bound, 200 seeds (5 to 95 %)", loc="left")
    _save(figure, axes, path)


def _memory(hours: list[tuple[float, float]], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(9, 2.6))
    axes.plot([hour for hour, _ in hours], [kilobytes for _, kilobytes in hours], color=_OURS)
    axes.set_ylim(0)
    axes.set_xlabel("hours of waiting")
    axes.set_title("What a runner holds, in KB, while it waits for five jobs", loc="left")
    _save(figure, axes, path)


def _save(figure: Any, axes: Any, path: Path) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None}, facecolor="white")
    plt.close(figure)
