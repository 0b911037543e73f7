"""The main job with Opik, by the commands that a person types."""

from __future__ import annotations

import pytest

from tests.builders import Repo
from tests.cli.running import run
from tests.fakes.opik import OpikServer

pytestmark = pytest.mark.network

GREETING = """\
---
title: Greet
description: Says hello
tags: [support, a]
model: gpt-5-mini
params:
  temperature: 0
---

Hello {{name}}
"""
CONFIG = '[registries.production]\nkind = "opik"\nproject = "Trader"\n'


@pytest.fixture
def opik_repo(repo: Repo, opik_service: OpikServer, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """Return a repository with one committed prompt, whose registry is the fake Opik."""
    monkeypatch.setenv("OPIK_URL_OVERRIDE", opik_service.url)
    repo.write("promptsync.toml", CONFIG)
    repo.write("prompts/greeting.md", GREETING)
    repo.commit("Add a prompt")
    return repo


def test_upload_verify_an_edit_and_download(opik_repo: Repo, opik_service: OpikServer) -> None:
    uploaded = run("upload", "--yes", "--alias", "production")
    assert (uploaded.code, run("verify").code) == (0, 0)
    assert run("verify", "--alias", "production").code == 0
    opik_service.person.edits("greeting", "Good morning {{name}}")

    assert run("verify").code == 1
    assert run("verify", "--alias", "production").code == 0
    downloaded = run("download", "--yes")

    assert downloaded.code == 0
    text = (opik_repo.path / "prompts/greeting.md").read_text()
    assert text == GREETING.replace("Hello", "Good morning")
    assert run("verify").code == 0


def test_details_are_uploaded_once_and_without_a_version(
    opik_repo: Repo, opik_service: OpikServer
) -> None:
    run("upload", "--yes")
    opik_repo.write(
        "prompts/greeting.md", GREETING.replace("Says hello", "Greets").replace("a]", "b]")
    )

    assert run("upload", "--yes").code == 0

    assert "nothing to upload" in run("upload", "--yes").text
    found = opik_service.store.prompt_named("greeting")
    assert (found.description, set(found.tags)) == ("Greets", {"support", "b"})
    assert len(found.versions) == 1


def test_what_an_application_wrote_is_adopted_without_a_version(
    opik_repo: Repo, opik_service: OpikServer
) -> None:
    opik_repo.write("prompts/greeting.md", "Hello {{name}}\n")
    run("upload", "--yes")
    opik_service.person.application_writes("greeting", "Hello {{name}}")

    assert run("verify").code == 0
    assert run("upload", "--adopt", "--yes").code == 0

    assert "nothing to upload" in run("upload", "--adopt", "--yes").text
    assert len(opik_service.store.prompt_named("greeting").versions) == 2


def test_a_change_of_type_is_refused_in_the_plan(opik_repo: Repo, opik_service: OpikServer) -> None:
    run("upload", "--yes")
    opik_repo.write("prompts/greeting.md", "# user:\n\nHello {{name}}\n")

    refused = run("upload", "--yes", "--force")

    assert refused.code == 3
    assert "give the file another name, or delete the prompt there" in refused.stderr
    assert len(opik_service.store.prompt_named("greeting").versions) == 1


@pytest.mark.usefixtures("opik_repo")
def test_without_a_key_and_an_address_both_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPIK_URL_OVERRIDE")

    refused = run("verify")

    assert refused.code == 2
    assert "OPIK_API_KEY" in refused.stderr
    assert "OPIK_URL_OVERRIDE" in refused.stderr


def test_the_project_of_the_configuration_beats_that_of_the_environment(
    opik_repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPIK_PROJECT_NAME", "Elsewhere")
    assert run("upload", "--yes").code == 0

    opik_repo.write("promptsync.toml", CONFIG.replace('project = "Trader"\n', ""))

    assert "no project `Elsewhere`" in run("verify").stderr
