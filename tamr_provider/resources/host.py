"""The SDK's provider host with more workers, cancellation, URNs and previews.

Pulumi's default host runs four calls at a time and ignores Cancel. Its module calls `main()` on
import, so this module replaces public names first and then runs it.
"""

from __future__ import annotations

import base64
import concurrent.futures
import os
import runpy
import threading
import time
from collections.abc import Callable
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from tamr_provider.resources import _engine_context as engine

# More than the creates that the engine runs in parallel (`--parallel`, by default 4 per core), so
# that Cancel, Check and Diff do not wait for them.
_WORKERS = 1024
_CHECK_SECONDS = 1.0
_GRACE_SECONDS = 3.0  # For the request in flight; must exceed the 2 s of a session.


class _WidePool(concurrent.futures.ThreadPoolExecutor):
    def __init__(self, max_workers: int | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(max(max_workers or 0, _WORKERS), *args, **kwargs)


_NO_IMPORT = (
    "a step cannot be imported. Declare it in the program without import, and run pulumi up: it "
    "finds the job and launches nothing"
)
_OUR_MODULE = b"tamr_provider.resources.provider"
_Call = Callable[[Any, Any], Any]
_add_servicer = provider_pb2_grpc.add_ResourceProviderServicer_to_server


def _add_extended_servicer(servicer: Any, server: Any) -> None:
    servicer.Configure = _with_previews(servicer.Configure)
    servicer.Diff = _with_cause(servicer.Diff)
    servicer.Create = _with_call(servicer.Create, provider_pb2.CreateResponse, "properties")
    servicer.Update = _with_call(servicer.Update, provider_pb2.UpdateResponse, "news")
    servicer.Read = _without_import(servicer.Read)
    servicer.Cancel = _with_cancel(servicer.Cancel)
    _add_servicer(servicer, server)


def _with_previews(configure: _Call) -> _Call:
    def call(request: Any, context: Any) -> Any:
        response = configure(request, context)
        response.supportsPreview = True
        return response

    return call


def _with_cause(diff: _Call) -> _Call:
    """Name one property in the row of an update: a new version moves the times as well."""

    def call(request: Any, context: Any) -> Any:
        engine.updated.set(())
        response = diff(request, context)
        for cause in engine.updated.get()[:1]:
            response.hasDetailedDiff = True
            response.detailedDiff[cause].kind = provider_pb2.PropertyDiff.UPDATE
            response.detailedDiff[cause].inputDiff = True
        return response

    return call


def _with_call(run: _Call, respond: Callable[..., Any], inputs_field: str) -> _Call:
    """Pass to the provider the URN and the timeout of a call, and whether it must not launch.

    In a preview of a step that no job satisfies, and of a dynamic resource that is not ours, the
    response is that of a host without previews: all outputs but the inputs are unknown. The
    provider of such a resource does not know previews and would create it.
    """

    def call(request: Any, context: Any) -> Any:
        engine.urn.set(request.urn)
        engine.is_preview.set(request.preview)
        engine.timeout_seconds.set(request.timeout)
        inputs = getattr(request, inputs_field)
        if request.preview and not _is_ours(inputs):
            return respond(properties=inputs)
        response = run(request, context)
        if request.preview and "jobId" not in response.properties:
            return respond(properties=inputs)
        return response

    return call


def _is_ours(inputs: Any) -> bool:
    """Return whether the pickled provider of a resource is of this package."""
    pickled = inputs.fields["__provider"].string_value if "__provider" in inputs else ""
    try:
        return _OUR_MODULE in base64.b64decode(pickled)
    except ValueError:
        return False


def _without_import(read: _Call) -> _Call:
    """Refuse an import in one line: the SDK needs the properties that only the state has."""

    def call(request: Any, context: Any) -> Any:
        if "__provider" not in request.properties and "__provider" not in request.inputs:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, _NO_IMPORT)
        return read(request, context)

    return call


def _with_cancel(cancel: _Call) -> _Call:
    def call(request: Any, context: Any) -> Any:
        engine.cancel()
        return cancel(request, context)

    return call


def _exit_when_orphaned(parent: int) -> None:
    """Exit when the engine is gone: a killed engine sends no Cancel."""
    while os.getppid() == parent:
        time.sleep(_CHECK_SECONDS)
    engine.cancel()
    time.sleep(_GRACE_SECONDS)
    os._exit(1)  # The SDK's main thread waits for a signal that never comes.


def main() -> None:
    """Run the host until the engine stops it."""
    concurrent.futures.ThreadPoolExecutor = _WidePool  # type: ignore[misc]
    provider_pb2_grpc.add_ResourceProviderServicer_to_server = _add_extended_servicer
    threading.Thread(target=_exit_when_orphaned, args=(os.getppid(),), daemon=True).start()
    runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
