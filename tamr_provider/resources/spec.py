"""The type of a Pipeline's spec, for editors and type checkers: the keys of the stack file."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence


class DestinationSpec(TypedDict, total=False):
    """A destination that needs more than its ID."""

    destination: str
    legacy: bool
    realTime: bool


class OverrideSpec(TypedDict):
    """Exempts one version from `freeze` and `promoteFrom`."""

    version: str
    reason: str


class _Required(TypedDict):
    version: str


class PipelineSpec(_Required, total=False):
    """A product, with the keys of the stack file."""

    since: str
    sources: Sequence[str]
    dataProduct: str
    workflows: Sequence[str]
    publish: Sequence[str | DestinationSpec]
    retriedAt: str
    minHoursBetween: float
    maxAttempts: int
    timeoutHours: float
    trustDays: float
    maxAgeHours: float
    promoteFrom: str
    freeze: Sequence[str]
    verify: str
    override: OverrideSpec
    pinned: str
