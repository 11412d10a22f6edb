"""The results as tables in docs/performance.md, and as pictures beside them."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bench.contenders import ROOT
from bench.engine import BARE, FULL, OURS
from bench.figures import Figures
from bench.pictures import draw
from bench.planning import PlanFigures

_PAGE = ROOT / "docs" / "performance.md"
_BEGIN, _END = "<!-- figures: written by make bench -->", "<!-- end of figures -->"


def write(results: dict[str, Any]) -> None:
    """Replace the page's figures and pictures."""
    text = _PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    figures = "\n\n".join(_sections(results))
    _PAGE.write_text(f"{before}{_BEGIN}\n\n{figures}\n\n{_END}{after}", encoding="utf-8")
    draw(results, ROOT / "docs" / "pictures")


def _sections(results: dict[str, Any]) -> Iterator[str]:
    many, speed = results["seeds"], results["speed"]
    yield f"### A: twelve products, {many} seeds, {os.cpu_count()} cores, {speed:g} times real time"
    yield _pipelines(results["a"])
    yield "![The makespan of each way over its lower bound](pictures/bench-makespan.svg)"
    yield "![The requests that each way sends for a job](pictures/bench-requests.svg)"
    yield f"### A once more, {results['slower']:g} times real time"
    yield _pipelines(results["a slower"])
    yield "### B: one product, one job of four hours"
    yield _pipelines(results["b"])
    yield "### The policy of the slot queue: 200 seeds of A, on paper"
    yield _policies(results["policies"])
    yield "![The spread of each policy](pictures/bench-policies.svg)"
    yield "### C: planning what is done, over a history of 10,000 jobs"
    yield _plans(results["plans"])
    yield "### D: `pulumi up` with 1,000 steps and nothing to do"
    yield _engine(results.get("engine"))
    yield "### Starting and waiting"
    yield _costs(results)
    yield "![What a runner holds while it waits for a day](pictures/bench-memory.svg)"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _spread(values: Sequence[float], form: str = "{:.2f}") -> str:
    """Say a median, and from where to where the values go."""
    low, middle, high = (form.format(f(values)) for f in (min, statistics.median, max))
    return middle if low == high else f"{middle} ({low} to {high})"


def _percent(values: Sequence[float]) -> str:
    return _spread([100 * value for value in values], "{:.1f}") + " %"


def _pipelines(rows: dict[str, list[Figures]]) -> str:
    head = ["", "makespan over bound", "slots idle", "end known late: median", "worst"]
    head += ["requests a job", "of the poll loop's"]
    lines = []
    for name, runs in sorted(rows.items(), key=lambda row: _ratio(row[1])):
        lines.append(
            [
                name,
                _spread([run.ratio for run in runs], "{:.3f}"),
                _percent([run.idle for run in runs]),
                _percent([run.late_median for run in runs]),
                _percent([run.late_worst for run in runs]),
                _spread([run.requests for run in runs], "{:.1f}"),
                _spread([run.requests / run.poll_loop for run in runs]),
            ]
        )
    return _table(head, lines)


def _ratio(runs: Sequence[Figures]) -> float:
    return statistics.median(run.ratio for run in runs)


def _policies(rows: dict[str, list[float]]) -> str:
    head = ["first in the queue", "median", "9 in 10 within", "worst"]
    lines = [
        [name, *(f"{ratio:.3f}" for ratio in (statistics.median(v), _ninetieth(v), max(v)))]
        for name, v in rows.items()
    ]
    return _table(head, lines)


def _ninetieth(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=10)[-1]


def _plans(plans: Sequence[PlanFigures]) -> str:
    head = ["", "new jobs", "requests", "at most", "CPU", "memory"]
    lines = [
        [
            plan.name,
            f"{plan.new:,}",
            str(plan.requests),
            f"{plan.limit:.0f}",
            f"{plan.cost.cpu:.2f} s",
            f"{plan.cost.megabytes:.0f} MB",
        ]
        for plan in plans
    ]
    return _table(head, lines)


def _engine(idle: Any) -> str:
    if idle is None:
        return "Not measured in this run: the Pulumi CLI was not on PATH."
    head = ["program", "seconds", "ours takes more by", "bytes a resource", "of these stack trace"]
    lines = [
        [
            name,
            _spread(idle.seconds[name], "{:.1f}"),
            "" if name == OURS else f"{100 * idle.over(name):.0f} %",
            f"{idle.bytes[name]['all']:,.0f}",
            f"{idle.bytes[name]['stackTrace']:,.0f}",
        ]
        for name in (OURS, BARE, FULL)
    ]
    return _table(head, lines)


def _costs(results: dict[str, Any]) -> str:
    starts, idle, memory = results["starts"], results["idle"], results["memory"]
    at = {round(hour): kilobytes for hour, kilobytes in memory}
    nothing = 1000 * statistics.median(starts.nothing)
    lines = [
        ["`python -c pass`, CPU", f"{nothing:.1f} ms"],
        ["`tamr --help`, CPU over that", f"{starts.over(starts.help):.1f} times"],
        [
            f"`tamr plan` of 10 steps ({starts.plan_requests} request), CPU over that",
            f"{starts.over(starts.plan):.1f} times",
        ],
        ["waiting without a terminal, share of a core", f"{100 * idle.plain:.2f} %"],
        ["waiting on a terminal, share of a core", f"{100 * idle.terminal:.2f} %"],
        ["a runner's memory after 2 h of waiting", f"{at[2]:.0f} KB"],
        ["after 12 h", f"{at[12]:.0f} KB"],
        ["after 24 h", f"{at[24]:.0f} KB"],
    ]
    return _table(["what", "measured"], lines)
