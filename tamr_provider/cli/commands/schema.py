"""`tamr schema`."""

from __future__ import annotations

import click

from tamr_provider.cli.output.printing import say
from tamr_provider.stackfile.schema import schema_text


@click.command()
def schema() -> None:
    """Print the JSON Schema of the stack file.

    To use it in an editor, save it and add the comment `# yaml-language-server: $schema=FILE`.
    """
    say(schema_text().rstrip())
