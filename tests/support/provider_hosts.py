"""A provider host in its own process, called over gRPC like the engine does."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from support.processes import environment
from tamr_provider.resources.provider import JobProvider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWN, STOCK = "tamr_provider.resources.host", "pulumi.dynamic"
PROVIDER = {"__provider": serialize_provider(JobProvider())}
URN = "urn:pulumi:dev::shop::pulumi-python:dynamic/tamr:Load::"


class Host:
    """The calls of a host. `create_later` and `update_later` return a future."""

    def __init__(self, stub: Any, process: subprocess.Popen[bytes]) -> None:
        self._stub = stub
        self.process = process

    def check(self, news: dict[str, Any], olds: dict[str, Any] | None = None) -> Any:
        return self._stub.Check(
            provider_pb2.CheckRequest(urn=URN, olds=_struct(olds or {}), news=_struct(news)),
            timeout=10,
        )

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Any:
        request = provider_pb2.DiffRequest(id=id_, urn=URN, olds=_struct(olds), news=_struct(news))
        return self._stub.Diff(request, timeout=10)

    def create_later(self, inputs: dict[str, Any], timeout: float = 0) -> Any:
        """Return a future of the response; `timeout` is that of `custom_timeouts`, in seconds."""
        request = provider_pb2.CreateRequest(urn=URN, properties=_struct(inputs), timeout=timeout)
        return self._stub.Create.future(request, timeout=60)

    def create(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        response = self.create_later(inputs).result()
        return response.id, rpc.deserialize_properties(response.properties)

    def update_later(
        self, id_: str, olds: dict[str, Any], news: dict[str, Any], *, preview: bool = False
    ) -> Any:
        request = provider_pb2.UpdateRequest(
            id=id_, urn=URN, olds=_struct(olds), news=_struct(news), preview=preview
        )
        return self._stub.Update.future(request, timeout=60)

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Return the outputs."""
        response = self.update_later(id_, olds, news).result()
        return dict(rpc.deserialize_properties(response.properties))

    def preview(self, inputs: dict[str, Any], provider: str = "") -> Any:
        """Return the response to a preview; `provider` is another pickled provider than ours."""
        properties = _struct({**inputs, "__provider": provider} if provider else inputs)
        request = provider_pb2.CreateRequest(urn=URN, properties=properties, preview=True)
        return self._stub.Create(request, timeout=60)

    def read(self, id_: str, outputs: dict[str, Any]) -> Any:
        request = provider_pb2.ReadRequest(id=id_, urn=URN, properties=_struct(outputs))
        return self._stub.Read(request, timeout=10)

    def read_unknown(self, id_: str) -> Any:
        """Read a resource that is not in the state, as an import does."""
        return self._stub.Read(provider_pb2.ReadRequest(id=id_, urn=URN), timeout=10)

    def delete(self, id_: str, outputs: dict[str, Any]) -> None:
        request = provider_pb2.DeleteRequest(id=id_, urn=URN, properties=_struct(outputs))
        self._stub.Delete(request, timeout=10)

    def cancel(self) -> None:
        self._stub.Cancel(empty_pb2.Empty(), timeout=10)


def _struct(values: dict[str, Any]) -> Any:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(rpc.serialize_properties({**PROVIDER, **values}, {}))
    finally:
        loop.close()


class Engine(engine_pb2_grpc.EngineServicer):
    """The engine's log service. `lines` has (urn, message, is_ephemeral)."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, bool]] = []
        self._changed = threading.Condition()

    def Log(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802 - as in the protocol
        with self._changed:
            self.lines.append((request.urn, request.message, request.ephemeral))
            self._changed.notify_all()
        return empty_pb2.Empty()

    def wait_for(self, words: str) -> str:
        """Return the first message that contains the words, once it has come."""

        def found() -> str:
            return next((text for _, text, _ in self.lines if words in text), "")

        with self._changed:
            assert self._changed.wait_for(found, timeout=60), self.lines
            return found()


@contextmanager
def engine() -> Iterator[tuple[Engine, str]]:
    """Run a log service until the block ends. Yield it and its address."""
    server, servicer = grpc.server(ThreadPoolExecutor(4)), Engine()
    engine_pb2_grpc.add_EngineServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield servicer, f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@contextmanager
def host(
    module: str = OWN,
    config: dict[str, str] | None = None,
    cwd: Path | None = None,
    address: str = "",
    **env: str,
) -> Iterator[Host]:
    """Run a host until the block ends, in a folder and for the engine at an address."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", module, *filter(None, [address])],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(**env),
        cwd=cwd,
    )
    assert process.stdout is not None
    with process, grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
        try:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            loop = asyncio.new_event_loop()
            args = loop.run_until_complete(rpc.serialize_properties(dict(config or {}), {}))
            loop.close()
            stub.Configure(provider_pb2.ConfigureRequest(args=args), timeout=10)
            yield Host(stub, process)
        finally:
            process.kill()
