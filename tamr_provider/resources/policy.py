"""A Pulumi policy pack: rules that a team enforces outside the stack file.

They apply to steps that would be launched, not to satisfied or running ones. They need the package
`pulumi-policy`, which the extra `policy` installs.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import pulumi
from pulumi_policy import EnforcementLevel, PolicyConfigSchema, PolicyPack, ResourceValidationPolicy
from pulumi_policy.proxy import UnknownValueError

from tamr_provider.decision.launch_limits import (
    freeze_reason,
    run_limit_violation,
    tenant_violation,
    upstream_stack,
)
from tamr_provider.decision.table import Action, format_reason
from tamr_provider.errors import TamrError
from tamr_provider.resources import _promotion_gate as promotion_gate
from tamr_provider.resources._declared_step import parse_step
from tamr_provider.resources._dry_run import get_dry_run
from tamr_provider.settings import read_settings
from tamr_provider.stackfile.freeze_window import parse_window

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_policy import Policy, ReportViolation, ResourceValidationArgs

    from tamr_provider.resources._declared_step import DeclaredStep
    from tamr_provider.settings import Settings
    from tamr_provider.tenant.snapshot import Snapshot

_TYPES = "pulumi-python:dynamic/tamr:"
_ROLLBACK = "To roll back, set promotion-order to advisory for one run (--policy-pack-config)."
_TEXTS = {"type": "array", "items": {"type": "string"}}


def serve_policy_pack(rules: Mapping[str, Mapping[str, Any]]) -> None:
    """Run the policy pack until the engine stops it, with only these rules enabled.

    `rules` maps the name of a policy to its config. All policies are mandatory, unless
    `--policy-pack-config` sets another level.
    """
    # The engine treats a configured policy without a level as advisory.
    level = {"enforcementLevel": EnforcementLevel.MANDATORY}
    config: dict[str, Any] = {name: {**level, **rule} for name, rule in rules.items()}
    PolicyPack("tamr", _policies(), EnforcementLevel.MANDATORY, config)


def _policies() -> list[Policy]:
    return [
        _policy(
            "freeze-windows",
            "Launch nothing during a freeze window.",
            ("windows", _TEXTS),
            _if_launched(_freeze_violation),
        ),
        _policy(
            "promotion-order",
            "Launch a version only after it is deployed to the upstream stack.",
            ("order", _TEXTS),
            _if_launched(_order_violation),
        ),
        _policy(
            "allowed-tenants",
            "Let a stack use only its own tenants.",
            ("tenants", {"type": "object", "additionalProperties": _TEXTS}),
            lambda tenants, inputs: tenant_violation(_text(inputs, "url"), _stack(inputs), tenants),
        ),
        _policy(
            "runs-per-day",
            "Limit how often each step is launched in 24 hours.",
            ("maximum", {"type": "integer", "minimum": 1}),
            _if_launched(_limit_violation),
        ),
    ]


def _policy(
    name: str,
    description: str,
    setting: tuple[str, dict[str, Any]],
    find_violation: Callable[[Any, dict[str, Any]], str],
) -> ResourceValidationPolicy:
    key, schema = setting

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if not args.resource_type.startswith(_TYPES):
            args.not_applicable("not a step of a Tamr pipeline")
        value = args.get_config().get(key)
        if value is None:
            args.not_applicable(f"no {key} configured")
        if violation := find_violation(value, _values(args.props)):
            report(violation, None)

    return ResourceValidationPolicy(
        name, description, validate, config_schema=PolicyConfigSchema({key: schema})
    )


def _if_launched(
    find_violation: Callable[[Any, _Launch], str],
) -> Callable[[Any, dict[str, Any]], str]:
    """Limit a rule to steps that would be launched."""

    def find_violation_of_any(value: Any, inputs: dict[str, Any]) -> str:
        declared = parse_step(inputs)
        if declared is None:
            return ""  # The provider itself refuses invalid properties.
        try:
            decision, snapshot = get_dry_run(_settings(inputs)).decide(declared)
        except TamrError as error:
            reason = "; ".join(str(error).splitlines())
            return f"cannot determine whether this step would launch a job: {reason}"
        is_launched = decision.action in (Action.LAUNCH, Action.WAIT)
        return find_violation(value, _Launch(inputs, declared, snapshot)) if is_launched else ""

    return find_violation_of_any


class _Launch(NamedTuple):
    inputs: dict[str, Any]
    declared: DeclaredStep
    snapshot: Snapshot


def _freeze_violation(windows: list[str], launch: _Launch) -> str:
    try:
        found = freeze_reason([parse_window(window) for window in windows], launch.snapshot.now)
    except ValueError as error:
        return f"windows: {error}"
    return format_reason(*found, "") if found else ""


def _order_violation(order: list[str], launch: _Launch) -> str:
    upstream = upstream_stack(_stack(launch.inputs), order)
    inputs = {**launch.inputs, "promoteFrom": upstream}
    blocker = promotion_gate.find_version_blocker(inputs) if upstream else ""
    return f"{blocker}. {_ROLLBACK}" if blocker else ""


def _limit_violation(maximum: float, launch: _Launch) -> str:
    configuration, snapshot = launch.declared.configuration, launch.snapshot
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


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs as the provider gets them, unknown ones as `Unknown`."""
    return {name: _value(functools.partial(values.__getitem__, name)) for name in values}


def _value(read: Callable[[], Any]) -> Any:
    try:
        value = read()
    except UnknownValueError:
        return pulumi.output.Unknown()  # type: ignore[no-untyped-call]
    if isinstance(value, (str, bool, int, float)) or value is None:
        return value
    if isinstance(value, Mapping):
        return _values(value)
    return [_value(functools.partial(value.__getitem__, index)) for index in range(len(value))]
