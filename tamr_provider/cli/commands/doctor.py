"""`tamr doctor`."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path

import click

from tamr_provider.cli.context import CLOCK, json_option, open_client, project_options
from tamr_provider.cli.output.printing import format_json, say


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
    from tamr_provider.cli.output.findings_output import format_findings
    from tamr_provider.doctor.checkup import Checkup

    checkup = Checkup(stack, os.environ, CLOCK, open_client, checks_assumptions)
    findings = list(checkup.run(directory))
    if as_json:
        say(format_json([asdict(finding) for finding in findings]))
    else:
        say(format_findings(findings, _next_command(directory, stack)))
    sys.exit(any(finding.level == "problem" for finding in findings))


def _next_command(directory: Path, stack: str) -> str:
    inside = ["-C", str(directory)] if directory != Path() else []
    return shlex.join(["tamr", "plan", *inside, "--stack", stack]) if stack else ""
