"""The dynamic provider: properties in, a runner's answer out; an instance holds nothing.

The path of this module and the name of its class are written into every stack's state. Do not
move or rename them; re-export from here instead.
"""

from __future__ import annotations

import os
import shlex
import sys
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
from tamr_provider.errors import InputError, TamrError
from tamr_provider.reconciler.pending import Origin, StepResult
from tamr_provider.resources import _engine_context as engine
from tamr_provider.resources import _predecessors as predecessors
from tamr_provider.resources import _preview as preview
from tamr_provider.resources import _promotion_gate as guard
from tamr_provider.resources import _properties as properties
from tamr_provider.resources._declared_step import normalize
from tamr_provider.resources._session import get_session
from tamr_provider.resources._since import settle
from tamr_provider.settings import read_settings
from tamr_provider.stackfile.parser import read_slots
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from tamr_provider.settings import Settings


class JobProvider(ResourceProvider):
    """One step: a load, an update or a publish that has to have succeeded."""

    # Nothing secret is captured, so the state needs no encryption per resource.
    serialize_as_secret_always = False

    _config: ConfigureRequest | None = None

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's config for later; runs once per process, in previews too."""
        self._config = req
        # The SDK answers a failed call with its traceback; only the last line is for people.
        sys.tracebacklimit = 0

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Return the inputs in one spelling, or every property that is wrong."""
        inputs, problems = settle(_olds, news)
        inputs.pop(predecessors.KEY, None)
        if not problems:
            inputs, problems = normalize(inputs, SystemClock().now())
        problems = problems or predecessors.predecessor_problems(news, inputs)
        problems += self._config_problems()
        if not problems and (why := guard.newly_refused(_olds, inputs)):
            problems = [("version", why)]
        return CheckResult(inputs, [CheckFailure(name, reason) for name, reason in problems])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Replace where another job is wanted, or the recorded one is too old; else nothing."""
        replaces = _replaces(_olds, _news)
        if problem := _reused_job_problem(_olds, _news, replaces):
            raise _one_line(InputError(problem)) from None
        return DiffResult(changes=bool(replaces), replaces=replaces)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Have the step satisfied: adopt, wait or launch, whatever the tenant's jobs call for."""
        if engine.previewing.get():
            job = preview.tell(props, self._settings)
            # With the finish of what is done already, the steps after it can be told as well.
            known = properties.outputs(props, StepResult(job, Origin.EXISTING, 1)) if job else {}
            return CreateResult("", known)
        try:
            result = self._satisfy(props)
        except TamrError as error:
            raise _one_line(error) from None
        return CreateResult(result.job.id, properties.outputs(props, result))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Keep every output; diff never asks for an update."""
        return UpdateResult({**_olds, **properties.inputs_in_outputs(_news)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return what was recorded: a job that ended never changes, listed or not."""
        return ReadResult(id_, props)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Leave the job alone: Tamr's history has no undo."""

    def _satisfy(self, props: dict[str, Any]) -> Any:
        stack, settings = str(props.get("stack") or ""), self._settings(props)
        resume = f"pulumi up --stack {shlex.quote(stack)}" if stack else "pulumi up"
        return get_session(settings, resume).satisfy(
            properties.read_step(props),
            properties.read_policy(props, settings.slots),
            properties.read_later_phases(props),
            gate=lambda: guard.refused(props),
        )

    def _settings(self, props: dict[str, Any]) -> Settings:
        # The url is the resource's own: the program took TAMR_URL or the config into account.
        return read_settings(
            {**os.environ, "TAMR_URL": str(props.get("url") or "")},
            str(props.get("stack") or ""),
            slots=read_slots(slots) if (slots := self._get("tamr:slots")) else 0,
            secret_key=self._get("tamr:apiKey"),
        )

    def _config_problems(self) -> list[tuple[str, str]]:
        slots = self._get("tamr:slots")
        try:
            if slots:
                read_slots(slots)
        except InputError as error:
            return [("", problem) for problem in error.problems]
        return []

    def _get(self, key: str) -> str:
        value = self._config.config.get(key) if self._config is not None else None
        return str(value) if value is not None else ""


def _reused_job_problem(olds: dict[str, Any], news: dict[str, Any], replaces: list[str]) -> str:
    """Say why the last version's job would satisfy another version of a hand-declared step.

    Only diff sees the job: check gets the old inputs. A step of a stack file's product has the
    product's name, and its since has rules of its own.
    """
    other_job = {*properties.IDS, "url"} & {*replaces}
    if news.get("product") or other_job or "version" not in replaces:
        return ""
    created = properties.parse_property_time(olds.get("createdAt"))
    since = properties.parse_property_time(news.get("since"))
    if created is None or since is None or since > created:
        return ""
    job = f"{format_timestamp(created)}, the creation of {olds.get('jobId')}"
    satisfied = f"which satisfied version {olds.get('version')}"
    return f"since {format_timestamp(since)} is not after {job}, {satisfied}; give a later since"


def _replaces(olds: dict[str, Any], news: dict[str, Any]) -> list[str]:
    created = properties.parse_property_time(olds.get("createdAt"))
    since = properties.parse_property_time(news.get("since"))
    finishes = properties.finish_times(news)
    replaces = [
        name
        for name in (*properties.IDS, "url")
        if not properties.is_known(news.get(name))
        or (olds.get(name) or "") != (news.get(name) or "")
    ]
    if not properties.same_version(olds.get("version"), news.get("version")):
        replaces.append("version")
    # What is not known yet counts as later, so that a preview shows the whole cascade.
    if created is None or since is None or since > created:
        replaces.append("since")
    if any(finish is None or created is None or finish > created for finish in finishes):
        replaces.append("after")
    return replaces


def _one_line(error: TamrError) -> Exception:
    """Return an error that the engine shows as `error: NAME: message`, on one line."""
    kind = type(type(error).__name__, (Exception,), {"__module__": "builtins"})
    made: Exception = kind("; ".join(str(error).splitlines()))
    return made
