"""What can go wrong, drawn as a tree; each error knows its own exit code.

TamrError                   1
├── InputError              2   a file, a setting or a command is wrong; nothing was sent
├── UnreachableError        2   no tenant answers at this address
├── OutageError            75   the tenant stopped answering for longer than we wait
├── WaitInterruptedError   75   we were told to stop waiting
├── RefusedError            1   Tamr said no: status and message
├── BusyError               1   429: no slot or too many requests; always a reason to wait
├── AnswerLostError         1   a POST without a readable answer; it may have taken effect
├── UnreadableError         1   an answer that is not the shape we know
├── PromotionBlockedError        1   a version may not be promoted
├── PromotionPendingError            75   a version may be promoted later
└── StepError               1   a step that did not end satisfied
    ├── JobFailedError      1   its job failed
    ├── HeldError           1   a person has to decide
    └── NotFinishedError   75   its job goes on without us
"""

from __future__ import annotations


class TamrError(Exception):
    """Anything that the product reports to its user in words."""

    exit_code = 1


class InputError(TamrError):
    """A file, a setting or a command is wrong; `problems` has one line each, nothing was sent."""

    exit_code = 2

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class TenantUnreachableError(TamrError):
    """No tenant answers at this address, and none ever did in this process."""

    exit_code = 2


class TenantUnavailableError(TamrError):
    """A tenant that answered before stopped doing so, for longer than we wait."""

    exit_code = 75


class WaitInterruptedError(TamrError):
    """We were told to stop waiting."""

    exit_code = 75


class ApiError(TamrError):
    """Tamr said no; `status` is the HTTP status, `reply` the server's own message."""

    def __init__(self, status: int, reply: str, what: str, hint: str = "") -> None:
        self.status = status
        self.reply = reply
        hint = f"; {hint}" if hint else _HINTS.get(status, "")
        super().__init__(f"Tamr refused {what}: {status} {reply}".rstrip() + hint)


_HINTS = {
    401: "; check the API key in TAMR_API_KEY (keys are made under Admin Center > API Keys)",
    403: "; the API key's user may not do this: ask a tenant admin",
}


class TooManyRequestsError(TamrError):
    """429: no slot, or too many requests; `retry_after` in seconds where the server named it."""

    def __init__(self, reply: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(f"Tamr is busy: 429 {reply}".rstrip())


class ResponseLostError(TamrError):
    """A POST without a readable answer; `sent` is False where it certainly never arrived."""

    def __init__(self, message: str, *, sent: bool = True) -> None:
        self.sent = sent
        super().__init__(message)


class InvalidResponseError(TamrError):
    """An answer that is not the shape we know."""


class PromotionBlockedError(TamrError):
    """A version may not be promoted, whatever time passes."""


class PromotionPendingError(TamrError):
    """A version may be promoted later: it is not held yet, or not for long enough."""

    exit_code = 75


class StepError(TamrError):
    """A step that did not end satisfied; `job_id` is empty where no job is known."""

    def __init__(self, message: str, job_id: str = "") -> None:
        self.job_id = job_id
        super().__init__(message)


class JobFailedError(StepError):
    """The step's job failed."""


class HeldError(StepError):
    """A person has to decide before this step may run again."""


class NotFinishedError(StepError):
    """We stopped waiting; the job, if there is one, goes on."""

    exit_code = 75
