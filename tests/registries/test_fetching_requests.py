"""What a first load costs: one request, by alias, by version and for the latest one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from promptsync.errors import UnknownAliasError, UnknownPromptError
from promptsync.fetching import fetch
from promptsync.registries.base import Registry
from promptsync.registries.local import LocalRegistry
from promptsync.registries.mlflow import MlflowRegistry
from promptsync.registries.routing_file import RoutingFile
from tests.builders import prompt
from tests.fakes.braintrust import BraintrustServer
from tests.fakes.opik import FallsBackToWorkspace, OpikServer
from tests.mlflow_relay import MlflowRelay
from tests.mlflow_server import MlflowServer, needs_mlflow
from tests.registries.conftest import OpenBraintrust, OpenLocal, OpenOpik
from tests.registries.contract import STAMP

pytestmark = pytest.mark.network

WHICH = ["latest", "alias", "version"]


def fill(registry: Registry) -> list[str]:
    """Store two versions, the older one in production and the newer one in staging."""
    versions = [registry.save_prompt(prompt(text=text), STAMP).version for text in ("old", "new")]
    for alias, version in zip(("production", "staging"), versions, strict=True):
        registry.set_alias("greeting", alias, version)
    return versions


def fetch_content(registry: Registry, which: str, versions: list[str]) -> object:
    """Fetch the newer version as the latest one, or the older one in another way."""
    found = fetch(
        registry,
        "greeting",
        alias="production" if which == "alias" else None,
        version=versions[0] if which == "version" else None,
    )
    return found.prompt.content


def expected(which: str) -> str:
    return "new" if which == "latest" else "old"


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Collect what is asked of databases."""
    found: list[str] = []

    def remember(*arguments: object) -> None:
        found.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", remember)
    yield found
    event.remove(Engine, "before_cursor_execute", remember)


@pytest.mark.parametrize("which", WHICH)
def test_a_database_is_asked_once(open_local: OpenLocal, statements: list[str], which: str) -> None:
    versions = fill(open_local())
    registry = open_local()
    statements.clear()

    assert fetch_content(registry, which, versions) == expected(which)
    assert len(statements) == 1


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("project", ["project", "project_id"])
def test_braintrust_at_a_known_address_is_asked_once(
    service: BraintrustServer, open_braintrust: OpenBraintrust, project: str, which: str
) -> None:
    versions = fill(open_braintrust())
    project_id = service.project("Trader").id
    by_name, by_id = {"project": "Trader"}, {"project": None, "project_id": project_id}
    named = by_name if project == "project" else by_id
    registry = open_braintrust(api_url=service.url, **named)
    service.requests.clear()

    assert fetch_content(registry, which, versions) == expected(which)
    assert [each.path for each in service.requests] == ["/v1/prompt"]


@pytest.mark.parametrize("which", WHICH)
def test_braintrust_is_asked_once_by_the_second_process(
    service: BraintrustServer, open_braintrust: OpenBraintrust, tmp_path: Path, which: str
) -> None:
    versions = fill(open_braintrust())
    fetch_content(open_braintrust(routing_cache=RoutingFile(tmp_path)), which, versions)
    service.requests.clear()
    registry = open_braintrust(routing_cache=RoutingFile(tmp_path))

    assert fetch_content(registry, which, versions) == expected(which)
    assert [each.path for each in service.requests] == ["/v1/prompt"]


@needs_mlflow
@pytest.mark.vendor
@pytest.mark.parametrize("which", WHICH)
def test_mlflow_is_asked_once(relay: MlflowRelay, relayed: MlflowRegistry, which: str) -> None:
    versions = fill(relayed)
    relay.requests.clear()

    assert fetch_content(relayed, which, versions) == expected(which)
    assert len(relay.asked) == 1


