"""Prompts that a registry serves under another name than the application loads them by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from promptsync import Client, PromptFileError, UnknownPromptError
from promptsync.prompt_file import format_prompt
from tests.builders import prompt
from tests.deployment import braintrust_with_key, deploy, upload
from tests.fakes.braintrust import BraintrustServer, Hangs
from tests.loading import GREETING, Clock, facts, settle

pytestmark = pytest.mark.network

# The web team's greeting, among others' in one project.
WEB = prompt("greeting", "Hi!", registry_options={"braintrust": {"slug": "web-greeting"}})
HELLO = GREETING.content


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[BraintrustServer]:
    """Return a registry with two teams' prompts."""
    with braintrust_with_key(monkeypatch, "production") as service:
        upload(service, GREETING, replace(WEB, name="web-greeting", registry_options={}))
        yield service


@pytest.fixture
def web(tmp_path: Path, service: BraintrustServer) -> Path:
    """Return the application of the web team, with its prompt file."""
    return deploy(tmp_path / "web", WEB, app_url=service.url)


def test_in_an_outage_none_gets_the_prompt_of_another_application(
    tmp_path: Path, service: BraintrustServer, web: Path
) -> None:
    other = deploy(tmp_path / "other", app_url=service.url)
    for folder in (other, web):  # on one machine, by one user
        with Client(folder) as client:
            client.load("greeting")
    service.inject(Hangs())

    with Client(other, timeout=0.15) as client:
        assert facts(client.load("greeting")) == (HELLO, "disk", True)
    with Client(web, timeout=0.15) as client:
        assert facts(client.load("greeting")) == ("Hi!", "disk", True)


def test_a_prompt_whose_file_goes_away_is_followed_under_the_name_that_it_had(
    service: BraintrustServer, web: Path
) -> None:
    clock = Clock()
    with Client(web, clock=clock) as client:
        client.load("greeting")
        (web / "prompts" / "greeting.md").unlink()
        service.person.edits("web-greeting", "Hi there!")
        clock.passes(300)
        client.load("greeting")
        settle()

        assert client.load("greeting").template == "Hi there!"


@pytest.mark.usefixtures("service")
def test_a_wrong_prompt_file_is_an_error_and_not_a_reason_to_serve_what_has_its_name(
    web: Path,
) -> None:
    file = web / "prompts" / "greeting.md"
    right = file.read_text()
    file.write_text(right.replace("---", "---\nwrong: [", 1))

    with Client(web) as client:
        with pytest.raises(PromptFileError, match=r"prompts/greeting\.md:\d+:"):
            client.load("greeting")
        file.write_text(right)
        assert client.load("greeting").template == "Hi!"


@pytest.mark.usefixtures("service")
def test_another_wrong_prompt_file_is_no_reason_not_to_serve_this_one(web: Path) -> None:
    (web / "prompts" / "wrong.md").write_text("---\nnonsense: [\n---\n")
    (web / "prompts" / "greeting.md").write_text(format_prompt(WEB, path_name="greeting"))

    with Client(web) as client:
        assert client.load("greeting").template == "Hi!"
        with pytest.raises(UnknownPromptError):
            client.load("elsewhere")
