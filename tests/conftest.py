"""Signals reach the processes that tests start, also where pytest itself was started without them.

A shell starts background jobs with SIGINT and SIGQUIT ignored, nohup with SIGHUP, and children
inherit that.
"""

from __future__ import annotations

import signal

signal.signal(signal.SIGINT, signal.default_int_handler)
for _number in (signal.SIGHUP, signal.SIGQUIT):
    signal.signal(_number, signal.SIG_DFL)
