"""Tamr's Jobs API on this machine: one handler, two doors (a socket; in process for tests).

Written from the API's documentation and from no other source; standard library only. Read in
this order, each module importing only those above it:

    assumptions            what the documentation leaves open, and what was chosen here
    stamp  duration        text to times and back
    refusal                an answer that says no
    configuration          what a job does; the body of a create
    job                    a job's course through its states, computed from the time
    clock                  emulated time: it may run faster, it never runs backwards
    script                 how jobs end and which answers go wrong
    fields  scriptfile     a JSON object read strictly; the file that holds a script
    options                what one tenant is like
    tenant                 the jobs, the slots, the rules
    store  lock            the jobs in a file that survives restarts, and is one emulator's
    words  terms  filters  the list's filter language
    listing                order and pages
    shape                  jobs as JSON, unset fields in one of three styles
    answer  faults         an answer, and how to spoil it
    routes  record         which call a request is; what was asked, for verdicts by tests
    journal                one line per thing worth knowing, for people
    handler                one request in, one answer out
    server                 the door with a socket
"""

from tamr_provider.emulator.handler import Emulator
from tamr_provider.emulator.options import Options
from tamr_provider.emulator.response import Response

__all__ = ["Emulator", "Options", "Response"]
