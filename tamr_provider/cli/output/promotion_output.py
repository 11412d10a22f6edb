"""The evidence for a promotion, as Markdown for the reviewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.cli.output.markdown import code, escape
from tamr_provider.timestamps import format_duration, format_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tamr_provider.environments.product_editor import Edit
    from tamr_provider.environments.promotion import Promotion
    from tamr_provider.planning.product_state import ProductState


def format_evidence(promotion: Promotion, is_dry_run: bool) -> str:
    """Return the version's jobs, soak time and verification, and the change."""
    source, state, version = promotion.source.name, promotion.state, promotion.product.version
    since = state.satisfied_since or state.now
    age = format_duration(state.now - since)
    required = f" (required soak: {format_duration(promotion.soak)})" if promotion.soak else ""
    title = f"{code(promotion.name)} {escape(version)} from {escape(source)}"
    return "\n".join(
        [
            f"### Promote {title} to {escape(promotion.target)}",
            "",
            f"Deployed to {escape(source)} on {format_seconds(since)}, {age} ago{required}.",
            "",
            "| step | job | created | finished | duration |",
            "| --- | --- | --- | --- | --- |",
            *_job_rows(state),
            "",
            _format_verification(promotion),
            "",
            *_format_edit(promotion.edit, is_dry_run),
        ]
    )


def _format_edit(edit: Edit, is_dry_run: bool) -> Iterator[str]:
    yield f"{escape(edit.place)}{' (dry run: not written)' * is_dry_run}:"
    yield ""
    for change in edit.changes:
        before = "not set" if change.before is None else escape(change.before)
        yield f"- {change.key}: {before} → {escape(change.after)}"


def _job_rows(state: ProductState) -> Iterator[str]:
    for step in state.steps:
        job = step.job
        if job is not None and job.created_at is not None and job.finished_at is not None:
            name = escape(step.name)
            times = f"{format_seconds(job.created_at)} | {format_seconds(job.finished_at)}"
            duration = format_duration(job.finished_at - job.created_at)
            yield f"| {name} | {escape(job.id)} | {times} | {duration} |"


def _format_verification(promotion: Promotion) -> str:
    if promotion.verification is None:
        return "This product has no verification (`verify`)."
    return f"The verification {code(promotion.product.verify or '')} passed."
