"""Seeding: a starting application creates what its registry lacks, and touches nothing else."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from promptsync import SeedReport, missing_alias, seed
from promptsync.bundle import FILE_NAME, save_bundle
from promptsync.config import RegistryConfig
from promptsync.registries.braintrust import BraintrustRegistry
from promptsync.registries.local import LocalRegistry
from promptsync.remote_prompt import RemotePrompt, Stamp
from tests.builders import Repo, prompt
from tests.deployment import COMMIT, braintrust_with_key, bundle_of, deploy, hash_of
from tests.fakes.braintrust import (
    BraintrustServer,
    EnvironmentsRefused,
    Hangs,
    key_refused,
    unavailable,
)
from tests.fakes.opik import opik_server
from tests.local_registry import pointed_at, versions
from tests.registries.serving import unused_address

GREETING = prompt("greeting", "Say hello to {{name}}.")
FAREWELL = prompt("farewell", "Say goodbye.", registry_options={"braintrust": {"slug": "bye"}})

LOCAL = """\
[registries.local]
kind = "local"
url = "sqlite:///.promptsync/registry.db"
"""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[BraintrustServer]:
    """Return a running Braintrust whose key is in the environment."""
    with braintrust_with_key(monkeypatch, "production", "staging") as service:
        yield service


@pytest.fixture
def app(tmp_path: Path, service: BraintrustServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory of an application that was deployed with two prompt files."""
    folder = deploy(tmp_path / "app", GREETING, FAREWELL, app_url=service.url)
    monkeypatch.chdir(folder)
    return folder


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]


def stored_in(service: BraintrustServer, alias: str | None = None) -> list[RemotePrompt]:
    registry = BraintrustRegistry(project="Trader", api_key=service.api_key, app_url=service.url)
    found = list(registry.get_prompts(["greeting"], alias=alias))
    registry.close()
    return found


# -- what is missing, and what is there --


def test_what_is_missing_is_created_and_the_alias_points_at_it(
    repo: Repo, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "promptsync")
    repo.write("prompts/farewell.md", "Say goodbye.\n")
    repo.write("prompts/greeting.md", "Say hello.\n")

    report = seed(alias="production")

    assert report == SeedReport(
        created={"farewell": "1", "greeting": "1"}, registry="local", alias="production"
    )
    assert report.ok
    assert pointed_at(repo.path, "production") == "1"
    assert [each.getMessage() for each in caplog.records] == [
        "registry `local` was seeded: 2 created, 0 there already"
    ]


