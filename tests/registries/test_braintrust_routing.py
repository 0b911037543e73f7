"""Finding a Braintrust project: login, organisation, region, and what is remembered of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from promptsync.errors import (
    ConfigError,
    RegistryAnswerError,
    RegistryError,
    RegistryRefusedError,
    RegistryUnavailableError,
)
from promptsync.registries.braintrust import BraintrustRegistry
from tests.builders import prompt
from tests.fakes.braintrust import (
    API_KEY,
    AnswersHtml,
    BraintrustServer,
    Organization,
    RateLimited,
    Refused,
    TruncatesJson,
    braintrust_server,
    forbidden,
    key_refused,
    seed,
)
from tests.fakes.service.exchange import Request, Response, Serve, json_response
from tests.fakes.service.faults import Fault
from tests.registries.conftest import OpenBraintrust
from tests.registries.contract import STAMP
from tests.registries.serving import unused_address

pytestmark = pytest.mark.network

LOGIN = "POST /api/apikey/login"


class Memory(dict[str, Mapping[str, Any]]):
    """A routing cache in memory."""

    def put(self, key: str, value: Mapping[str, Any]) -> None:
        self[key] = value


class Answers:
    """Answers with a given value."""

    on = "*"

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, request: Request, serve: Serve) -> Response:  # noqa: ARG002
        return json_response(self.value)


@pytest.fixture
def serve() -> Iterator[Callable[..., BraintrustServer]]:
    """Return a function that starts another server."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(braintrust_server(**options))


def asked(service: BraintrustServer) -> list[str]:
    return [f"{each.method} {each.target}" for each in service.requests]


def paths(service: BraintrustServer) -> list[str]:
    return [f"{each.method} {each.path}" for each in service.requests]


def fill(service: BraintrustServer, slug: str = "greeting") -> None:
    project = next(service.store.projects.matching())
    seed(service.store, project, [{"name": slug, "slug": slug}])


def names(registry: BraintrustRegistry) -> list[str]:
    return [each.name for each in registry.list_prompts()]


# -- login --


def test_opening_asks_nobody(service: BraintrustServer, open_braintrust: OpenBraintrust) -> None:
    open_braintrust()

    assert service.requests == []


def test_reading_needs_a_login_and_no_project(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    fill(service)

    assert braintrust.get_prompt("greeting") is not None
    assert asked(service) == [
        LOGIN,
        "GET /v1/prompt?project_name=Trader&org_name=Example&slug=greeting&limit=1",
    ]


def test_server_and_project_given_need_no_login(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    fill(service)
    project_id = service.project("Trader").id
    registry = open_braintrust(
        api_url=service.url + "/", project=None, project_id=project_id, app_url=unused_address()
    )

    assert registry.get_prompt("greeting") is not None
    registry.save_prompt(prompt(), STAMP)
    assert asked(service)[0] == f"GET /v1/prompt?project_id={project_id}&slug=greeting&limit=1"
    assert {each.path for each in service.requests} == {"/v1/prompt"}


def test_the_organisation_is_picked_by_name(serve: Callable[..., BraintrustServer]) -> None:
    eu = serve(organizations=[Organization("EU")])
    us = serve(organizations=[Organization("US"), Organization("EU", api_url=eu.url)])
    fill(eu)
    registry = BraintrustRegistry(project="Trader", api_key=API_KEY, app_url=us.url, org_name="EU")

    assert names(registry) == ["greeting"]
    assert paths(us) == [LOGIN]
    assert registry.address == f'braintrust project "Trader" ({eu.url.removeprefix("http://")})'
    registry.close()


def test_the_first_organisation_is_taken_if_none_is_named(
    serve: Callable[..., BraintrustServer],
) -> None:
    service = serve(organizations=[Organization("First"), Organization("Second")])
    fill(service)
    registry = BraintrustRegistry(project="Trader", api_key=API_KEY, app_url=service.url)

    registry.get_prompt("greeting")

    assert service.requests[-1].first("org_name") == "First"
    registry.close()


def test_an_unknown_organisation_is_refused(open_braintrust: OpenBraintrust) -> None:
    with pytest.raises(RegistryRefusedError) as raised:
        names(open_braintrust(org_name="Exampel"))
    assert raised.value.message == "the key belongs to no organisation `Exampel`"
    assert raised.value.hint == "it belongs to `Example`"


def test_a_key_without_any_organisation_is_refused(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(Answers({"org_info": []}))

    with pytest.raises(RegistryRefusedError, match="the key belongs to no organisation"):
        names(braintrust)


def test_a_configured_server_comes_before_that_of_the_login(
    service: BraintrustServer,
    serve: Callable[..., BraintrustServer],
    open_braintrust: OpenBraintrust,
) -> None:
    own = serve()
    fill(own)

    assert names(open_braintrust(api_url=own.url)) == ["greeting"]
    assert service.requests == []


def test_a_wrong_key_names_its_variable(open_braintrust: OpenBraintrust) -> None:
    with pytest.raises(RegistryRefusedError) as raised:
        names(open_braintrust(api_key="sk-wrong"))
    assert raised.value.status == 401
    assert "BRAINTRUST_API_KEY" in (raised.value.hint or "")


def test_a_key_with_a_line_break_behind_it_is_a_key(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    fill(service)

    assert names(open_braintrust(api_key=f" {service.api_key}\n")) == ["greeting"]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"org_info": None},
        {"org_info": ["Example"]},
        {"org_info": [{"name": "Example"}]},
        {"org_info": [{"name": "Example", "api_url": None}]},
        {"org_info": [{"name": "Example", "api_url": "file:///etc/passwd"}]},
    ],
)
def test_a_login_in_an_unknown_shape_is_an_error(
    service: BraintrustServer, braintrust: BraintrustRegistry, answer: Any
) -> None:
    service.inject(Answers(answer))

    with pytest.raises(RegistryAnswerError):
        names(braintrust)


@pytest.mark.parametrize("fault", [AnswersHtml(), TruncatesJson(), key_refused(), forbidden()])
def test_a_login_that_fails_is_an_error(
    service: BraintrustServer, braintrust: BraintrustRegistry, fault: Fault
) -> None:
    service.inject(fault)

    with pytest.raises(RegistryError):
        names(braintrust)


def test_threads_log_in_once(service: BraintrustServer, braintrust: BraintrustRegistry) -> None:
    fill(service)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(braintrust.get_prompt, ["greeting"] * 8))

    assert all(found)
    assert paths(service).count(LOGIN) == 1


