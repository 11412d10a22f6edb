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

    version: Version = Field(description="the desired dataset version: any label")
    since: Moment | None = Field(
        default=None, description="count jobs created at or after it; default: the version's commit"
    )
    retried_at: Moment | None = Field(
        default=None, description="ignore failures and stops before it"
    )
    min_hours_between: Hours = Field(
        default=0, description="buffer between two runs of this data product"
    )
    max_attempts: Count = Field(
        default=3, description="failed jobs after which the step is on hold"
    )
    timeout_hours: Positive = Field(default=12, description="how long one run waits for one job")
    trust_days: Positive = Field(
        default=30, description="how far back the tenant's list of jobs is complete"
    )
    freeze: Annotated[list[Freeze], BeforeValidator(non_empty_list)] = Field(
        default=[], description="windows without launches, weekly or once"
    )
    promote_from: Id | None = Field(
        default=None, description="the stack in which a version must be deployed first"
    )

    @property
    def effective_freeze(self) -> tuple[FreezeWindow, ...]:
        """The freeze windows that this version must respect."""
        return tuple(self.freeze)
