"""Tamr's Jobs API on this machine: one handler, used through a socket or in process.

Written from the API's documentation and from no other source, with the standard library only.
Modules in reading order; a module imports only modules above it:

    assumptions                         choices that the documentation leaves open
    timestamps  duration                text to times and back
    api_error                           an error response
    configuration                       what a job runs; the body of a create
    job                                 the states of a job, computed from the time
    clock                               emulated time, which can run faster
    fault_rules                         how jobs end and which responses are faulty
    fields  fault_file                  strict reading of JSON; the faults file
    options                             the properties of one tenant
    month                               a month of jobs for a new tenant
    tenant                              the jobs, the slots, the rules
    store  lock                         the state file, and its lock
    tokens  predicates  filter_parser   the filter language of the list
    listing                             order and pages
    serialization                       jobs as JSON, with three styles of unset fields
    response  faults                    a response, and how it is made faulty
    routes  request_log                 the call of a request; the requests, for tests
    activity_log                        one line per event, for the terminal
    handler                             from a request to a response
    server                              HTTP on the loopback address
"""

from tamr_provider.emulator.handler import Emulator
from tamr_provider.emulator.options import Options
from tamr_provider.emulator.response import Response

__all__ = ["Emulator", "Options", "Response"]