def test_seeding_again_skips_everything(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    seed(alias="production")

    report = seed(alias="production")

    assert report == SeedReport(skipped=("greeting",), registry="local", alias="production")
    assert len(versions(repo.path)) == 1


def test_what_is_there_is_never_touched_whatever_it_says(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    registry = LocalRegistry(folder=repo.path)
    registry.save_prompt(prompt(text="Somebody else's."), None)
    registry.close()

    report = seed()

    assert (report.created, report.skipped, report.ok) == ({}, ("greeting",), True)
    assert [each.prompt.content for each in versions(repo.path)] == ["Somebody else's."]


def test_the_alias_of_what_is_there_stays_where_it_is(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    seed(alias="production")
    repo.write("prompts/greeting.md", "Say hello again.\n")

    seed(alias="production")
    seed(alias="staging")

    assert pointed_at(repo.path, "production") == "1"
    assert pointed_at(repo.path, "staging") is None


def uploaded(repo: Repo, *texts: str) -> None:
    """Store versions of the greeting that no alias points at."""
    with closing(LocalRegistry(folder=repo.path)) as registry:
        for text in texts:
            registry.save_prompt(prompt(text=text), None)


def test_an_alias_that_points_at_nothing_is_set_where_a_version_says_the_same(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    uploaded(repo, "Say hello.", "Edited in the registry.")

    report = seed(alias="production")

    assert report == SeedReport(aliased={"greeting": "1"}, registry="local", alias="production")
    assert str(report) == "0 created, 0 there already, 1 given the alias"
    assert pointed_at(repo.path, "production") == "1"
    assert len(versions(repo.path)) == 2


def test_a_prompt_that_says_something_else_gets_no_alias_and_the_reason_is_told(
    repo: Repo, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing_alias, "SETTLES_WITHIN", 0.1)
    repo.write("prompts/greeting.md", "Say hello.\n")
    uploaded(repo, "Somebody else's.")

    report = seed(alias="production")

    reason = "it says something else, and alias `production` points at none of its versions"
    assert (report.ok, report.skipped, report.failed) == (False, (), {"greeting": reason})
    assert pointed_at(repo.path, "production") is None
    assert warnings(caplog) == [
        "registry `local` was not seeded with every prompt: 0 created, 0 there already, 1 failed; "
        f"`greeting`: {reason}"
    ]


def test_a_reason_that_many_prompts_share_is_told_once() -> None:
    failed = dict.fromkeys((f"prompt-{number}" for number in range(7)), "not tried")

    assert str(SeedReport(failed={"greeting": "no answer", **failed})) == (
        "0 created, 0 there already, 8 failed; `greeting`: no answer; "
        "`prompt-0`, `prompt-1`, `prompt-2`, `prompt-3`, `prompt-4` and 2 more: not tried"
    )


def test_an_alias_that_another_release_is_about_to_set_is_waited_for(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing_alias, "SETTLES_WITHIN", 60)
    repo.write("prompts/greeting.md", "Say hello.\n")
    uploaded(repo, "Another release.")
    with closing(LocalRegistry(folder=repo.path)) as other:
        timer = threading.Timer(0.2, other.set_alias, ("greeting", "production", "1"))
        timer.start()

        report = seed(alias="production")
        timer.join()

    assert report == SeedReport(skipped=("greeting",), registry="local", alias="production")


def test_only_the_named_prompts_are_seeded(repo: Repo) -> None:
    repo.write("prompts/farewell.md", "Say goodbye.\n")
    repo.write("prompts/greeting.md", "Say hello.\n")

    assert seed(names=["greeting"]).created == {"greeting": "1"}
    assert versions(repo.path, "farewell") == []


def test_composites_are_seeded_expanded_and_partials_are_not(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "{{> rules}}\n")
    repo.write("prompts/rules.md", "---\npartial: true\n---\n\nBe brief.\n")

    assert seed().created == {"greeting": "1"}
    assert [each.prompt.content for each in versions(repo.path)] == ["Be brief."]


# -- where the prompts come from --


def test_a_work_tree_gives_the_stamp_its_commit(repo: Repo) -> None:
    repo.write("service/promptsync.toml", LOCAL)
    repo.write("service/prompts/greeting.md", "Say hello.\n")
    commit = repo.commit()
    repo.write("service/prompts/farewell.md", "Say goodbye.\n")

    seed("service")

    (greeting,) = versions(repo.path / "service")
    (farewell,) = versions(repo.path / "service", "farewell")
    assert greeting.stamp is not None
    assert (greeting.stamp.path, greeting.stamp.commit) == ("service/prompts/greeting.md", commit)
    assert farewell.stamp is not None
    assert farewell.stamp.commit is None


def test_files_without_git_are_seeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app/prompts").mkdir(parents=True)
    (tmp_path / "app/prompts/greeting.md").write_text("Say hello.\n")
    monkeypatch.chdir(tmp_path / "app")
    monkeypatch.setenv("PATH", "")

    assert seed().created == {"greeting": "1"}


@pytest.mark.network
def test_a_bundle_gives_the_stamp_its_commit(
    tmp_path: Path, service: BraintrustServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRAINTRUST_APP_URL", service.url)
    monkeypatch.setenv("PATH", "")
    bundle = bundle_of(GREETING, alias="production", repository="https://github.com/ada/app.git")
    save_bundle(tmp_path / "prompts.json", bundle)

    report = seed(tmp_path / "prompts.json")

    (stored,) = stored_in(service, alias="production")
    assert report.created == {"greeting": stored.version}
    assert stored.stamp == Stamp(
        content_hash=hash_of(GREETING),
        path="prompts/greeting.md",
        file_sha256="0" * 64,
        commit=COMMIT,
        repository="https://github.com/ada/app.git",
    )


@pytest.mark.system
def test_the_bundle_of_a_package_is_seeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "greeter_of_this_test"
    package.mkdir()
    (package / "__init__.py").touch()
    registry = RegistryConfig(name="local", kind="local", alias=None, options={})
    save_bundle(package / FILE_NAME, bundle_of(GREETING, registry=registry))
    monkeypatch.syspath_prepend(tmp_path)
    working = tmp_path / "working"
    working.mkdir()
    monkeypatch.chdir(working)

    report = seed(package=package.name)

    assert report == SeedReport(created={"greeting": "1"}, registry="local")
    assert (working / ".promptsync" / "registry.db").exists()


@pytest.mark.system
def test_a_package_may_seed_itself_while_it_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "seeds_itself"
    (folder / "prompts").mkdir(parents=True)
    (folder / "prompts" / "greeting.md").write_text("Hello.\n")
    lines = ["import promptsync", "REPORT = promptsync.seed(package=__name__, timeout=60)"]
    (folder / "__init__.py").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)

    assert import_module(folder.name).REPORT.created == {"greeting": "1"}


def test_a_package_that_is_not_installed_is_the_reason() -> None:
    assert seed(package="no_such").reason == "there is no package `no_such`"


def test_a_source_beside_a_package_is_refused() -> None:
    report = seed("prompts.json", package="app")

    assert report.reason == "`source` and `package` exclude each other"


@pytest.mark.network
@pytest.mark.usefixtures("app")
def test_an_environment_that_points_at_nothing_is_set_alike(service: BraintrustServer) -> None:
    seed()

    first, second = seed(alias="production"), seed(alias="production")

    assert first.created == {}
    assert first.aliased.keys() == {"farewell", "greeting"}
    assert second.skipped == ("farewell", "greeting")
    assert [each.version for each in stored_in(service, "production")] == [
        first.aliased["greeting"]
    ]


@pytest.mark.network
def test_a_registry_in_opik_is_seeded_alike(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    with opik_server() as service:
        options = f'kind = "opik"\nproject = "Trader"\nurl = "{service.url}"\n'
        repo.write("promptsync.toml", f"[registries.opik]\n{options}")
        first, second = seed(alias="production"), seed(alias="production")

    assert first == SeedReport(created={"greeting": "v1"}, registry="opik", alias="production")
    assert second == SeedReport(skipped=("greeting",), registry="opik", alias="production")


# -- what goes wrong --


@pytest.mark.network
def test_an_unreachable_registry_is_one_warning_and_an_empty_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = deploy(tmp_path / "app", GREETING, app_url=unused_address())
    monkeypatch.setenv("BRAINTRUST_API_KEY", "sk-secret")

    report = seed(app, alias="production")

    assert (report.created, report.skipped, report.failed) == ({}, (), {})
    assert (report.ok, report.is_reachable) == (False, False)
    (warning,) = warnings(caplog)
    assert warning == f"the registry was not seeded: {report.reason}"
    assert "sk-secret" not in warning
    assert [each.exc_info for each in caplog.records if each.exc_info] == []


@pytest.mark.network
@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("request_", ["*", "GET /v1/prompt"], ids=["at-the-login", "later"])
def test_a_registry_that_hangs_is_given_up_at_the_deadline(
    service: BraintrustServer, request_: str
) -> None:
    service.inject(Hangs(), request_)

    report = seed(timeout=0.3)

    assert (report.created, report.is_reachable) == ({}, False)
    assert report.reason is not None


@pytest.mark.network
@pytest.mark.usefixtures("app")
def test_a_registry_that_goes_down_halfway_leaves_the_rest_for_the_next_start(
    service: BraintrustServer, caplog: pytest.LogCaptureFixture
) -> None:
    fault = service.inject(unavailable(), "PUT /v1/prompt", after=1)

    first = seed()
    fault.times = 0
    second = seed()

    assert (len(first.created), len(first.failed), first.is_reachable) == (1, 1, False)
    assert len(warnings(caplog)) == 1
    assert second.created.keys() == first.failed.keys()
    assert set(second.skipped) == first.created.keys()
    assert second.ok


@pytest.mark.network
@pytest.mark.usefixtures("app")
def test_a_key_that_is_refused_is_one_warning_without_the_key(
    service: BraintrustServer, caplog: pytest.LogCaptureFixture
) -> None:
    service.inject(key_refused())

    report = seed()

    assert (report.ok, report.is_reachable) == (False, True)
    (warning,) = warnings(caplog)
    assert "BRAINTRUST_API_KEY" in warning
    assert service.api_key not in warning


@pytest.mark.network
@pytest.mark.usefixtures("app")
def test_a_service_without_aliases_is_told_before_anything_is_created(
    service: BraintrustServer,
) -> None:
    service.inject(EnvironmentsRefused())

    report = seed(alias="production")

    assert "Pro or Enterprise plan" in (report.reason or "")
    assert seed().created.keys() == {"farewell", "greeting"}


@pytest.mark.network
@pytest.mark.usefixtures("app")
def test_an_alias_that_cannot_be_set_is_told_with_what_was_created() -> None:
    report = seed(alias="nowhere", names=["farewell"])

    assert report.failed["farewell"].startswith("`farewell` was created (version 1")
    assert "but alias `nowhere` does not point at it" in report.failed["farewell"]


@pytest.mark.network
@pytest.mark.usefixtures("app")
def test_a_prompt_that_the_registry_cannot_hold_keeps_no_other_out(app: Path) -> None:
    (app / "prompts/tool.md").write_text("---\ntemplate: jinja2\n---\n\nHi\n")

    report = seed()

    assert report.failed.keys() == {"tool"}
    assert report.created.keys() == {"farewell", "greeting"}


def test_a_wrong_prompt_file_keeps_no_other_out(
    repo: Repo, caplog: pytest.LogCaptureFixture
) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.write("prompts/wrong.md", "---\ntitel: Wrong\n---\n\nHi\n")

    report = seed()

    assert report.created == {"greeting": "1"}
    assert report.reason == "prompts/wrong.md:2:1: unknown key `titel`"
    assert warnings(caplog) == [
        "registry `local` was not seeded with every prompt: 1 created, 0 there already; "
        "prompts/wrong.md:2:1: unknown key `titel`"
    ]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"registry": "nope"}, "there is no registry `nope`"),
        ({"names": "greeting"}, "`names` is a list of names"),
        ({"names": ["nobody"]}, "there is no prompt file for `nobody`"),
        ({"timeout": 0}, "`timeout` is a number of seconds above 0"),
        ({"timeout": "soon"}, "`timeout` is a number of seconds above 0"),
        ({"source": "missing.json"}, "there is no bundle"),
        ({"source": 1}, "`source` is a path, not 1"),
        ({"names": 1}, "`names` is a list of names, not 1"),
        ({"names": [1]}, "`names` is text, not 1"),
        ({"alias": ""}, "`alias` is empty"),
        ({"package": ""}, "`package` is empty"),
    ],
    ids=[
        *("registry", "names", "unknown", "timeout", "text", "bundle", "type"),
        *("number", "numbers", "alias", "package"),
    ],
)
def test_a_mistake_is_a_reason_and_no_exception(
    repo: Repo, options: dict[str, Any], reason: str
) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")

    report = seed(**options)

    assert (report.created, report.is_reachable) == ({}, True)
    assert report.reason is not None
    assert reason in report.reason


# -- several processes at once --


def test_of_processes_that_start_at_once_exactly_one_creates_each_prompt(repo: Repo) -> None:
    for number in range(5):
        repo.write(f"prompts/prompt-{number}.md", f"Text {number}\n")
    program = (
        "import json, promptsync; report = promptsync.seed(alias='production', timeout=60); "
        "[promptsync.load(f'prompt-{n}', alias='production') for n in range(5)]; "
        "found = sorted([*report.skipped, *report.aliased]); "
        "print(json.dumps([report.ok, sorted(report.created), found]))"
    )

    processes = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=os.environ)
        for _ in range(4)
    ]
    answers = [process.communicate()[0] for process in processes]
    told = [json.loads(answer) for answer in answers]

    assert all(ok for ok, _, _ in told)
    assert sorted(name for _, created, _ in told for name in created) == [
        f"prompt-{number}" for number in range(5)
    ]
    assert all(len(created) + len(found) == 5 for _, created, found in told)
    assert all(len(versions(repo.path, f"prompt-{number}")) == 1 for number in range(5))
    assert all(pointed_at(repo.path, "production", f"prompt-{n}") == "1" for n in range(5))


def test_what_another_release_created_meanwhile_is_skipped(repo: Repo, tmp_path: Path) -> None:
    other = Repo.create(tmp_path / "other")
    for each, text in ((repo, "One\n"), (other, "Two\n")):
        url = json.dumps(f"sqlite:///{tmp_path / 'shared.db'}")
        each.write("promptsync.toml", f'[registries.local]\nkind = "local"\nurl = {url}\n')
        each.write("prompts/greeting.md", text)

    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(seed, (repo.path, other.path)))

    assert all(each.ok for each in reports)
    assert [each.created for each in reports].count({"greeting": "1"}) == 1
    assert [each.skipped for each in reports].count(("greeting",)) == 1
