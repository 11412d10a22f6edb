"""Choices of this emulator for facts that the API's documentation leaves open.

U numbers are unknown facts, I numbers are inferred ones. Code that depends on a choice names its
number in a comment. If a live tenant disproves a choice, correct it in both places.
"""

from __future__ import annotations

ASSUMPTIONS = {
    "U1": "Bodies are the proto's messages in lowerCamelCase; a stop returns {}.",
    "U2": "A create accepts any id; a fault rule can reject it or let the job fail.",
    "U3": "An injected failure has the reason PLANNING_FAILED unless its rule names another. It "
    "follows RUNNING; with a duration of zero it happens while planning, without RUNNING.",
    "U4": "No type, two types, an unset id, or both dataProductId and workflowId: 400. "
    "Unknown fields are ignored.",
    "U5": "Job ids are job_ and random text; jobs are kept forever; an unknown id is 404.",
    "U6": "List knows pageSize, pageToken and filter, and ignores other parameters. A pageSize "
    "over 30 or below 0 is 400, 0 is the default. Tokens do not expire; one sent with another "
    "filter is 400. Tokens mark a position in the order, so a job that starts may be listed "
    "twice, and none is omitted.",
    "U7": "Jobs that never started precede all others, newest creation first.",
    "U8": "Times compare with < <= > >=; OR binds tighter than AND, NOT tightest; keywords and "
    'states are upper case and unquoted, values are in double quotes with \\" and \\\\ as '
    "escapes; an id that is not set equals nothing; anything else is 400.",
    "U9": "statusCode is a number; a 429 has the same form as other errors and no Retry-After "
    "unless a fault rule sets one.",
    "U10": "PENDING, RUNNING and STOPPING jobs use one slot each; a faults file can add hidden "
    "ones. There is no limit per resource.",
    "U11": "Jobs on one resource may run concurrently; 409 is never returned.",
    "U12": "A stopped PENDING job is DONE immediately with STOPPED_BY_USER; its history has no "
    "STOPPING.",
    "U13": "The Schedules API is not emulated.",
    "U14": "Every response has a Date header, in emulated time.",
    "I1": "A create returns a PENDING job.",
    "I2": "One style of unset field throughout: absent, null, or empty. Unset types of a "
    "configuration show only as null; an unset error is null in the empty style.",
    "I3": "Unknown body fields and query names are ignored; snake_case names count as unknown.",
    "I4": "Error reasons are those of webhooks.",
    "401": "A missing and a wrong API key are both 401; 403 and 405 are never returned; an unknown "
    "method of a path is 404.",
    "STOPPING": "A RUNNING job that is stopped is DONE after 2 seconds, unless its own end is due "
    "sooner or its rule has stopsTooLate: then it ends as planned.",
}
