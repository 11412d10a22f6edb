"""The rules of a step: one model for the stack file's products and for steps declared by hand."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from tamr_provider.stackfile.values import (
    Count,
    Freeze,
    Hours,
    Id,
    Moment,
    Positive,
    Strict,
    Version,
    non_empty_list,
)


class StepRules(Strict):
    """Which version a step stands for, since when it counts, and by which rules it is launched."""

    version: Version = Field(description="the desired dataset version: any label")
    since: Moment | None = Field(
        default=None,
        description="since when data counts as new enough; default: the commit of the version",
    )
    retried_at: Moment | None = Field(
        default=None, description="failures and stops before it are forgiven"
    )
    min_hours_between: Hours = Field(
        default=0, description="buffer between two runs of this data product"
    )
    max_attempts: Count = Field(
        default=3, description="failed jobs since `since` before a person is asked"
    )
    timeout_hours: Positive = Field(default=12, description="how long one runner waits for one job")
    trust_days: Positive = Field(
        default=30, description="how far back the tenant's list of jobs is complete"
    )
    freeze: Annotated[list[Freeze], BeforeValidator(non_empty_list)] = Field(
        default=[], description="windows in which nothing is launched, weekly or once"
    )
    promote_from: Id | None = Field(
        default=None, description="the stack that has to hold a version before this one may"
    )
