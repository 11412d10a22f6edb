"""Rules that a team enforces from outside the stack file, as policies of a Pulumi policy pack.

They judge what would be launched; what is done or runs already is left alone, whatever they say.
Needs the package `pulumi-policy`, which the extra `policy` brings.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    ResourceValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from tamr_provider.decision.launch_limits import (
    freeze_reason,
    run_limit_violation,
    tenant_violation,
    upstream_stack,
)
from tamr_provider.decision.table import Action
from tamr_provider.errors import TamrError
from tamr_provider.resources import _promotion_gate as guard
from tamr_provider.resources import _properties as properties
from tamr_provider.resources._dry_run import dry_run_of
from tamr_provider.settings import read_settings
from tamr_provider.stackfile.freeze_window import EXAMPLES, read_window

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_policy import Policy, ReportViolation, ResourceValidationArgs

    from tamr_provider.settings import Settings
    from tamr_provider.tenant.snapshot import Snapshot

_TYPES = "pulumi-python:dynamic/tamr:"
_ROLLBACK = "to roll back: set promotion-order to advisory for one run (--policy-pack-config)"
_TEXTS = {"type": "array", "items": {"type": "string"}}


def serve_policy_pack(rules: Mapping[str, Mapping[str, Any]]) -> None:
    """Answer the engine until it ends, with these rules on and the others off.

    All are mandatory, unless `--policy-pack-config` says otherwise.
    """
    # A configured policy without a level of its own is advisory to the engine.
    level = {"enforcementLevel": EnforcementLevel.MANDATORY}
    config: dict[str, Any] = {name: {**level, **each} for name, each in rules.items()}
    PolicyPack("tamr", _policies(), EnforcementLevel.MANDATORY, config)


def _policies() -> list[Policy]:
    return [
        _policy(
            "freeze-windows",
            "Nothing is launched within a freeze window.",
            ("windows", _TEXTS),
            _if_launched(lambda windows, _inputs, snapshot: _frozen(windows, snapshot)),
        ),
        _policy(
            "promotion-order",
            "A stack launches only versions that the stack before it holds.",
            ("order", _TEXTS),
            _if_launched(lambda order, inputs, _snapshot: _out_of_order(order, inputs)),
        ),
        _policy(
            "allowed-tenants",
            "A stack uses only the tenants that are its own.",
            ("tenants", {"type": "object", "additionalProperties": _TEXTS}),
            lambda tenants, inputs: tenant_violation(_text(inputs, "url"), _stack(inputs), tenants),
        ),
        _policy(
            "runs-per-day",
            "No load, update or publish is launched more often in 24 hours than is allowed.",
            ("maximum", {"type": "integer", "minimum": 1}),
            _if_launched(_too_many),
        ),
    ]


def _policy(
    name: str,
    description: str,
    setting: tuple[str, dict[str, Any]],
    judge: Callable[[Any, dict[str, Any]], str],
) -> ResourceValidationPolicy:
    key, schema = setting

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if not args.resource_type.startswith(_TYPES):
            args.not_applicable("no step of a Tamr pipeline")
        value = args.get_config().get(key)
        if value is None:
            args.not_applicable(f"no {key} configured")
        why = judge(value, _inputs(args))
        if why:
            report(why, None)

    return ResourceValidationPolicy(
        name, description, validate, config_schema=PolicyConfigSchema({key: schema})
    )


def _if_launched(
    judge: Callable[[Any, dict[str, Any], Snapshot], str],
) -> Callable[[Any, dict[str, Any]], str]:
    """Make a judge of what would be launched one of every resource."""

    def judge_all(value: Any, inputs: dict[str, Any]) -> str:
        if (
            properties.version_and_since(inputs) is None
            or properties.configuration_of(inputs) is None
        ):
            return ""  # what it stands for is not known yet, or refused by the provider itself
        try:
            decision, snapshot = dry_run_of(_settings(inputs)).of(inputs)
        except TamrError as error:
            said = "; ".join(str(error).splitlines())
            return f"whether it would be launched cannot be told: {said}"
        launches = decision.action in (Action.LAUNCH, Action.WAIT)
        return judge(value, inputs, snapshot) if launches else ""

    return judge_all


def _frozen(windows: list[str], snapshot: Snapshot) -> str:
    try:
        found = freeze_reason([read_window(window) for window in windows], snapshot.now)
    except ValueError as error:
        return f"windows: {error}; allowed: {EXAMPLES}"
    return found[0] if found else ""


def _out_of_order(order: list[str], inputs: dict[str, Any]) -> str:
    before = upstream_stack(_stack(inputs), order)
    why = guard.refused({**inputs, "promoteFrom": before}) if before else ""
    return f"{why}; {_ROLLBACK}" if why else ""


def _too_many(maximum: float, inputs: dict[str, Any], snapshot: Snapshot) -> str:
    configuration = properties.configuration_of(inputs)
    assert configuration is not None  # noqa: S101 - seen before
    return run_limit_violation(snapshot.jobs, configuration, snapshot.now, int(maximum))


def _settings(inputs: dict[str, Any]) -> Settings:
    env = {**os.environ, "TAMR_URL": _text(inputs, "url")}
    secret = pulumi.Config("tamr").get("apiKey") or ""
    return read_settings(env, _stack(inputs), secret_key=secret)


def _stack(inputs: dict[str, Any]) -> str:
    return _text(inputs, "stack") or pulumi.get_stack()


def _text(inputs: dict[str, Any], name: str) -> str:
    value = inputs.get(name)
    return value if isinstance(value, str) else ""


def _inputs(args: ResourceValidationArgs) -> dict[str, Any]:
    """Return the inputs as the provider knows them, `Unknown` if they are not known yet."""
    return _known_values(args.props)


def _known_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _known(functools.partial(values.__getitem__, name)) for name in values}


def _known(read: Callable[[], Any]) -> Any:
    try:
        value = read()
    except UnknownValueError:
        return pulumi.output.Unknown()  # type: ignore[no-untyped-call]
    if isinstance(value, (str, bool, int, float)) or value is None:
        return value
    if isinstance(value, Mapping):
        return _known_values(value)
    return [_known(functools.partial(value.__getitem__, each)) for each in range(len(value))]
