"""`tamr doctor`."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.context import CLOCK, json_option, open_client, project_options
from tamr_provider.cli.output.printing import format_json, say

if TYPE_CHECKING:
    from pathlib import Path

_SYMBOLS = {"ok": "✓", "warning": "!", "problem": "✗", "unknown": "?"}


@click.command()
@project_options
@click.option(
    "--tenant",
    "checks_assumptions",
    is_flag=True,
    help="Check our assumptions about the Tamr API against this stack's tenant (read-only).",
)
@json_option
def doctor(directory: Path, stack: str, checks_assumptions: bool, as_json: bool) -> None:
    """Diagnose the setup and suggest fixes.

    Checks the CLI, the project, the stack file, the tenant and the state. Sends only GETs and
    changes nothing. Exits with 1 if something must be fixed.
    """
    from tamr_provider.doctor.checkup import Checkup

    checkup = Checkup(stack, os.environ, CLOCK, open_client, checks_assumptions)
    findings = list(checkup.run(directory))
    if as_json:
        say(format_json([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            say(f"{_SYMBOLS[finding.level]} {finding.message}")
            if finding.fix:
                say(f"    fix: {finding.fix}")
    sys.exit(any(finding.level == "problem" for finding in findings))