@needs_mlflow
@pytest.mark.vendor
def test_a_version_that_somebody_registers_at_mlflow_takes_no_look_at_the_one_before(
    mlflow_service: MlflowServer, relay: MlflowRelay, relayed: MlflowRegistry
) -> None:
    relayed.save_prompt(prompt(), STAMP)
    mlflow_service.edit("greeting", "from a notebook")
    relay.requests.clear()

    assert fetch(relayed, "greeting", alias=None, version=None).stamp is None
    assert len(relay.asked) == 1


@pytest.mark.parametrize("which", WHICH)
def test_opik_is_asked_once_for_a_prompt_that_was_seen(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path, which: str
) -> None:
    versions = fill(open_opik())
    fetch_content(open_opik(cache=tmp_path), which, versions)
    opik_service.requests.clear()

    assert fetch_content(open_opik(cache=tmp_path), which, versions) == expected(which)
    assert len(opik_service.requests) == 1


@pytest.mark.parametrize("which", WHICH)
def test_opik_is_asked_for_the_project_and_its_prompt_the_first_time(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path, which: str
) -> None:
    versions = fill(open_opik())
    opik_service.requests.clear()

    assert fetch_content(open_opik(cache=tmp_path), which, versions) == expected(which)
    assert {each.path.removeprefix("/v1/private/") for each in opik_service.requests} == {
        "projects/retrieve",
        f"prompts/{prompt_id(opik_service)}",
        "prompts/versions/retrieve",
    }
    assert len(opik_service.requests) == 3


def prompt_id(service: OpikServer) -> str:
    return next(iter(service.store.prompts)).id


@pytest.mark.parametrize("which", ["latest", "version"])
def test_a_prompt_of_another_opik_project_is_never_taken(
    opik_service: OpikServer, open_opik: OpenOpik, which: str
) -> None:
    opik_service.inject(FallsBackToWorkspace())
    opik_service.project("Screener")
    versions = fill(open_opik(project="Screener"))

    with pytest.raises(UnknownPromptError):
        fetch_content(open_opik(), which, versions)


@pytest.fixture
def sqlite(sqlite_file: Path) -> Iterator[LocalRegistry]:
    """Return the embedded registry over an empty file."""
    with closing(LocalRegistry(f"sqlite:///{sqlite_file}")) as registry:
        yield registry


def test_an_opik_project_that_was_made_anew_is_found_by_a_process_that_knew_the_old_one(
    opik_service: OpikServer, open_opik: OpenOpik
) -> None:
    versions = fill(open_opik())
    running = open_opik()
    fetch_content(running, "latest", versions)
    opik_service.person.deletes("greeting")
    opik_service.store.projects.delete(opik_service.project("Trader").id)
    opik_service.project("Trader")
    fill(open_opik())

    assert fetch_content(running, "latest", versions) == "new"


REGISTRIES = [
    "sqlite",
    "braintrust",
    "opik",
    pytest.param("mlflow", marks=[needs_mlflow, pytest.mark.vendor]),
]


@pytest.mark.parametrize("kind", REGISTRIES)
def test_every_registry_tells_prompt_version_and_alias_apart(
    request: pytest.FixtureRequest, kind: str
) -> None:
    registry: Registry = request.getfixturevalue(kind)
    with pytest.raises(UnknownPromptError, match="has no prompt `greeting`"):
        fetch(registry, "greeting", alias="production", version=None)
    with pytest.raises(UnknownPromptError, match="has no prompt `greeting`"):
        fetch(registry, "greeting", alias=None, version="1")
    stored = registry.save_prompt(prompt(), STAMP)

    with pytest.raises(UnknownAliasError, match="no version of `greeting` has the ali") as none:
        fetch(registry, "greeting", alias="production", version=None)
    registry.set_alias("greeting", "staging", stored.version)
    with pytest.raises(UnknownAliasError, match="; it has `staging`"):
        fetch(registry, "greeting", alias="production", version=None)
    with pytest.raises(UnknownPromptError, match="has no version `77` of `greeting`"):
        fetch(registry, "greeting", alias=None, version="77")
    assert "it has" not in none.value.message
