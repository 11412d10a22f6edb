"""A product of the stack file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, PrivateAttr

from tamr_provider.stackfile.step_rules import StepRules
from tamr_provider.stackfile.values import (
    Command,
    Flag,
    Id,
    Positive,
    Reason,
    StrictObject,
    Version,
    non_empty_list,
)
from tamr_provider.timestamps import parse_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from tamr_provider.stackfile.freeze_window import FreezeWindow


def _destination(value: object) -> object:
    return value if isinstance(value, dict) else {"destination": value}


class Destination(StrictObject):
    """A destination that a product is published to."""

    destination: Id = Field(
        title="Destination",
        description="the destination's ID, or its exact name, spaces included",
        examples=["Customer export", "dst_legacy"],
    )
    legacy: Flag = Field(
        default=False,
        title="Legacy data product",
        description="of a legacy data product: sent without dataProductId",
        examples=[True],
    )
    real_time: Flag = Field(
        default=False,
        title="RealTime destination",
        description="a RealTime destination: sent without dataProductId",
        examples=[True],
    )

    @property
    def is_sent_alone(self) -> bool:
        """Whether Tamr expects the publish without a dataProductId."""
        return self.legacy or self.real_time


Publish = Annotated[Destination, BeforeValidator(_destination)]


class Override(StrictObject):
    """Exempts one version from `freeze` and `promoteFrom`."""

    version: Version = Field(
        title="Exempted version",
        description="the exempted version, as in the product",
        examples=["2026-11-20"],
    )
    reason: Reason = Field(
        title="Reason", description="why, for the reviewer", examples=["agreed with sales"]
    )


class Product(StepRules):
    """A data product's pipeline, with the desired version for one environment."""

    sources: Annotated[list[Id], BeforeValidator(non_empty_list)] = Field(
        default=[],
        title="Sources",
        description="sources to load, in parallel",
        examples=[["src_crm", "src_erp"]],
    )
    data_product: Id | None = Field(
        default=None,
        title="Data product",
        description="the data product to update",
        examples=["dp_customers"],
    )
    workflows: Annotated[list[Id], BeforeValidator(non_empty_list)] = Field(
        default=[],
        title="RealTime workflows",
        description="RealTime workflows to run after the update, in order",
        examples=[["wf_apply"]],
    )
    publish: Annotated[list[Publish], BeforeValidator(non_empty_list)] = Field(
        default=[],
        title="Destinations",
        description="destinations to publish to, in parallel",
        examples=[["Customer export"], [{"destination": "dst_legacy", "legacy": True}]],
    )
    max_age_hours: Positive | None = Field(
        default=None,
        title="Maximum age in hours",
        description="how old a deployment may get; an older one is shown as stale",
        examples=[26],
    )
    override: Override | None = Field(
        default=None,
        title="Override",
        description="exempts one version from `freeze` and `promoteFrom`",
        examples=[{"version": "2026-11-20", "reason": "agreed with sales"}],
    )
    pinned: Version | None = Field(
        default=None,
        title="Pinned version",
        description="set by a rollback; `tamr promote` skips a pinned version",
        examples=["2026-11-13"],
    )
    verify: Command | None = Field(
        default=None,
        title="Verification",
        description="a command that must succeed before a version is promoted from here",
        examples=["python checks/customers.py"],
    )

    _since_origin: str = PrivateAttr(default="")

    @property
    def is_overridden(self) -> bool:
        """Whether the override is for the desired version."""
        return self.override is not None and self.override.version == self.version

    @property
    def is_pinned(self) -> bool:
        """Whether the desired version is pinned by a rollback."""
        return self.pinned == self.version

    @property
    def effective_freeze(self) -> tuple[FreezeWindow, ...]:
        """The freeze windows that this version must respect."""
        return () if self.is_overridden else tuple(self.freeze)

    def with_since(self, moment: datetime | None, origin: str = "") -> Product:
        """Return the product with its effective since; `origin` is a `Since.known_by`."""
        changed = self.model_copy(update={"since": moment})
        changed._since_origin = origin  # noqa: SLF001 - Its own class.
        return changed

    @property
    def since_origin(self) -> str:
        """The `Since.known_by` of `since`, or "" if `since` is as the file has it."""
        return self._since_origin

    @property
    def not_before(self) -> datetime:
        """The effective since, else the date that the version is."""
        moment = self.since or parse_timestamp(self.version)
        assert moment is not None, "set by with_since"  # noqa: S101
        return moment
