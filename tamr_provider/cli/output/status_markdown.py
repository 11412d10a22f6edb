"""How a stack is deployed, as Markdown for a pull request and a job summary.

The text changes only when the stack's state does: it names times, not ages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from tamr_provider.cli.output.markdown import MAX_LENGTH, Markup, Table, code, escape, format_page
from tamr_provider.cli.output.status_words import format_next
from tamr_provider.decision.states import State
from tamr_provider.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from tamr_provider.environments.status import EnvironmentStatus, ProductStatus
    from tamr_provider.models import Job

_PRODUCT_COLUMNS = ("", "product", "version", "state")
_JOB_COLUMNS = ("product", "step", "job", "duration", "finished")
_MAX_QUOTES = 20  # The table below has all of them.


def format_status_markdown(environments: Sequence[EnvironmentStatus]) -> str:
    """Return a section for each stack: what needs a user, the products, and their jobs, folded."""
    limit = MAX_LENGTH // max(1, len(environments))
    return "\n\n".join(_format_section(environment, limit) for environment in environments)


def _format_section(environment: EnvironmentStatus, limit: int) -> str:
    products = sorted(environment.products, key=lambda product: not _is_urgent(product))
    quotes = [_format_quote(product) for product in products if _is_urgent(product)]
    head = [f"### {escape(environment.stack)}: {_summarize(environment)}", *quotes[:_MAX_QUOTES]]
    if environment.error:
        head.append(f"> {escape(environment.error)}")
    jobs = list(_list_jobs(environment))
    title = f"{len(jobs)} job{'s' * (len(jobs) != 1)} on {environment.url}"
    tables = [
        Table(_PRODUCT_COLUMNS, [_format_product(product) for product in products]),
        Table(_JOB_COLUMNS, jobs, title),
    ]
    return format_page(head, tables, limit)


def _summarize(environment: EnvironmentStatus) -> str:
    total = len(environment.products)
    if environment.error:
        return "the state is unknown"
    deployed = sum(product.progress.is_satisfied for product in environment.products)
    count = f"all {total}" if deployed == total > 1 else f"{deployed} of {total}"
    return f"{count} product{'s are' if total != 1 else ' is'} deployed"


def _is_urgent(product: ProductStatus) -> bool:
    return product.progress.needs_action or product.progress.state is State.FAILED


def _format_quote(product: ProductStatus) -> str:
    progress = product.progress
    outcome = "needs you" if progress.needs_action else "failed"
    goal, command = format_next(progress)
    fix = f" To {goal}, run: {code(command)}" if command else ""
    return f"> **{escape(product.name)} {outcome}:** {escape(progress.reason.rstrip('.'))}.{fix}"


def _format_product(product: ProductStatus) -> tuple[str, ...]:
    state = product.progress.state
    words = state.product_words + _format_details(product)
    return state.symbol, product.name, product.product.version, words


def _format_details(product: ProductStatus) -> str:
    progress, step = product.progress, product.progress.urgent_step
    if progress.satisfied_since is not None:
        at = f" at {_format_minute(progress.satisfied_since)}"
        limit = product.product.max_age_hours
        return f"{at}, stale (maxAgeHours: {limit:g})" if limit and product.is_stale else at
    if step is None or _is_urgent(product) or progress.state in (State.PENDING, State.UNKNOWN):
        return ""
    if progress.state is State.RUNNING:
        began = step.job.created_at if step.job else None
        return f": {step.name}" + (f" since {_format_minute(began)}" if began else "")
    return f": {progress.reason}"


def _list_jobs(environment: EnvironmentStatus) -> Iterator[tuple[str, ...]]:
    for product in environment.products:
        for step in product.progress.steps:
            if step.job is not None:
                yield product.name, step.name, *_format_job(step.job, environment.url)


def _format_job(job: Job, url: str) -> tuple[str, ...]:
    # The address of one job in Tamr's UI is not documented, and a browser has no key for the API.
    link = f"[{escape(job.id)}](<{quote(url, safe=':/')}>)"
    duration = format_duration(job.duration) if job.duration is not None else ""
    return Markup(link), duration, _format_minute(job.finished_at)


def _format_minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment is not None else ""
