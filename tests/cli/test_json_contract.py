"""The keys that scripts rely on. A key that goes, or changes its type, needs another `schema`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import Repo
from tests.cli.running import run
from tests.cli.scenes import edit_in_registry, with_greeting
from tests.fakes.braintrust import BraintrustServer

STATE = {
    "name": "str",
    "status": "str",
    "path": "str",
    "local_hash": "str",
    "stamped_hash": "str",
    "remote_hash": "str",
    "version": "str",
    "uploaded_version": "null",
    "details_differ": "bool",
    "note": "null",
    "changed_partials": "null",
}
POINTER = {"version": "str", "content_hash": "str", "in_sync": "bool"}
REPORT: dict[str, Any] = {
    "schema": "int",
    "registry": "str",
    "kind": "str",
    "alias": "null",
    "in_sync": "bool",
    "plan_checksum": "str",
    "prompts": [STATE | {"aliases": "null"}],
    "summary": {"drifted": "int"},
}
CHANGE = {
    "name": "str",
    "action": "str",
    "renamed_from": "null",
    "path": "str",
    "files": [],
    "before": "str",
    "after": "str",
    "version": "null",
    "commit": "null",
}
WRITE = CHANGE | {"files": ["str"]}
MOVE = CHANGE | {"version": "str"}
PLAN = {
    "schema": "int",
    "registry": "str",
    "alias": "null",
    "direction": "str",
    "plan_checksum": "str",
    "changes": [CHANGE],
    "refused": [],
    "shared": [],
    "notes": [],
    "results": [],
}
REFUSED = {"name": "str", "status": "str", "reason": "str", "hint": "str", "details": []}
RESULT = {"name": "str", "action": "str", "done": "bool", "error": "null"}
VERSION = {
    "version": "str",
    "content_hash": "str",
    "commit": "null",
    "author": "str",
    "date": "str",
}
ORIGIN = {
    "content_hash": "str",
    "name": "str",
    "path": "str",
    "commit": "str",
    "registry": "null",
    "version": "null",
    "stamped_hash": "null",
}
RESTORED = {
    "schema": "int",
    "name": "str",
    "path": "str",
    "version": "str",
    "content_hash": "str",
    "changed": "bool",
}
ERROR = {
    "schema": "int",
    "error": {
        "kind": "str",
        "code": "int",
        "message": "str",
        "hint": "str",
        "problems": [],
    },
}

SYNC = {
    "schema": "int",
    "registry": "str",
    "alias": "null",
    "policy": "str",
    "dry_run": "bool",
    "pull_changed": "int",
    "pull_failed": "int",
    "individual_synced": "int",
    "individual_failed": "int",
    "composite_synced": "int",
    "composite_failed": "int",
    "conflicts": "int",
    "commit": "null",
    "branch": "null",
    "waiting": [],
    "pull": [WRITE],
    "push": [],
    "results": [],
    "error": "null",
}
SYNCED = {
    "name": "str",
    "result": "str",
    "action": "str",
    "done": "bool",
    "tried": "bool",
    "path": "str",
    "version": "str",
    "reason": "null",
    "error": "null",
}

EXPORTED = {
    "name": "str",
    "file_name": "str",
    "path": "null",
    "text": "str",
    "done": "bool",
    "notes": [],
}

CONTRACT: dict[str, Any] = {
    "status": REPORT | {"prompts": [STATE | {"aliases": {"beta": POINTER, "live": POINTER}}]},
    "status --no-aliases": REPORT,
    "verify": REPORT,
    "diff": {
        "schema": "int",
        "registry": "str",
        "in_sync": "bool",
        "prompts": [STATE | {"diff": "str"}],
    },
    "upload --dry-run": PLAN | {"changes": [], "refused": [REFUSED]},
    "upload --force --yes": PLAN | {"results": [RESULT | {"version": "str", "reason": "null"}]},
    "download --dry-run": PLAN | {"changes": [WRITE]},
    "download --yes": PLAN
    | {
        "changes": [WRITE],
        "results": [RESULT | {"path": "str", "paths": ["str"], "conflict": "bool"}],
    },
    "promote --force --alias live --dry-run": PLAN | {"alias": "str", "changes": [MOVE]},
    "rollback greeting --alias beta --yes": PLAN
    | {
        "alias": "str",
        "changes": [MOVE | {"commit": "str"}],
        "results": [RESULT | {"version": "str", "reason": "null"}],
    },
    "sync --dry-run": SYNC,
    "sync --yes": SYNC | {"results": [SYNCED]},
    "history greeting": {
        "schema": "int",
        "registry": "str",
        "name": "str",
        "versions": [VERSION],
    },
    "restore greeting 1": RESTORED,
    "where sha256:3e19fa7c5cbc": {"schema": "int", "origins": [ORIGIN]},
    "export greeting --to github": {"schema": "int", "format": "str", "prompts": [EXPORTED]},
    "graph": {
        "schema": "int",
        "prompts": [
            {
                "name": "str",
                "path": "str",
                "partial": "bool",
                "includes": [],
                "included_by": [],
            }
        ],
        "missing": [],
        "circles": [],
    },
    "lint": {"schema": "int", "checked": "int", "problems": []},
    "diff nobody": ERROR,
    "diff --nope": ERROR,
}


def shape(value: object) -> object:
    """Return the keys and types of a document; a list is like its first entry."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value[:1]]
    return "null" if value is None else type(value).__name__


