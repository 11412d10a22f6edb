"""The SDK's provider host with more workers, cancellation, URNs and previews.

Pulumi's default host runs four calls at a time and ignores Cancel. Its module calls `main()` on
import, so this module replaces public names first and then runs it.
"""

from __future__ import annotations

import concurrent.futures
import os
import runpy
import threading
import time
from typing import Any

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


_add_servicer = provider_pb2_grpc.add_ResourceProviderServicer_to_server


def _add_extended_servicer(servicer: Any, server: Any) -> None:
    configure = servicer.Configure
    create = servicer.Create
    update = servicer.Update
    cancel = servicer.Cancel

    def configure_with_previews(request: Any, context: Any) -> Any:
        response = configure(request, context)
        response.supportsPreview = True
        return response

    # In a preview of a step that is not satisfied: like a host without previews, which leaves all
    # outputs but the inputs unknown.
    def create_with_urn(request: Any, context: Any) -> Any:
        _set_call(request)
        response = create(request, context)
        if request.preview and "jobId" not in response.properties:
            return provider_pb2.CreateResponse(properties=request.properties)
        return response

    def update_with_urn(request: Any, context: Any) -> Any:
        _set_call(request)
        response = update(request, context)
        if request.preview and "jobId" not in response.properties:
            return provider_pb2.UpdateResponse(properties=request.news)
        return response

    def cancel_waits(request: Any, context: Any) -> Any:
        engine.cancel()
        return cancel(request, context)

    servicer.Configure = configure_with_previews
    servicer.Create = create_with_urn
    servicer.Update = update_with_urn
    servicer.Cancel = cancel_waits
    _add_servicer(servicer, server)


def _set_call(request: Any) -> None:
    """Pass to the provider the URN of a call, and whether it must not launch (a preview)."""
    engine.urn.set(request.urn)
    engine.is_preview.set(request.preview)


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
