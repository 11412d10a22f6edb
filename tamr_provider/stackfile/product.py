"""A product of the stack file, held to its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, PrivateAttr

from tamr_provider.stackfile.step_rules import StepRules
from tamr_provider.stackfile.values import (
    Command,
    Flag,
    Id,
    Reason,
    Strict,
    Version,
    non_empty_list,
)
from tamr_provider.timestamps import parse_timestamp

if TYPE_CHECKING:
    from datetime import datetime


def _destination(value: object) -> object:
    return value if isinstance(value, dict) else {"destination": value}


class Destination(Strict):
    """Where a product is published; a legacy or RealTime one is sent without dataProductId."""

    destination: Id = Field(description="the destination's id, or its exact name, spaces included")
    legacy: Flag = Field(
        default=False, description="of a legacy data product: sent without dataProductId"
    )
    real_time: Flag = Field(
        default=False, description="a RealTime destination: sent without dataProductId"
    )

    @property
    def is_sent_alone(self) -> bool:
        """Whether its publish carries no dataProductId; Tamr treats both kinds alike."""
        return self.legacy or self.real_time


Publish = Annotated[Destination, BeforeValidator(_destination)]


class Override(Strict):
    """Why one version may pass `freeze` and `promoteFrom`; later versions may not."""

    version: Version = Field(description="the version that may pass, as in the product")
    reason: Reason = Field(description="why, for the reviewer")


class Product(StepRules):
    """A data product's pipeline and the version that the environment should hold."""

    sources: Annotated[list[Id], BeforeValidator(non_empty_list)] = Field(
        default=[], description="sources to load, side by side"
    )
    data_product: Id | None = Field(default=None, description="the data product to update")
    workflows: Annotated[list[Id], BeforeValidator(non_empty_list)] = Field(
        default=[], description="RealTime workflows to run after the update, in order"
    )
    publish: Annotated[list[Publish], BeforeValidator(non_empty_list)] = Field(
        default=[], description="destinations to publish to, side by side"
    )
    override: Override | None = Field(
        default=None, description="lets one version pass `freeze` and `promoteFrom`"
    )
    pinned: Version | None = Field(
        default=None, description="written by a rollback: `tamr promote` leaves this version alone"
    )
    verify: Command | None = Field(
        default=None, description="a check that has to pass before this version is promoted"
    )

    _since_origin: str = PrivateAttr(default="")

    @property
    def overridden(self) -> bool:
        """Whether the override is for the version that is wanted."""
        return self.override is not None and self.override.version == self.version

    @property
    def is_pinned(self) -> bool:
        """Whether the wanted version is one that was rolled back to."""
        return self.pinned == self.version

    def counting_from(self, moment: datetime | None, origin: str = "") -> Product:
        """Return the product with the moment that its version counts from.

        `origin` is one of the words of `Since.known_by`.
        """
        counted = self.model_copy(update={"since": moment})
        counted._since_origin = origin  # noqa: SLF001 - of its own class
        return counted

    @property
    def since_origin(self) -> str:
        """How `since` was found, empty where it is the product's own."""
        return self._since_origin

    @property
    def not_before(self) -> datetime:
        """The moment that the version counts from: since, else the date that the version is."""
        moment = self.since or parse_timestamp(self.version)
        assert moment is not None, "set by counting_from"  # noqa: S101
        return moment
