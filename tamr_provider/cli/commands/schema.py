"""`tamr schema`."""

from __future__ import annotations

import click

from tamr_provider.cli.output.printing import say


@click.command()
def schema() -> None:
    """Print the JSON Schema of the stack file.

    To use it in an editor, save it and add the comment `# yaml-language-server: $schema=FILE`.
    """
    from tamr_provider.stackfile.schema import schema_text

    say(schema_text().rstrip())
