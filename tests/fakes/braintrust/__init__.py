"""A Braintrust that runs in the test: the prompt API over real HTTP on loopback.

    with braintrust_server(PageCap(2)) as service:
        service.inject(RateLimited(retry_after=0), "PUT /v1/prompt", times=1)
        service.person.edits("greeting", "Say hello, and mean it.")
        ...
        assert [request.target for request in service.requests] == […]

What it does is what recordings of the real service show, published with the official SDKs. What no
recording shows is marked with a comment that starts `# Assumption:` and names the evidence.

    projects, prompts, environments   what is stored, without HTTP
    store                             all of it, with one lock
    people                            edits in the web interface
    bodies, listing, answers          what a request may say, select, and get to see
    endpoints, routing, application   from a request to a response
    switches                          how the service may behave instead
    server                            as a context manager
    seeding, __main__                 as a process of its own, for benchmarks

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
    forbidden,
    key_refused,
    unavailable,
)

from .people import Person
from .projects import Organization, Project
from .seeding import generated_prompts, seed
from .server import API_KEY, BraintrustServer, braintrust_server
from .switches import (
    DropsMetadata,
    DropsMetadataEverywhere,
    EnvironmentsRefused,
    EnvironmentUnassignedAnswers,
    OldVersionsKeepTheirSlug,
    PageCap,
    PostReplaces,
    RefusesMetadata,
    RewritesText,
    StopsHalfway,
    UnknownVersionAnswersLatest,
)

__all__ = [
    "API_KEY",
    "AnswersHtml",
    "BraintrustServer",
    "CutsOff",
    "DropsMetadata",
    "DropsMetadataEverywhere",
    "EnvironmentUnassignedAnswers",
    "EnvironmentsRefused",
    "Hangs",
    "Meanwhile",
    "OldVersionsKeepTheirSlug",
    "Organization",
    "PageCap",
    "Person",
    "PostReplaces",
    "Project",
    "RateLimited",
    "Refused",
    "RefusesMetadata",
    "Request",
    "ResetAfterApplying",
    "ResetBeforeApplying",
    "RewritesText",
    "Slow",
    "StopsHalfway",
    "TruncatesJson",
    "UnknownVersionAnswersLatest",
    "braintrust_server",
    "forbidden",
    "generated_prompts",
    "key_refused",
    "seed",
    "unavailable",
]
