"""Where the running tamr-provider came from, as a project's requirements.txt names it.

The name alone is never written: on a public index anybody could own it. What an installer noted
(PEP 610, direct_url.json) says whether it came from an index, a repository or an archive.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import tamr_provider
from tamr_provider.cli.scaffold.wheel import build_wheel, wheel_name
from tamr_provider.errors import InputError

_NAME = "tamr-provider"


@dataclass(frozen=True)
class Origin:
    """A line for requirements.txt, and the wheel that it names if it names one of the project's."""

    requirement: str
    wheel_name: str = ""
    wheel: bytes = b""


def find_origin() -> Origin:
    """Return the origin. Raises InputError if this copy was never installed."""
    package = Path(tamr_provider.__file__).parent
    try:
        installed = distribution(_NAME)
    except PackageNotFoundError:
        folder = shlex.quote(str(package.parent))
        raise InputError(
            "tamr-provider runs here without being installed, so requirements.txt cannot name its "
            f"origin. To install it, run: pip install {folder}"
        ) from None
    return origin_of(installed, package)


def origin_of(installed: Distribution, package: Path) -> Origin:
    """Return the origin of a distribution whose code runs from the folder `package`."""
    is_running = Path(str(installed.locate_file("tamr_provider"))).resolve() == package.resolve()
    requirement = _remote(installed) if is_running else ""
    if requirement:
        return Origin(requirement)
    name = wheel_name(installed.version)
    # A path is relative to the folder in which pip runs: the project's, in its README and its CI.
    return Origin(f"./wheels/{name}", name, build_wheel(installed, package))


def _remote(installed: Distribution) -> str:
    """Return a requirement that other machines can resolve; empty if only this one can."""
    noted = installed.read_text("direct_url.json")
    if noted is None:
        return f"{_NAME}=={installed.version}"
    origin: dict[str, Any] = json.loads(noted)
    url = origin["url"]
    if urlsplit(url).scheme == "file":
        return ""
    if "vcs_info" in origin:
        vcs = origin["vcs_info"]
        folder = f"#subdirectory={origin['subdirectory']}" if origin.get("subdirectory") else ""
        return f"{_NAME} @ {vcs['vcs']}+{url}@{vcs['commit_id']}{folder}"
    digest = origin.get("archive_info", {}).get("hashes", {}).get("sha256")
    return f"{_NAME} @ {url}" + (f"#sha256={digest}" if digest else "")
