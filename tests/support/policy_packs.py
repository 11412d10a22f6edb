"""The policy pack in its own process, called over gRPC like the engine does."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from support.processes import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[2] / "policies"
URN = "urn:pulumi:prod::shop::pulumi-python:dynamic/tamr:Load::customers-load-src_crm"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # The engine's placeholder for unknown text.


class Pack:
    """The calls of a pack."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    def configure(self, rules: dict[str, dict[str, Any]]) -> None:
        config = {
            name: analyzer_pb2.PolicyConfig(
                enforcementLevel=analyzer_pb2.MANDATORY, properties=_struct(values)
            )
            for name, values in rules.items()
        }
        self._stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config), timeout=10)

    def judge(
        self, inputs: dict[str, Any], kind: str = "pulumi-python:dynamic/tamr:Load"
    ) -> dict[str, str]:
        """Return the violations by the name of the policy."""
        request = analyzer_pb2.AnalyzeRequest(
            type=kind, urn=URN, name="customers-load-src_crm", properties=_struct(inputs)
        )
        response = self._stub.Analyze(request, timeout=30)
        return {diagnostic.policyName: diagnostic.message for diagnostic in response.diagnostics}

    def mandatory_rules(self) -> list[str]:
        """Return the names of the mandatory policies."""
        info = self._stub.GetAnalyzerInfo(empty_pb2.Empty(), timeout=10)
        config = info.initialConfig.items()
        return [name for name, rule in config if rule.enforcementLevel == analyzer_pb2.MANDATORY]


def _struct(values: dict[str, Any]) -> Any:
    return json_format.ParseDict(values, struct_pb2.Struct())


@contextmanager
def pack(cwd: Path, **env: str) -> Iterator[Pack]:
    """Run the pack in a project's folder until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-u", str(FOLDER)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(**env),
        cwd=cwd,
    ) as process:
        assert process.stdout is not None
        try:
            with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
                yield Pack(analyzer_pb2_grpc.AnalyzerStub(channel))
        finally:
            process.kill()
