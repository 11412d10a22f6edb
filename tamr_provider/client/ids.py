"""Where a person finds the ids of a job's configuration in Tamr.

No call of the API lists sources, data products or destinations, so a message can only name the
page. The places are from Tamr's Jobs overview; docs/how-to/find-the-ids.md has them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tamr_provider.models import Configuration

PAGE = "docs/how-to/find-the-ids.md"


def where_to_find(configuration: Configuration) -> str:
    """Return the place of the configuration's ids, as a sentence without its full stop."""
    if configuration.type == "load":
        return "a source's id is on Tamr's Sources page"
    if configuration.is_workflow:
        return "Tamr tells you a workflow's id"
    data_product = "id is on its Configure Data Product page (legacy: Configure Flow page)"
    if configuration.type == "update":
        return f"a data product's {data_product}"
    if configuration.id("dataProductId"):
        return (
            "a destination's exact name is on the Publish page, and the data product's "
            + data_product
        )
    return "a legacy destination's id is on the Publish page; Tamr tells you a RealTime one's"