@pytest.mark.parametrize("command", CONTRACT)
def test_the_keys_of_a_document_stay(repo: Repo, command: str) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    run("promote", "--alias", "live", "--yes")
    edit_in_registry(repo, "greeting", "people", "friends")
    run("promote", "greeting", "--version", "2", "--alias", "live", "--yes")
    run("promote", "greeting", "--version", "2", "--alias", "beta", "--yes")

    document = run(*command.split(), "--format", "json").json

    assert shape(document) == CONTRACT[command]
    assert document["schema"] == 1


def test_what_is_remembered_of_syncs_has_these_keys(repo: Repo) -> None:
    with_greeting(repo)
    run("sync", "--yes")

    document = run("sync", "--status", "--format", "json").json

    assert shape(document) == {
        "schema": "int",
        "registry": "str",
        "done_today": "bool",
        "markers": [{"name": "str", "at": "str", "future": "bool"}],
        "runs": [
            {
                "started": "str",
                "seconds": "float",
                "exit_code": "int",
                "pull_changed": "int",
                "pull_failed": "int",
                "individual_synced": "int",
                "individual_failed": "int",
                "composite_synced": "int",
                "composite_failed": "int",
                "conflicts": "int",
                "whole": "bool",
                "error": "null",
            }
        ],
    }


def test_a_finding_has_these_keys(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "---\ntitel: Greeting\n---\n\nSay hello.\n")

    finding = run("lint", "--format", "json").json["problems"][0]
    error = run("verify", "--format", "json").json["error"]

    assert shape(finding) == {
        "path": "str",
        "line": "int",
        "column": "int",
        "rule": "str",
        "severity": "str",
        "message": "str",
        "hint": "str",
    }
    assert shape(error["problems"]) == [{"path": "str", "line": "int", "message": "str"}]


@pytest.mark.network
def test_the_performance_of_a_prompt_has_these_keys(repo: Repo, trader: BraintrustServer) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    trader.person.evaluates("greeting", scores=[{"a": 0.5}], metrics={"duration": 1.5})

    document = run("performance", "--format", "json").json

    assert document["schema"] == 1
    assert shape(document) == {
        "schema": "int",
        "registry": "str",
        "kind": "str",
        "prompts": [
            {
                "name": "str",
                "left_out": "int",
                "mixed": "int",
                "versions": [
                    {
                        "version": "str",
                        "content_hash": "str",
                        "commit": "str",
                        "date": "str",
                        "experiments": "int",
                        "examples": "null",
                        "scores": {"a": "float"},
                        "cost": "null",
                        "duration": "float",
                    }
                ],
            }
        ],
    }


def test_nothing_to_compare_is_an_empty_report(repo: Repo) -> None:
    with_greeting(repo)

    for option in (["--staged"], ["--changed-since", "HEAD"]):
        assert run("verify", *option, "--format", "json").json == {
            "schema": 1,
            "registry": "local",
            "kind": "local",
            "alias": None,
            "in_sync": True,
            "plan_checksum": run(
                "upload", "--dry-run", "--changed-since", "HEAD", "--format", "json"
            ).json["plan_checksum"],
            "prompts": [],
            "summary": {},
        }
