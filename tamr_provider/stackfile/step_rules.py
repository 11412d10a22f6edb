"""The rules of a step: one model for products of the stack file and for declared resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field

from tamr_provider.stackfile.values import (
    Count,
    Freeze,
    Hours,
    Id,
    Moment,
    Positive,
    StrictObject,
    Version,
    non_empty_list,
)

if TYPE_CHECKING:
    from tamr_provider.stackfile.freeze_window import FreezeWindow


class StepRules(StrictObject):
    """The version of a step, since when it counts, and the rules for its launch."""

    version: Version = Field(
        title="Version",
        description="the desired dataset version: any label",
        examples=["2026-11-20", "v7"],
    )
    since: Moment | None = Field(
        default=None,
        title="Counts since",
        description="count jobs created at or after it; default: the version's commit",
        examples=["2026-11-20T09:00:00Z"],
    )
    retried_at: Moment | None = Field(
        default=None,
        title="Retried at",
        description="ignore failures and stops before it; written by `tamr retry`",
        examples=["2026-11-20T15:10:00Z"],
    )
    min_hours_between: Hours = Field(
        default=0,
        title="Buffer between runs, in hours",
        description="buffer between two runs of this data product",
        examples=[3, 0.5],
    )
    max_attempts: Count = Field(
        default=3,
        title="Attempts",
        description="failed jobs after which the step is on hold",
        examples=[3],
    )
    timeout_hours: Positive = Field(
        default=12,
        title="Timeout, in hours",
        description="how long one run waits for one job",
        examples=[12],
    )
    trust_days: Positive = Field(
        default=30,
        title="Trusted history, in days",
        description="how far back the tenant's list of jobs is complete",
        examples=[30],
    )
    freeze: Annotated[list[Freeze], BeforeValidator(non_empty_list)] = Field(
        default=[],
        title="Freeze windows",
        description="windows without launches, weekly or once",
        examples=[
            ["Fri 16:00 - Mon 08:00 Europe/Berlin"],
            ["2026-12-18 16:00 - 2027-01-04 08:00 UTC: end of the year"],
        ],
    )
    promote_from: Id | None = Field(
        default=None,
        title="Promote from",
        description="the stack in which a version must be deployed first",
        examples=["staging"],
    )

    @property
    def effective_freeze(self) -> tuple[FreezeWindow, ...]:
        """The freeze windows that this version must respect."""
        return tuple(self.freeze)
