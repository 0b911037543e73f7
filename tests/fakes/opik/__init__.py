"""An Opik that runs in the test: the prompt API over real HTTP on loopback.

    with opik_server() as service:
        service.inject(RateLimited(retry_after=0), "POST /v1/private/prompts/versions", times=1)
        service.person.edits("greeting", "Say hello, and mean it.")
        ...
        assert [request.target for request in service.requests] == […]

The real backend needs MySQL, ClickHouse, Redis and more, and was never run here. What the fake does
is what the service's published source of July 2026 and its OpenAPI document say. Comments that
start `# Source:` name the part of the source; what neither tells starts `# Assumption:`. That the
official client and its own end-to-end tests accept the fake is proven by tests.

    projects, prompts, environments,   what is stored, without HTTP
      experiments
    collation, json_values             MySQL's idea of equal names, and of JSON
    store                              all of it, with one lock
    people                             edits in the web interface, and applications that write
    bodies, filtering, answers         what a request may say, select, and get to see
    endpoints, routing, application    from a request to a response
    switches                           how the service may behave instead
    server                             as a context manager
    seeding, __main__                  as a process of its own, for benchmarks

Requests, responses, sockets and faults are those of every fake, see tests.fakes.service.
"""

from __future__ import annotations

from tests.fakes.service.exchange import Request
from tests.fakes.service.faults import (
    AnswersHtml,
    CutsOff,
    Hangs,
    Meanwhile,
    RateLimited,
    Refused,
    ResetAfterApplying,
    ResetBeforeApplying,
    Slow,
    TruncatesJson,
)

from .people import Person
from .seeding import generated_prompts, seed
from .server import OpikServer, opik_server
from .switches import FallsBackToWorkspace, PageCap, WithoutEnvironmentsById

__all__ = [
    "AnswersHtml",
    "CutsOff",
    "FallsBackToWorkspace",
    "Hangs",
    "Meanwhile",
    "OpikServer",
    "PageCap",
    "Person",
    "RateLimited",
    "Refused",
    "Request",
    "ResetAfterApplying",
    "ResetBeforeApplying",
    "Slow",
    "TruncatesJson",
    "WithoutEnvironmentsById",
    "generated_prompts",
    "opik_server",
    "seed",
]