@pytest.mark.parametrize("url", ["api.braintrust.dev", "ftp://x", "https://", "http://[", ""])
def test_an_address_that_is_none_is_a_wrong_configuration(
    open_braintrust: OpenBraintrust, url: str
) -> None:
    with pytest.raises(ConfigError, match="is no http or https URL"):
        open_braintrust(app_url=url)


def test_a_registry_needs_a_project(open_braintrust: OpenBraintrust) -> None:
    with pytest.raises(ConfigError, match="needs `project` or `project-id`"):
        open_braintrust(project=None)


# -- the project --


def test_an_empty_project_is_told_from_a_missing_one(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    project_id = service.project("Trader").id

    assert names(open_braintrust()) == []
    assert names(open_braintrust(project=None, project_id=project_id)) == []


@pytest.mark.parametrize(
    "project",
    [
        {"project": "Treader"},
        {"project": None, "project_id": "5f1d2b3c-0000-4000-8000-000000000001"},
        {"project": None, "project_id": "../../x"},
    ],
)
def test_a_missing_project_is_refused(
    service: BraintrustServer, open_braintrust: OpenBraintrust, project: dict[str, Any]
) -> None:
    fill(service)

    uses: list[Callable[[BraintrustRegistry], object]] = [
        names,
        lambda registry: list(registry.list_prompts(wanted=lambda: ["greeting"])),
        lambda registry: registry.get_prompt("greeting"),
        lambda registry: registry.list_versions("greeting"),
        lambda registry: registry.save_prompt(prompt(), STAMP),
    ]
    for use in uses:
        with pytest.raises(RegistryRefusedError):
            use(open_braintrust(**project))


def test_another_project_than_was_asked_for_is_not_taken(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    project: Any = {"id": service.project("Trader").id, "name": "Trader"}
    service.inject(Answers({"objects": [project]}), "GET /v1/project")

    with pytest.raises(RegistryRefusedError, match='no project "Screener"'):
        open_braintrust(project="Screener").save_prompt(prompt(), STAMP)


def test_a_project_is_confirmed_once(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    for name in ("a", "b", "c"):
        assert braintrust.get_prompt(name) is None

    assert paths(service).count("GET /v1/project") == 1


def test_a_project_that_may_not_be_seen_is_not_called_missing(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    service.inject(forbidden(), "GET /v1/project/*")
    registry = open_braintrust(project=None, project_id=service.project("Trader").id)

    with pytest.raises(RegistryRefusedError) as raised:
        names(registry)
    assert raised.value.status == 403


# -- what is remembered --


def test_a_login_is_remembered(service: BraintrustServer, open_braintrust: OpenBraintrust) -> None:
    fill(service)
    memory = Memory()
    names(open_braintrust(routing_cache=memory))
    service.requests.clear()

    assert names(open_braintrust(routing_cache=memory)) == ["greeting"]
    assert LOGIN not in paths(service)
    assert service.requests[0].first("org_name") == "Example"


def test_a_project_is_remembered(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    memory = Memory()
    open_braintrust(routing_cache=memory).save_prompt(prompt("a"), STAMP)
    service.requests.clear()

    open_braintrust(routing_cache=memory).save_prompt(prompt("b"), STAMP)

    assert paths(service) == ["GET /v1/prompt", "PUT /v1/prompt", "GET /v1/prompt"]


def test_no_secret_is_remembered(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    memory = Memory()

    open_braintrust(routing_cache=memory).save_prompt(prompt(), STAMP)

    assert service.api_key not in json.dumps(memory)
    assert list(memory.values()) == [
        {
            "api_url": service.url,
            "org_name": "Example",
            "project_id": service.project("Trader").id,
        }
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"api_key": "sk-other"},
        {"project": "Screener"},
        {"org_name": "Example"},
        {"api_url": "http://127.0.0.1:9"},
        {"project_id": "7"},
    ],
)
def test_another_account_or_project_has_a_memory_of_its_own(
    service: BraintrustServer, open_braintrust: OpenBraintrust, other: dict[str, str]
) -> None:
    memory = Memory()
    names(open_braintrust(routing_cache=memory))
    service.requests.clear()

    with suppress(RegistryError):
        names(open_braintrust(routing_cache=memory, timeout=0.4, **other))
    assert LOGIN in paths(service) or len(memory) == 2


def test_configured_addresses_are_not_remembered(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    memory = Memory()

    names(
        open_braintrust(
            api_url=service.url,
            project=None,
            project_id=service.project("Trader").id,
            routing_cache=memory,
        )
    )

    assert memory == {}


def remember(memory: Memory, **changes: Any) -> None:
    """Change what is remembered, as the world may have changed meanwhile."""
    for key, value in memory.items():
        memory[key] = {**value, **changes}


@pytest.mark.parametrize("changes", [{"api_url": 7}, {"api_url": ""}, {"org_name": ["x"]}])
def test_a_spoiled_memory_does_no_harm(
    service: BraintrustServer, open_braintrust: OpenBraintrust, changes: dict[str, Any]
) -> None:
    fill(service)
    memory = Memory()
    names(open_braintrust(routing_cache=memory))
    remember(memory, **changes)

    assert names(open_braintrust(routing_cache=memory)) == ["greeting"]


def test_a_server_that_moved_is_found_again(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    fill(service)
    memory = Memory()
    names(open_braintrust(routing_cache=memory))
    remember(memory, api_url=unused_address())

    assert names(open_braintrust(routing_cache=memory, timeout=3)) == ["greeting"]
    assert [each["api_url"] for each in memory.values()] == [service.url]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_server_that_no_longer_serves_the_project_is_left(
    service: BraintrustServer,
    serve: Callable[..., BraintrustServer],
    open_braintrust: OpenBraintrust,
    status: int,
) -> None:
    fill(service)
    old = serve()
    old.inject(Refused(status))
    memory = Memory()
    names(open_braintrust(routing_cache=memory))
    remember(memory, api_url=old.url)

    assert names(open_braintrust(routing_cache=memory)) == ["greeting"]
    assert [each["api_url"] for each in memory.values()] == [service.url]


def test_a_server_where_the_project_is_gone_is_left(
    service: BraintrustServer,
    serve: Callable[..., BraintrustServer],
    open_braintrust: OpenBraintrust,
) -> None:
    fill(service)
    old = serve(projects=[])
    memory = Memory()
    names(open_braintrust(routing_cache=memory))
    remember(memory, api_url=old.url)

    assert names(open_braintrust(routing_cache=memory)) == ["greeting"]


def test_a_project_made_anew_gets_its_new_id(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    memory = Memory()
    open_braintrust(routing_cache=memory).save_prompt(prompt(), STAMP)
    service.store.projects.delete(service.project("Trader"))
    service.store.projects.add(service.store.organizations[0], "Trader")

    stored = open_braintrust(routing_cache=memory).save_prompt(prompt(text="again"), STAMP)

    assert stored.prompt.content == "again"
    assert service.store.projects.get(str(_project_ids(memory)[0])) is not None


def _project_ids(memory: Memory) -> list[object]:
    return [each["project_id"] for each in memory.values()]


def test_a_route_is_found_anew_only_once(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    memory = Memory()
    names(open_braintrust(routing_cache=memory))
    service.requests.clear()
    service.inject(forbidden(), "GET /v1/prompt")
    registry = open_braintrust(routing_cache=memory)

    for _ in range(3):
        with pytest.raises(RegistryRefusedError):
            names(registry)
    assert paths(service).count(LOGIN) == 1


def test_threads_find_a_route_anew_once(
    service: BraintrustServer,
    serve: Callable[..., BraintrustServer],
    open_braintrust: OpenBraintrust,
) -> None:
    fill(service)
    old = serve()
    old.inject(forbidden())
    memory = Memory()
    names(open_braintrust(routing_cache=memory))
    remember(memory, api_url=old.url)
    service.requests.clear()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(open_braintrust(routing_cache=memory).get_prompt, ["greeting"] * 8))

    assert all(found)
    assert paths(service).count(LOGIN) == 1


def test_a_service_that_is_busy_is_no_reason_to_log_in(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    memory = Memory()
    names(open_braintrust(routing_cache=memory))
    service.requests.clear()
    service.inject(RateLimited(0))

    with pytest.raises(RegistryUnavailableError):
        names(open_braintrust(routing_cache=memory))
    assert LOGIN not in paths(service)
    assert memory
