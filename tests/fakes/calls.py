"""Raw calls to a fake server, over a real connection and without any client's opinion."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.braintrust import BraintrustServer
from tests.fakes.braintrust.ids import now


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def objects(self) -> list[Any]:
        """The entries of a list."""
        objects: list[Any] = self.json["objects"]
        return objects

    @property
    def slugs(self) -> list[str]:
        """The slugs of a list of prompts, in its order."""
        return [prompt["slug"] for prompt in self.objects]


def call(
    service: BraintrustServer,
    request: str,
    body: object = None,
    *,
    headers: Mapping[str, str] | None = None,
    timeout: float = 10,
) -> Answer:
    """Send a request such as "GET /v1/prompt?slug=greeting" on a connection of its own."""
    method, target = request.split(" ", 1)
    connection = HTTPConnection(urlsplit(service.url).netloc, timeout=timeout)
    try:
        connection.request(
            method,
            target,
            None if body is None else json.dumps(body),
            {"Authorization": f"Bearer {service.api_key}", **(headers or {})},
        )
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, response.read())
    finally:
        connection.close()


def new_prompt(
    service: BraintrustServer, slug: str = "greeting", text: str = "Hello {{name}}", **fields: Any
) -> dict[str, Any]:
    """Build a complete body for POST or PUT /v1/prompt in the project Trader."""
    return {
        "project_id": service.project("Trader").id,
        "name": slug.capitalize(),
        "slug": slug,
        "prompt_data": {"prompt": {"type": "completion", "content": text}},
        **fields,
    }


def put(service: BraintrustServer, slug: str = "greeting", **fields: Any) -> dict[str, Any]:
    """Write a prompt with PUT, and return the echo."""
    answer = call(service, "PUT /v1/prompt", new_prompt(service, slug, **fields))
    assert answer.status == 200, answer.text
    echo: dict[str, Any] = answer.json
    return echo


def wait_for_the_next_millisecond() -> None:
    """Return when `created` of the next write will differ from all before."""
    before = now()
    while now() == before:
        time.sleep(0.0002)
