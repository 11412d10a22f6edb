"""Places in Tamr that show the IDs of a job's configuration.

No API call lists sources, data products or destinations, so a message can only name the page. The
places are from Tamr's Jobs overview; docs/how-to/find-the-ids.md lists all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tamr_provider.models import Configuration

PAGE = "docs/how-to/find-the-ids.md"


def describe_id_location(configuration: Configuration) -> str:
    """Return the place of the configuration's IDs, as a sentence without its full stop."""
    if configuration.type == "load":
        return "source IDs are on Tamr's Sources page"
    if configuration.is_workflow:
        return "Tamr provides workflow IDs on request"
    data_product = "on its Configure Data Product page (legacy: Configure Flow page)"
    if configuration.type == "update":
        return f"the data product ID is {data_product}"
    if configuration.id("dataProductId"):
        return (
            "the exact destination name is on the Publish page, the data product ID " + data_product
        )
    return "legacy destination IDs are on the Publish page; Tamr provides RealTime ones on request"
