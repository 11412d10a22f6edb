"""The provider's own host: the SDK's, with a wider pool, a Cancel that is heard, URN and preview.

The stock host works on four calls at a time and ignores Cancel. Its module has no guard around
`main()`, so it is run as it is, with public names replaced before it looks them up.
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

# Wider than the creates that the engine has in flight (`--parallel`, 4 per core by default), or
# Cancel, Check and Diff would wait behind them.
_WORKERS = 1024
_SECONDS_BETWEEN_LOOKS = 1.0
_LAST_SECONDS = 3.0  # for the request under way to be answered; a session grants it 2 s


class _WidePool(concurrent.futures.ThreadPoolExecutor):
    def __init__(self, max_workers: int | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(max(max_workers or 0, _WORKERS), *args, **kwargs)


_add = provider_pb2_grpc.add_ResourceProviderServicer_to_server


def _add_listening(servicer: Any, server: Any) -> None:
    configure, create, cancel = servicer.Configure, servicer.Create, servicer.Cancel

    def configure_for_previews(request: Any, context: Any) -> Any:
        answer = configure(request, context)
        answer.supportsPreview = True
        return answer

    def create_for_urn(request: Any, context: Any) -> Any:
        engine.urn.set(request.urn)
        engine.previewing.set(request.preview)
        answer = create(request, context)
        if request.preview and "jobId" not in answer.properties:
            # As where no preview is supported: what is no input is not known yet.
            return provider_pb2.CreateResponse(properties=request.properties)
        return answer

    def cancel_heard(request: Any, context: Any) -> Any:
        engine.cancel()
        return cancel(request, context)

    servicer.Configure = configure_for_previews
    servicer.Create, servicer.Cancel = create_for_urn, cancel_heard
    _add(servicer, server)


def _end_when_orphaned(parent: int) -> None:
    """End when the engine is gone: a killed one sends no Cancel, and nobody hears what we find."""
    while os.getppid() == parent:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    engine.cancel()
    time.sleep(_LAST_SECONDS)
    os._exit(1)  # the SDK's main thread waits for a signal that never comes


def main() -> None:
    """Run the host until the engine ends it."""
    concurrent.futures.ThreadPoolExecutor = _WidePool  # type: ignore[misc]
    provider_pb2_grpc.add_ResourceProviderServicer_to_server = _add_listening
    threading.Thread(target=_end_when_orphaned, args=(os.getppid(),), daemon=True).start()
    runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
