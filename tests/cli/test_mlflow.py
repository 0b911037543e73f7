"""The commands with a real MLflow server as the registry."""

from __future__ import annotations

import pytest

from tests.builders import Repo
from tests.cli.running import run
from tests.mlflow_server import MlflowServer, needs_mlflow
from tests.registries.serving import unused_address

pytestmark = [pytest.mark.network, pytest.mark.vendor, needs_mlflow]


@pytest.fixture
def server(
    repo: Repo, running_mlflow: MlflowServer, monkeypatch: pytest.MonkeyPatch
) -> MlflowServer:
    """Make an empty MLflow the registry of a repository with one prompt."""
    running_mlflow.clear()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", running_mlflow.url)
    repo.write("promptsync.toml", '[registries.production]\nkind = "mlflow"\n')
    repo.write("prompts/greeting.md", "---\nmodel: gpt-5-mini\n---\n\nGreet {{name}}.\n")
    repo.commit("Add a greeting")
    return running_mlflow


def test_an_upload_is_in_sync_and_an_edit_comes_back(repo: Repo, server: MlflowServer) -> None:
    assert run("upload", "--yes").code == 0
    assert run("verify").code == 0

    server.edit("greeting", "Greet {{name}} in French.")
    assert (run("verify").code, run("verify", "--format", "json").json["summary"]) == (
        1,
        {"drifted": 1},
    )

    assert run("download", "--yes").code == 0
    assert repo.read("prompts/greeting.md").endswith("\n\nGreet {{name}} in French.\n")
    assert run("verify").code == 0


def test_a_prompt_that_was_never_uploaded_is_diverged_and_not_modified(
    server: MlflowServer,
) -> None:
    server.add_prompt("greeting")
    server.add_version("greeting", **{"mlflow.prompt.text": "from a notebook"})

    assert run("verify", "--format", "json").json["summary"] == {"diverged": 1}


def test_a_text_that_was_rewritten_by_tag_is_drifted(server: MlflowServer) -> None:
    run("upload", "--yes")
    server.set_tag("greeting", "1", "mlflow.prompt.text", "TAMPERED")

    assert run("verify", "--format", "json").json["summary"] == {"drifted": 1}


@pytest.mark.usefixtures("server")
def test_an_alias_is_set_and_verified(repo: Repo) -> None:
    assert run("upload", "--alias", "production", "--yes").code == 0
    assert run("verify", "--alias", "production").code == 0

    repo.write("prompts/greeting.md", "Good morning, {{name}}.\n")
    assert run("upload", "--yes").code == 0

    verified = run("verify", "--alias", "production", "--format", "json")
    assert (verified.code, verified.json["summary"]) == (1, {"modified": 1})


@pytest.mark.usefixtures("server")
def test_a_prompt_that_mlflow_cannot_hold_is_refused_before_anything_is_written(repo: Repo) -> None:
    repo.write("prompts/long.md", "x" * 100_001)

    refused = run("upload", "--yes")

    assert refused.code == 3
    assert "the text has 100,001 characters" in refused.stderr
    assert run("verify", "--format", "json").json["summary"] == {"new": 2}


@pytest.mark.usefixtures("server")
def test_a_server_that_is_down_is_exit_4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", unused_address())

    assert run("verify").code == 4


@pytest.mark.usefixtures("server")
def test_unity_catalog_is_exit_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "databricks-uc")

    refused = run("verify")

    assert refused.code == 2
    assert "`databricks-uc` is Databricks" in refused.stderr


@pytest.mark.usefixtures("server")
def test_a_registry_without_an_address_is_exit_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI")

    refused = run("verify")

    assert (refused.code, refused.stderr) == (
        2,
        "error: registry `production` needs the address of an MLflow server\n\n"
        "hint: set `tracking-uri` in its table, such as http://127.0.0.1:5000, or "
        "MLFLOW_TRACKING_URI\n",
    )
