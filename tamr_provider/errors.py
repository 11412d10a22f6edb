"""All errors, with their exit codes.

TamrError                       1
├── InputError                  2   a file, a setting or a command is invalid; nothing was sent
├── TenantUnreachableError      2   no tenant responds at this URL
├── TenantUnavailableError     75   the tenant stopped responding
├── WaitInterruptedError       75   the wait was interrupted
├── ApiError                    1   Tamr rejected a request
├── TooManyRequestsError        1   429: no free slot, or too many requests
├── ResponseLostError           1   a POST that may have taken effect
├── InvalidResponseError        1   a response in an unknown format
├── PromotionBlockedError       1   the version must not be promoted
├── PromotionPendingError      75   the version can be promoted later
└── StepError                   1   the step is not satisfied
    ├── JobFailedError          1   its job failed
    ├── HeldError               1   a rule or a user's stop keeps it from being launched;
    │                          75   a freeze window or promoteFrom does, which ends by itself
    └── NotFinishedError       75   the wait ended before it was satisfied
"""

from __future__ import annotations


class TamrError(Exception):
    """An error that is shown to the user as a message."""

    exit_code = 1


class InputError(TamrError):
    """A file, a setting or a command is invalid; `problems` has one line for each problem."""

    exit_code = 2

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class TenantUnreachableError(TamrError):
    """No tenant responds at this URL, and none ever did in this process."""

    exit_code = 2


class TenantUnavailableError(TamrError):
    """The tenant stopped responding for longer than the maximum outage."""

    exit_code = 75


class WaitInterruptedError(TamrError):
    """The wait was interrupted."""

    exit_code = 75


class ApiError(TamrError):
    """Tamr rejected a request; `status` is the HTTP status, `reply` the server's message."""

    def __init__(self, status: int, reply: str, what: str, hint: str = "") -> None:
        self.status = status
        self.reply = reply
        hint = f"; {hint}" if hint else _HINTS.get(status, "")
        super().__init__(f"Tamr refused {what}: {status} {reply}".rstrip() + hint)


_HINTS = {
    401: ". Check TAMR_API_KEY, or create a key in Admin Center > API Keys.",
    403: ". The API key's user does not have permission. Ask a tenant admin.",
}


class TooManyRequestsError(TamrError):
    """429: no free slot, or too many requests; `retry_after` is in seconds, or None."""

    def __init__(self, reply: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(f"Tamr is busy: 429 {reply}".rstrip())


class ResponseLostError(TamrError):
    """A POST without a readable response; `sent` is False if it certainly did not arrive."""

    def __init__(self, message: str, *, sent: bool = True) -> None:
        self.sent = sent
        super().__init__(message)


class InvalidResponseError(TamrError):
    """A response in an unknown format."""


class PromotionBlockedError(TamrError):
    """The version must not be promoted, now or later."""


class PromotionPendingError(TamrError):
    """The version is not deployed yet, or its soak time is not over."""

    exit_code = 75


class StepError(TamrError):
    """A step that is not satisfied; `job_id` is "" if it has no job.

    `reason` is short: without the step, the job and the next command.
    """

    def __init__(self, message: str, job_id: str = "", *, reason: str = "") -> None:
        self.job_id = job_id
        self.reason = reason or message
        super().__init__(message)


class JobFailedError(StepError):
    """The step's job failed."""


class HeldError(StepError):
    """A rule or a user's stop keeps the step from being launched; 75 if that ends by itself."""

    def __init__(
        self, message: str, job_id: str = "", *, reason: str = "", ends_by_itself: bool = False
    ) -> None:
        super().__init__(message, job_id, reason=reason)
        if ends_by_itself:
            self.exit_code = 75


class NotFinishedError(StepError):
    """The wait ended before the step was satisfied; its job, if any, is still running."""

    exit_code = 75
