"""What is kept of one registry is never taken for that of another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptsync.config import RegistryConfig
from promptsync.registry_identity import registry_key

FOLDER = Path("/srv/app")


def key(kind: str, name: str = "production", *, folder: Path = FOLDER, **options: str) -> str:
    """Return the key of a registry; `_` in the name of an option stands for `-`."""
    spelled = {option.replace("_", "-"): value for option, value in options.items()}
    return registry_key(RegistryConfig(name=name, kind=kind, options=spelled), folder)


def test_a_registry_goes_by_where_it_is_and_not_by_its_name_here() -> None:
    assert key("braintrust", "live", project="Trader") == key("braintrust", project="Trader")
    assert key("braintrust", project="Trader").startswith("braintrust:")


def test_other_projects_addresses_and_kinds_are_told_apart() -> None:
    keys = [
        key("braintrust", project="Trader"),
        key("braintrust", project="Chat"),
        key("braintrust", project="Trader", org_name="acme"),
        key("braintrust", project="Trader", app_url="https://eu.example.com"),
        key("braintrust", project_id="0123"),
        key("opik", project="Trader"),
        key("opik", project="Trader", workspace="acme"),
        key("opik", project="Trader", url="https://opik.example.com/api"),
        key("mlflow", tracking_uri="http://127.0.0.1:5000"),
        key("mlflow", tracking_uri="http://127.0.0.1:5001"),
        key("mlflow", tracking_uri="http://127.0.0.1:5000", registry_uri="http://127.0.0.1:1"),
        key("local"),
        key("local", folder=Path("/srv/other")),
        key("local", url="sqlite:///other.db"),
        key("local", url="postgresql+psycopg://db.example.com/prompts"),
    ]

    assert len(set(keys)) == len(keys)


def test_the_environment_says_which_registry_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    configured = key("mlflow", tracking_uri="http://127.0.0.1:5000")

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5001")

    assert key("mlflow", tracking_uri="http://127.0.0.1:5000") != configured


def test_another_account_is_another_registry_unless_the_organisation_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BRAINTRUST_API_KEY", "sk-one")
    before = key("braintrust", project="Trader")
    named = key("braintrust", project="Trader", org_name="acme")
    monkeypatch.setenv("BRAINTRUST_API_KEY", "sk-two")

    assert key("braintrust", project="Trader") != before
    assert key("braintrust", project="Trader", org_name="acme") == named


def test_a_password_is_no_part_of_where_a_registry_is(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = key("mlflow", tracking_uri="http://127.0.0.1:5000")

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ada:secret@127.0.0.1:5000/")

    assert key("mlflow") == plain
    assert "secret" not in key("mlflow")
