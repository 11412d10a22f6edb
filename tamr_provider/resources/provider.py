"""The dynamic provider. Its instances are stateless, so they pickle by reference.

The states of all stacks contain the path of this module and the name of its class. Never move or
rename them.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from tamr_provider.clock import SystemClock
from tamr_provider.decision.policy import LaunchPolicy
from tamr_provider.errors import InputError, StepError, TamrError
from tamr_provider.reconciler.pending import Origin, StepResult
from tamr_provider.resources import _engine_context as engine
from tamr_provider.resources import _isolation as isolation
from tamr_provider.resources import _promotion_gate as promotion_gate
from tamr_provider.resources import _properties as properties
from tamr_provider.resources._declared_step import check_properties, parse_step
from tamr_provider.resources._pipeline_inputs import (
    keep_later_phases,
    restore_later_phases,
    unpack,
)
from tamr_provider.resources._preview import preview_step
from tamr_provider.resources._session import get_session
from tamr_provider.resources._since import resolve_since
from tamr_provider.settings import read_settings
from tamr_provider.stackfile.parser import parse_slots
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from tamr_provider.settings import Settings


# The Pipeline passes the step names of `after` in it, and `check` removes it. A finish of another
# product or stack has no name and may be before the since.
_AFTER_STEPS = "afterSteps"


class JobProvider(ResourceProvider):
    """Satisfies one step: a load, an update or a publish."""

    # The provider contains no secret, so its state is not encrypted.
    serialize_as_secret_always = False

    _config: ConfigureRequest | None = None

    def configure(self, req: ConfigureRequest) -> None:
        """Store the stack's config. Runs once per process, also in previews."""
        self._config = req
        # The SDK sends the traceback of an error. Users need only its last line.
        sys.tracebacklimit = 0

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Return the inputs in canonical spelling, and a failure for each invalid property."""
        with isolation.run.open_call():
            news = unpack(news)
            inputs, problems = resolve_since(_olds, news)
            inputs.pop(_AFTER_STEPS, None)
            if not problems:
                inputs, problems = check_properties(inputs, SystemClock().now())
            problems = problems or _predecessor_problems(news, inputs)
            problems += self._config_problems()
            keep_later_phases(inputs)
        if problems:
            isolation.run.record_failure()
        return CheckResult(inputs, [CheckFailure(name, reason) for name, reason in problems])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Replace for another job or tenant; update if the recorded job may be too old.

        A changed rule is no change.
        """
        with isolation.run.open_call():
            replaces = _replaced_properties(_olds, _news)
            updates = _updated_properties(_olds, _news)
            problem = _reused_job_problem(_olds, _news, replaces, updates)
        if problem:
            raise _to_engine_error(InputError(problem)) from None
        engine.updated.set(() if replaces else tuple(updates))
        return DiffResult(changes=bool(replaces or updates), replaces=replaces)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Satisfy the step: adopt, wait or launch, depending on the tenant's jobs."""
        outs = self._run(props)
        # The job of the first run. The ID has no meaning after an update: `jobId` has.
        return CreateResult(outs.get("jobId", ""), outs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Satisfy the step again, exactly as `create` does. An error leaves the old outputs."""
        return UpdateResult(self._run(_news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the recorded outputs: a finished job never changes, listed or not."""
        return ReadResult(id_, props)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Do nothing: a job cannot be undone.

        The engine deletes after a failure only with `--continue-on-error`. Steps that did not run
        then still depend in the state on what is deleted, and the engine could not read that state.
        """
        if isolation.run.has_failed:
            raise _to_engine_error(
                StepError(
                    "kept in the state, because other steps did not succeed. The next run that "
                    "succeeds deletes it"
                )
            )

    def _run(self, props: dict[str, Any]) -> dict[str, Any]:
        """Return all outputs of the satisfied step. A preview launches nothing.

        A preview returns the outputs of a step that a job satisfies now, so that the steps after
        it have a preview too, and {} for another one.
        """
        if engine.is_preview.get():
            job = preview_step(restore_later_phases(props), self._settings)
            result = StepResult(job, Origin.EXISTING, 1) if job else None
            return properties.make_outputs(props, result) if result else {}
        try:
            return properties.make_outputs(props, self._satisfy(props))
        except TamrError as error:
            raise _to_engine_error(error) from None

    def _satisfy(self, props: dict[str, Any]) -> StepResult:
        settings = self._settings(props)
        declared = parse_step(restore_later_phases(props))
        if declared is None:
            raise InputError("the properties of this step are invalid")
        policy = LaunchPolicy.from_rules(declared, settings.slots)
        if seconds := engine.timeout_seconds.get():
            policy = replace(policy, timeout=timedelta(seconds=seconds))
        return get_session(settings, engine.resume_command(declared.stack or "")).satisfy(
            declared.to_step(),
            policy,
            declared.later_phases,
            lambda: promotion_gate.find_version_blocker(props),
        )

    def _settings(self, props: dict[str, Any]) -> Settings:
        # The program has chosen the URL from TAMR_URL and the config.
        return read_settings(
            {**os.environ, "TAMR_URL": str(props.get("url") or "")},
            str(props.get("stack") or ""),
            slots=parse_slots(slots) if (slots := self._get("tamr:slots")) else 0,
            secret_key=self._get("tamr:apiKey"),
        )

    def _config_problems(self) -> list[tuple[str, str]]:
        slots = self._get("tamr:slots")
        try:
            if slots:
                parse_slots(slots)
        except InputError as error:
            return [("", problem) for problem in error.problems]
        return []

    def _get(self, key: str) -> str:
        value = self._config.config.get(key) if self._config is not None else None
        return str(value) if value is not None else ""


def _reused_job_problem(
    olds: dict[str, Any], news: dict[str, Any], replaces: list[str], updates: list[str]
) -> str:
    """Return why the last version's job would satisfy a new version, or "".

    Only `diff` knows the job: `check` gets the old inputs. Steps with a product are of a Pipeline,
    whose since has its own rules.
    """
    if news.get("product") or replaces or "version" not in updates:
        return ""
    created = properties.parse_property_time(olds.get("createdAt"))
    since = properties.parse_property_time(news.get("since"))
    if created is None or since is None or since > created:
        return ""
    job = f"{olds.get('jobId')}, the job of version {olds.get('version')}"
    expected = f"a time after the creation of {job}, at {format_timestamp(created)}"
    return f"since: expected {expected}, got {format_timestamp(since)}"


def _replaced_properties(olds: dict[str, Any], news: dict[str, Any]) -> list[str]:
    """Return the properties by which the step is another one, or on another tenant."""
    return [
        name
        for name in (*properties.IDS, "url")
        if not properties.is_known(news.get(name))
        or (olds.get(name) or "") != (news.get(name) or "")
    ]


def _updated_properties(olds: dict[str, Any], news: dict[str, Any]) -> list[str]:
    """Return the properties because of which the recorded job may not satisfy the step.

    Unknown counts as later, so that a preview shows the whole cascade.
    """
    created = properties.parse_property_time(olds.get("createdAt"))
    since = properties.parse_property_time(news.get("since"))
    finishes = properties.finish_times(news)
    updates = []
    if not properties.is_same_version(olds.get("version"), news.get("version")):
        updates.append("version")
    if created is None or since is None or since > created:
        updates.append("since")
    if any(finish is None or created is None or finish > created for finish in finishes):
        updates.append("after")
    return updates


def _predecessor_problems(news: dict[str, Any], inputs: dict[str, Any]) -> list[tuple[str, str]]:
    """Refuse a step whose predecessors did not run for its version, as with `pulumi up --target`.

    The engine passes to a targeted step the finish times in the state. A finish before the since of
    the version is of an earlier version.
    """
    names = news.get(_AFTER_STEPS)
    since = properties.parse_property_time(inputs.get("since"))
    finishes = properties.finish_times(inputs)
    if not isinstance(names, list) or since is None or len(names) != len(finishes):
        return []
    missing = [
        name
        for name, finish in zip(names, finishes, strict=True)
        if finish is not None and finish < since
    ]
    if not missing:
        return []
    steps = f"products.{inputs.get('product')}: {', '.join(missing)}"
    late = f"did not run for version {inputs.get('version')} yet"
    return [("after", f"{steps} {late}. Target them too, or run without --target.")]


def _to_engine_error(error: TamrError) -> Exception:
    """Return an error that the engine shows on one line, as `error: NAME: message`."""
    isolation.run.record_failure()
    kind = type(type(error).__name__, (Exception,), {"__module__": "builtins"})
    converted: Exception = kind("; ".join(str(error).splitlines()))
    return converted
