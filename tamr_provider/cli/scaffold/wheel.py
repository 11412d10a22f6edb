"""A wheel of the running tamr-provider, made from its own files without network or build."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import Distribution
    from pathlib import Path

# The earliest time in a zip file, so that equal files make equal wheels.
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_WHEEL = "Wheel-Version: 1.0\nGenerator: tamr init\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_KEPT = ("METADATA", "entry_points.txt")  # The others say how this copy was installed.


def build_wheel(installed: Distribution, package: Path) -> bytes:
    """Return a wheel of the package's folder with the installed metadata."""
    info = f"tamr_provider-{installed.version}.dist-info"
    members = dict(_read_members(installed, package, info))
    record = [f"{name},sha256={_hash(content)},{len(content)}" for name, content in members.items()]
    members[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()


def _read_members(installed: Distribution, package: Path, info: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(package.parent).as_posix(), path.read_bytes()
    for name in _KEPT:
        yield f"{info}/{name}", (installed.read_text(name) or "").encode()
    for file in installed.files or ():
        if ".dist-info/licenses/" in file.as_posix():
            inside = file.as_posix().partition(".dist-info/")[2]
            yield f"{info}/{inside}", file.read_binary()
    yield f"{info}/WHEEL", _WHEEL.encode()


def _hash(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
