"""Where the running tamr-provider was installed from, for a project's requirements.txt.

The bare name is never written, because anyone could register it on a public index. The installer's
record (PEP 610, direct_url.json) tells an index, a repository and an archive apart.
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
from tamr_provider.cli.scaffold.wheel import build_wheel
from tamr_provider.errors import InputError

_NAME = "tamr-provider"


@dataclass(frozen=True)
class Origin:
    """A line for requirements.txt, and the wheel in the project that it names, if any."""

    requirement: str
    wheel_name: str = ""
    wheel: bytes = b""


def find_origin() -> Origin:
    """Return the origin. Raises InputError if this copy is not installed."""
    package = Path(tamr_provider.__file__).parent
    try:
        installed = distribution(_NAME)
    except PackageNotFoundError:
        folder = shlex.quote(str(package.parent))
        raise InputError(
            "tamr-provider is not installed here, so requirements.txt cannot name its origin. "
            f" To install it, run: pip install {folder}"
        ) from None
    return read_origin(installed, package)


def read_origin(installed: Distribution, package: Path) -> Origin:
    """Return the origin of a distribution whose code runs from the folder `package`."""
    is_running = Path(str(installed.locate_file("tamr_provider"))).resolve() == package.resolve()
    requirement = _find_requirement(installed) if is_running else ""
    if requirement:
        return Origin(requirement)
    name = f"tamr_provider-{installed.version}-py3-none-any.whl"
    # The path is relative to the project folder, in which its README and CI run pip.
    return Origin(f"./wheels/{name}", name, build_wheel(installed, package))


def _find_requirement(installed: Distribution) -> str:
    """Return a requirement that other machines can resolve, or an empty string."""
    record = installed.read_text("direct_url.json")
    if record is None:
        return f"{_NAME}=={installed.version}"
    origin: dict[str, Any] = json.loads(record)
    url = origin["url"]
    if urlsplit(url).scheme == "file":
        return ""
    if "vcs_info" in origin:
        vcs = origin["vcs_info"]
        folder = f"#subdirectory={origin['subdirectory']}" if origin.get("subdirectory") else ""
        return f"{_NAME} @ {vcs['vcs']}+{url}@{vcs['commit_id']}{folder}"
    digest = origin.get("archive_info", {}).get("hashes", {}).get("sha256")
    return f"{_NAME} @ {url}" + (f"#sha256={digest}" if digest else "")
