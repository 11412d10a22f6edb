"""What the API's documentation does not settle, and what this emulator does there.

U numbers are unknown facts, I numbers are inferred ones, both as the project counts them. Code
that depends on a choice names its number in a comment; a choice that proves wrong on a live
tenant is corrected there and here.
"""

from __future__ import annotations

ASSUMPTIONS = {
    "U1": "Bodies are the proto's messages in lowerCamelCase; a stop answers {}.",
    "U2": "Any id is accepted at create; a script may refuse it, or let the job fail.",
    "U3": "A scripted failure has the reason PLANNING_FAILED unless the script names another. It "
    "comes after RUNNING; with a duration of zero it comes while planning, without RUNNING.",
    "U4": "No type, two types, an unset id, or both dataProductId and workflowId: 400. "
    "Fields that the API does not know are ignored.",
    "U5": "Job ids are job_ and random text; jobs are kept for ever; an unknown id is 404.",
    "U6": "List knows pageSize, pageToken and filter, and ignores other parameters. A pageSize "
    "over 30 or below 0 is 400, 0 is the default. Tokens do not expire; one sent with another "
    "filter is 400. Tokens mark a place in the order, so a job may be listed twice while it "
    "starts, and none is left out.",
    "U7": "Jobs that never started come before all others, the newest creation first.",
    "U8": "Times compare with < <= > >=; OR binds tighter than AND, NOT tightest; keywords and "
    'states are upper case and unquoted, values are in double quotes with \\" and \\\\ as '
    "escapes; an id that is not set equals nothing; anything else is 400.",
    "U9": "statusCode is a number; a 429 has the same form as other errors and no Retry-After "
    "unless a script sets one.",
    "U10": "PENDING, RUNNING and STOPPING jobs hold a slot each; a script may add hidden ones. "
    "There is no limit per resource.",
    "U11": "Jobs on one resource may run at once; 409 is never answered.",
    "U12": "A stopped PENDING job is DONE at once with STOPPED_BY_USER, without STOPPING in its "
    "history.",
    "U13": "The Schedules API is not emulated.",
    "U14": "Every answer has a Date header, in emulated time.",
    "I1": "A create answers a PENDING job.",
    "I2": "One style of unset field throughout: absent, null, or empty. Unset types of a "
    "configuration show only as null; an unset error is null in the empty style.",
    "I3": "Unknown body fields and query names are ignored; snake_case names count as unknown.",
    "I4": "Error reasons are those of webhooks.",
    "401": "A missing and a wrong API key are both 401; 403 and 405 are never answered, a method "
    "that a path does not know is 404.",
    "STOPPING": "A RUNNING job that is stopped is DONE after 2 seconds, unless its own end is due "
    "sooner or the script says that stops come too late: then it ends as it would have.",
}
