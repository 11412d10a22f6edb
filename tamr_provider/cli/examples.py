"""The examples at the end of each command's help, by the words of the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

EXAMPLES = {
    "init": (
        "tamr init shop",
        "tamr init . --ci github",
    ),
    "doctor": (
        "tamr doctor --stack staging",
        "tamr doctor --stack prod --tenant",
    ),
    "demo": (
        "tamr demo",
        "tamr demo --without-pulumi",
    ),
    "plan": (
        "tamr plan --stack staging",
        "tamr plan customers --stack staging --all",
        "tamr plan --stack prod --base main --format markdown",
    ),
    "up": (
        "tamr up --stack staging",
        "tamr up customers suppliers --stack staging --yes",
        "tamr up --stack staging --report report.md",
    ),
    "status": (
        "tamr status",
        "tamr status customers",
        "tamr status --stack prod --exit-code",
    ),
    "bump": (
        "tamr bump customers 2026-11-25 --stack staging",
        "tamr bump customers 2026-11-25 --stack staging --since yesterday",
    ),
    "retry": (
        "tamr retry customers --stack staging",
        "tamr retry customers --stack prod -C pipelines",
    ),
    "promote": (
        "tamr promote customers --from staging --to prod",
        "tamr promote customers suppliers --from staging --to prod --soak 4h",
        "tamr promote --all --from staging --to prod --dry-run",
    ),
    "board": (
        "tamr board --open",
        "tamr board --out public/index.html",
        "tamr board --serve",
    ),
    "history": (
        "tamr history customers",
        "tamr history --stack prod --since 30d",
    ),
    "jobs": (
        "tamr jobs list --stack staging",
        "tamr jobs watch job_62cc616fd5638b7a28eb2b --stack staging",
    ),
    "jobs list": (
        "tamr jobs list --stack staging --active",
        "tamr jobs list --stack staging --failed --since yesterday",
        "tamr jobs list --stack staging --type load --json",
    ),
    "jobs get": (
        "tamr jobs get job_62cc616fd5638b7a28eb2b --stack staging",
        "tamr jobs get job_62cc616fd5638b7a28eb2b --stack staging --json",
    ),
    "jobs start": (
        "tamr jobs start load src_crm --stack staging",
        'tamr jobs start publish "Test 123" --data-product dp_customers --stack staging',
    ),
    "jobs start load": (
        "tamr jobs start load src_crm --stack staging",
        "tamr jobs start load src_crm --stack prod -C pipelines",
    ),
    "jobs start update": (
        "tamr jobs start update dp_customers --stack staging",
        "tamr jobs start update dp_customers --stack prod -C pipelines",
    ),
    "jobs start workflow": (
        "tamr jobs start workflow wf_apply --stack staging",
        "tamr jobs start workflow wf_apply --stack prod -C pipelines",
    ),
    "jobs start publish": (
        'tamr jobs start publish "Test 123" --data-product dp_customers --stack staging',
        "tamr jobs start publish dst_legacy --stack staging",
    ),
    "jobs stop": (
        "tamr jobs stop job_62cc616fd5638b7a28eb2b --stack staging",
        "tamr jobs stop job_62cc616fd5638b7a28eb2b --stack prod -C pipelines",
    ),
    "jobs watch": (
        "tamr jobs watch job_62cc616fd5638b7a28eb2b --stack staging",
        "tamr jobs watch job_62cc616fd5638b7a28eb2b --stack prod -C pipelines",
    ),
    "emulator": (
        "tamr emulator --port 0",
        "tamr emulator --load 4s --update 6s --publish 3s",
        "tamr emulator --state tenant.json --faults faults.json",
    ),
    "schema": (
        "tamr schema",
        "tamr schema > stacks/stack.schema.json",
    ),
    "completion": (
        'eval "$(tamr completion bash)"',
        'eval "$(tamr completion zsh)"',
        "tamr completion fish > ~/.config/fish/completions/tamr.fish",
    ),
}


def add_examples(command: click.Command, path: str) -> None:
    """Let the help of a command, and of those below it, end with its examples."""
    lines = [f"  {example}" for example in EXAMPLES.get(path, ())]
    command.epilog = "\n".join(["\b", "Examples:", *lines]) if lines else None
    for name, below in getattr(command, "commands", {}).items():
        add_examples(below, f"{path} {name}")
