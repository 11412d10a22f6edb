"""The findings of `tamr doctor` as text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tamr_provider.doctor.finding import OK, PROBLEM, UNKNOWN, WARNING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tamr_provider.doctor.finding import Finding

_SYMBOLS = {OK: "✓", WARNING: "!", PROBLEM: "✗", UNKNOWN: "?"}
_COUNTED = (WARNING, PROBLEM)


def format_findings(findings: Sequence[Finding], next_command: str) -> str:
    """Return a line for each finding, the counts, and the next command if there is no problem."""
    lines = [line for finding in findings for line in _format_finding(finding)]
    lines.append(_count(findings))
    if next_command and not any(finding.level == PROBLEM for finding in findings):
        lines.append(f"To see what would run, run: {next_command}")
    return "\n".join(lines)


def _format_finding(finding: Finding) -> Iterator[str]:
    yield f"{_SYMBOLS[finding.level]} {finding.message}"
    if finding.fix:
        yield f"    fix: {finding.fix}"


def _count(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.level for finding in findings)
    parts = [f"{counts[OK]} ok"]
    for level in (WARNING, PROBLEM, UNKNOWN):
        plural = "s" if level in _COUNTED and counts[level] > 1 else ""
        parts += [f"{counts[level]} {level}{plural}"] * bool(counts[level])
    return ", ".join(parts)
