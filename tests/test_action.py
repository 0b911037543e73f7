"""The GitHub action and the workflows that use it: real scripts, git and registry, a fake GitHub.

The workflows are the ones that `init` writes, so that what they say fits what the action takes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from promptsync.cli import app
from promptsync.registries.local import LocalRegistry
from promptsync.sticky_comment import read_comment
from tests.actions import Job, Result
from tests.builders import Repo, prompt
from tests.documentation.pages import read_page
from tests.fakes.braintrust import braintrust_server
from tests.fakes.github import TOKEN, GitHubServer, github_server

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(
        sys.platform == "win32",
        reason="bash on Windows may be that of WSL; the workflow `Action` runs the action there",
    ),
]

ROOT = Path(__file__).parents[1]
NO_COMMIT = "0" * 40


@dataclass
class Project:
    """A repository on GitHub with the workflows of `init`, its registry, and a person's clone."""

    github: GitHubServer
    origin: Path
    repo: Repo
    folder: Path
    count: int = 0

    def promptsync(self, *arguments: str) -> str:
        """Run a command in the person's clone."""
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    def push(self, branch: str = "main") -> str:
        self.repo.git("push", "--quiet", "origin", f"HEAD:{branch}")
        return self.repo.git("rev-parse", "HEAD")

    def change(self, text: str, name: str = "greeting") -> None:
        self.repo.write(f"prompts/{name}.md", text)
        self.repo.git("add", ".")
        self.repo.git("commit", "--quiet", "--no-verify", "--message", f"Change {name}")

    def edit_in_registry(self, text: str, name: str = "greeting") -> None:
        """Change a prompt as somebody would in the registry's own interface."""
        registry = LocalRegistry(self.registry_url, author="Mona <mona@example.com>")
        remote = registry.get_prompt(name)
        registry.save_prompt(prompt(name, text), remote.stamp if remote else None)
        registry.close()

    def in_registry(self, name: str = "greeting") -> object:
        registry = LocalRegistry(self.registry_url, author="Mona")
        remote = registry.get_prompt(name)
        registry.close()
        return remote.prompt.content if remote else None

    @property
    def registry_url(self) -> str:
        return f"sqlite:///{(self.folder / 'registry.db').as_posix()}"

    def pull_request(self, text: str = "Say hello, warmly.\n", branch: str = "topic") -> int:
        """Open a pull request that changes the greeting; the person is back on main afterwards."""
        self.repo.git("switch", "--quiet", "--create", branch)
        self.change(text)
        number = self.github.open_pull_request(self.push(branch), branch=branch)
        self.repo.git("switch", "--quiet", "main")
        return number

    def merge(self, number: int) -> tuple[str, str]:
        """Squash a pull request into main; return main before and after."""
        branch = self.github.pull_requests[number - 1]["head"]["ref"]
        self.repo.git("pull", "--quiet", "--ff-only", "origin", "main")
        before = self.repo.git("rev-parse", "HEAD")
        self.repo.git("merge", "--quiet", "--squash", branch)
        self.repo.git("commit", "--quiet", "--no-verify", "--message", f"Merge #{number}")
        after = self.push()
        self.github.merge(number, after)
        return before, after

    def checkout(self) -> Repo:
        """Clone as actions/checkout does with `fetch-depth: 0`."""
        self.count += 1
        path = self.folder / f"checkout-{self.count}"
        subprocess.run(
            ["git", "clone", "--quiet", str(self.origin), str(path)], check=True, cwd=self.folder
        )
        return Repo(path)

    def run(
        self,
        workflow: str,
        checkout: Repo,
        *,
        event: str,
        payload: Mapping[str, Any],
        inputs: Mapping[str, str] | None = None,
        actor: str = "ada",
        overrides: Mapping[str, str] | None = None,
    ) -> Result:
        """Run the action as a workflow of the repository does."""
        event_file = self.folder / f"event-{self.count}.json"
        event_file.write_text(json.dumps(payload))
        variables = {
            "GITHUB_API_URL": self.github.url,
            "GITHUB_REPOSITORY": self.github.repository,
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(event_file),
            "GITHUB_ACTOR": actor,
            "GITHUB_REF_NAME": "main",
            "GITHUB_SHA": checkout.git("rev-parse", "HEAD"),
        }
        job = Job(self.folder / f"runner-{self.count}", checkout.path, variables, TOKEN)
        path = checkout.path / ".github/workflows" / f"promptsync-{workflow}.yml"
        with_ = step_of(path)["with"] | {"version": ""}
        values = {name: fill(str(each), payload, inputs or {}) for name, each in with_.items()}
        action = checkout.path / ".github/actions/promptsync/action.yml"
        return job.run(action, {**values, **(overrides or {})})

    def check(self, number: int, *, fork: bool = False, actor: str = "ada", **with_: str) -> Result:
        """Run the workflow of a pull request on the merge that GitHub would make of it."""
        pull_request = self.github.pull_requests[number - 1]
        checkout = self.checkout()
        checkout.git("checkout", "--quiet", "--detach")
        branch = pull_request["head"]["ref"]
        checkout.git("merge", "--quiet", "--no-ff", "--no-edit", f"origin/{branch}")
        home = "mallory/prompts" if fork else self.github.repository
        head = {**pull_request["head"], "repo": {"full_name": home}}
        payload = {"pull_request": {**pull_request, "head": head, "user": {"login": actor}}}
        return self.run(
            "pull-request",
            checkout,
            event="pull_request",
            payload=payload,
            actor=actor,
            overrides={name.replace("_", "-"): value for name, value in with_.items()},
        )

    def upload(self, before: str) -> Result:
        """Run the workflow of a push to main."""
        return self.run("upload", self.checkout(), event="push", payload={"before": before})

    def look_for_drift(self) -> Result:
        """Run the nightly workflow."""
        return self.run("drift", self.checkout(), event="schedule", payload={})

    def on_branch(self, branch: str, path: str) -> str:
        self.repo.git("fetch", "--quiet", "origin")
        return self.repo.git("show", f"origin/{branch}:{path}")


def step_of(workflow: Path) -> dict[str, Any]:
    (job,) = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values()
    step: dict[str, Any] = job["steps"][-1]
    return step


def fill(text: str, payload: Mapping[str, Any], inputs: Mapping[str, str]) -> str:
    """Evaluate the expressions that the workflows have in their `with`."""
    values = {
        "github.base_ref": "main",
        "github.event.before": payload.get("before", ""),
        "inputs.plan-checksum || 'reviewed'": inputs.get("plan-checksum") or "reviewed",
    }
    return re.sub(r"\$\{\{ (.+?) \}\}", lambda found: str(values[found[1]]), text)


@pytest.fixture
def project(repo: Repo, tmp_path: Path) -> Iterator[Project]:
    """Return a project whose greeting is in git and in the registry."""
    origin = tmp_path / "origin.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(origin)], check=True)
    repo.git("remote", "add", "origin", str(origin))
    with github_server() as github:
        project = Project(github, origin, repo, tmp_path)
        repo.write(
            "promptsync.toml",
            f'[registries.shared]\nkind = "local"\nurl = "{project.registry_url}"\n',
        )
        repo.write("prompts/greeting.md", "Say hello.\n")
        project.promptsync("init", "--yes", "--hook", "none", "--workflows")
        repo.commit()
        project.push()
        project.promptsync("upload", "--yes")
        yield project


def test_a_pull_request_gets_a_comment_with_the_plan_of_its_merge(project: Project) -> None:
    number = project.pull_request()

    result = project.check(number)

    (body,) = project.github.bodies(number)
    reviewed = read_comment(body)
    assert not result.failed, result.log
    assert reviewed is not None
    assert reviewed.plan == result.outputs["plan-checksum"]
    assert reviewed.head == project.github.pull_requests[0]["head"]["sha"]
    assert "### promptsync: the merge uploads 1 prompt\n" in body
    assert "| modified | `greeting` |" in body
    assert "-Say hello.\n+Say hello, warmly.\n" in body
    assert "The merge uploads exactly this: 1 to update." in body
    assert result.outputs["in-sync"] == "false"
    assert json.loads(result.outputs["counts"]) == {"modified": 1}
    assert json.loads(Path(result.outputs["report"]).read_text())["schema"] == 1
    assert result.summary.strip() in body


def test_the_comment_is_found_again_and_changed(project: Project) -> None:
    number = project.pull_request()
    project.github.comment(number, "ada", "What does this upload?")
    project.check(number)
    project.github.comment(number, "mona", project.github.bodies(number)[1])

    project.repo.git("switch", "--quiet", "topic")
    project.change("Say hello, very warmly.\n")
    project.github.pull_requests[0]["head"]["sha"] = project.push("topic")
    project.check(number)

    first, own, quoted = project.github.bodies(number)
    assert first == "What does this upload?"
    assert "+Say hello, very warmly." in own
    assert "+Say hello, warmly." in quoted


def test_a_comment_is_found_among_more_than_a_page_of_them(project: Project) -> None:
    number = project.pull_request()
    for each in range(120):
        project.github.comment(number, "ada", f"Comment {each}")
    project.check(number)

    project.check(number)

    assert len(project.github.bodies(number)) == 121


def test_a_pull_request_without_prompts_gets_no_comment(project: Project) -> None:
    project.repo.git("switch", "--quiet", "--create", "topic")
    project.repo.write("main.py", "")
    project.repo.commit()
    number = project.github.open_pull_request(project.push("topic"))

    result = project.check(number)

    assert (result.failed, project.github.bodies(number)) == (False, [])
    assert "no prompt changed" in result.summary
    assert result.outputs["in-sync"] == "true"


def test_what_others_merged_meanwhile_is_not_part_of_a_pull_request(project: Project) -> None:
    number = project.pull_request()
    project.change("Say goodbye.\n", "farewell")
    project.push()

    result = project.check(number)

    assert json.loads(result.outputs["counts"]) == {"modified": 1}


def test_an_edit_in_the_registry_fails_the_pull_request_that_touches_it(project: Project) -> None:
    number = project.pull_request()
    project.edit_in_registry("Say hello in French.\n")

    result = project.check(number)

    assert result.failed
    assert "::error file=prompts/greeting.md,line=1,title=greeting is diverged::" in result.log
    assert (
        "An upload leaves alone, until somebody decides: greeting."
        in project.github.bodies(number)[0]
    )


def test_at_most_ten_annotations_are_written_errors_first(project: Project) -> None:
    project.repo.git("switch", "--quiet", "--create", "topic")
    for each in range(7):
        text = "---\ninputs:\n  unused: {type: string}\n---\n\nSay hello.\n"
        project.repo.write(f"prompts/extra-{each}.md", text)
    project.repo.commit()
    number = project.github.open_pull_request(project.push("topic"))

    result = project.check(number, fail_on="any")

    assert result.failed
    assert (result.log.count("::error "), result.log.count("::warning ")) == (7, 3)


def test_a_broken_prompt_file_is_annotated_and_makes_no_plan(project: Project) -> None:
    number = project.pull_request("---\ntitel: Hello\n---\n\nSay hello.\n")

    result = project.check(number)

    (body,) = project.github.bodies(number)
    reviewed = read_comment(body)
    assert result.failed
    assert "::error file=prompts/greeting.md,line=2,title=PS003 " in result.log
    assert reviewed is not None
    assert (reviewed.registry, reviewed.plan) == ("shared", None)


@pytest.mark.parametrize(("fork", "actor"), [(True, "mallory"), (False, "dependabot[bot]")])
def test_a_pull_request_without_secrets_is_only_linted_and_says_so(
    project: Project, fork: bool, actor: str
) -> None:
    number = project.pull_request()
    project.github.requests.clear()

    result = project.check(number, fork=fork, actor=actor)

    assert not result.failed, result.log
    assert "comes from a fork or from Dependabot" in result.log
    assert "comes from a fork or from Dependabot" in result.summary
    assert (result.outputs["in-sync"], project.github.requests) == ("", [])


def test_a_fork_with_a_broken_prompt_file_fails(project: Project) -> None:
    number = project.pull_request("---\ntitel: Hello\n---\n\nSay hello.\n")

    assert project.check(number, fork=True).failed


def test_a_token_that_may_not_comment_is_a_warning(project: Project) -> None:
    project.github.jobs_may_comment = False

    result = project.check(project.pull_request())

    assert not result.failed, result.log
    assert "::warning title=promptsync could not comment::" in result.log


def test_comment_and_summary_can_be_left_out(project: Project) -> None:
    number = project.pull_request()

    result = project.check(number, comment="false", summary="false")

    assert (project.github.bodies(number), result.summary) == ([], "")


def test_sarif_is_written_where_it_is_asked_for(project: Project, tmp_path: Path) -> None:
    project.check(project.pull_request(), sarif=str(tmp_path / "promptsync.sarif"))

    document = json.loads((tmp_path / "promptsync.sarif").read_text())
    assert document["runs"][0]["results"][0]["ruleId"] == "modified"


def test_an_unknown_status_to_fail_on_is_named(project: Project) -> None:
    result = project.check(project.pull_request(), fail_on="drifted, changed")

    assert result.failed
    assert "`fail-on` names `changed`, which is no status" in result.log


def test_a_registry_that_is_down_fails_with_its_reason(project: Project) -> None:
    project.repo.git("switch", "--quiet", "--create", "down")
    text = project.repo.read("promptsync.toml")
    url = "postgresql+psycopg://127.0.0.1:1/prompts"
    project.repo.write("promptsync.toml", re.sub('url = ".*"', f'url = "{url}"', text))
    project.repo.commit()
    project.push("main")

    result = project.check(project.pull_request())

    assert result.failed
    assert "::error title=promptsync::postgresql://127.0.0.1:1/prompts cannot be reached" in (
        result.log
    )
    assert "cannot be reached" in result.summary


def test_a_merge_uploads_exactly_what_was_reviewed(project: Project) -> None:
    number = project.pull_request()
    project.check(number)
    before, _ = project.merge(number)

    result = project.upload(before)

    assert not result.failed, result.log
    assert project.in_registry() == "Say hello, warmly."
    assert "Uploaded: 1 to update." in result.summary
    assert result.outputs["in-sync"] == "true"


def test_a_merge_that_would_upload_something_else_uploads_nothing(project: Project) -> None:
    number = project.pull_request()
    project.check(number)
    before, _ = project.merge(number)
    project.edit_in_registry("Say hello in French.\n")

    result = project.upload(before)

    assert result.failed
    assert "something moved since" in result.log
    assert project.in_registry() == "Say hello in French.\n"


def test_a_push_without_a_pull_request_uploads_nothing_and_says_what_to_do(
    project: Project,
) -> None:
    before = project.repo.git("rev-parse", "HEAD")
    project.change("Say hello, warmly.\n")
    commit = project.push()

    result = project.upload(before)

    assert result.failed
    assert f"commit {commit[:12]} is not the merge of a pull request" in result.log
    assert "promptsync upload --dry-run" in result.log
    assert project.in_registry() == "Say hello."


def test_a_push_that_changes_no_prompt_needs_no_review(project: Project) -> None:
    before = project.repo.git("rev-parse", "HEAD")
    project.repo.write("main.py", "")
    project.repo.commit()
    project.push()
    project.github.requests.clear()

    result = project.upload(before)

    assert (result.failed, project.github.requests) == (False, [])


def test_a_comment_that_the_bot_did_not_write_reviews_nothing(project: Project) -> None:
    number = project.pull_request()
    project.check(number)
    (body,) = project.github.bodies(number)
    project.github.comments[number].clear()
    project.github.comment(number, "mallory", body)
    before, _ = project.merge(number)

    result = project.upload(before)

    assert result.failed
    assert f"pull request #{number} has no comment with a plan for registry `shared`" in result.log


def test_a_plan_of_an_earlier_commit_reviews_nothing(project: Project) -> None:
    number = project.pull_request()
    project.check(number)
    project.github.pull_requests[0]["head"]["sha"] = "a" * 40
    before, _ = project.merge(number)

    result = project.upload(before)

    assert result.failed
    assert "aaaaaaaaaaaa was merged; nothing was uploaded" in result.log
    assert project.in_registry() == "Say hello."


def test_running_the_upload_again_has_nothing_to_do(project: Project) -> None:
    number = project.pull_request()
    project.check(number)
    before, _ = project.merge(number)
    project.upload(before)

    result = project.upload(before)

    assert not result.failed, result.log
    assert "nothing to upload" in result.log


def test_a_person_can_upload_with_the_checksum_of_a_dry_run(project: Project) -> None:
    project.change("Say hello, warmly.\n")
    project.push()
    plan = project.promptsync("upload", "--dry-run", "--format", "json")

    result = project.run(
        "upload",
        project.checkout(),
        event="workflow_dispatch",
        payload={},
        inputs={"plan-checksum": json.loads(plan)["plan_checksum"]},
    )

    assert not result.failed, result.log
    assert project.in_registry() == "Say hello, warmly."


def test_the_first_push_of_a_branch_compares_everything(project: Project) -> None:
    result = project.upload(NO_COMMIT)

    assert not result.failed, result.log
    assert json.loads(result.outputs["counts"]) == {"in_sync": 1}


def test_a_merge_promotes_the_configured_alias(project: Project) -> None:
    text = project.repo.read("promptsync.toml")
    project.repo.write("promptsync.toml", f'{text}alias = "production"\n')
    project.repo.commit()
    project.push()
    project.promptsync("upload", "--yes")
    number = project.pull_request()
    project.check(number)
    before, _ = project.merge(number)

    result = project.upload(before)

    registry = LocalRegistry(project.registry_url, author="Mona")
    promoted = registry.get_prompt("greeting", alias="production")
    registry.close()
    assert not result.failed, result.log
    assert promoted is not None
    assert promoted.prompt.content == "Say hello, warmly."


def test_an_edit_in_the_registry_becomes_a_pull_request(project: Project) -> None:
    project.edit_in_registry("Say hello in French.")

    result = project.look_for_drift()

    (made,) = project.github.pull_requests
    branch = "promptsync/shared-edits"
    message = project.repo.git("fetch", "--quiet", "origin") or project.repo.git(
        "log", "-1", "--format=%an <%ae>%n%B", f"origin/{branch}"
    )
    assert not result.failed, result.log
    assert made["head"]["ref"] == branch
    assert made["base"]["ref"] == "main"
    assert made["title"] == "Take over an edit of `greeting` from registry `shared`"
    assert (
        "| `greeting` | `prompts/greeting.md` | `2` | `Mona <mona@example.com>` |" in (made["body"])
    )
    assert project.on_branch(branch, "prompts/greeting.md") == "Say hello in French."
    assert message.startswith(
        "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>\n"
        "Take over an edit of `greeting` from registry `shared`\n\n"
        "Registry-Edit: greeting version 2 by Mona <mona@example.com> at "
    )
    assert f"proposed in {made['html_url']}" in result.log


def test_a_summary_names_the_drift_and_what_became_of_it(project: Project) -> None:
    project.edit_in_registry("Say hello in French.")

    summary = project.look_for_drift().summary

    assert summary.startswith(
        "### promptsync: not in sync\n\nA pull request proposes the registry's edits of greeting.\n"
    )


def test_nothing_happens_while_git_and_registry_agree(project: Project) -> None:
    project.github.requests.clear()

    result = project.look_for_drift()

    assert (result.failed, project.github.requests) == (False, [])
    assert result.outputs["in-sync"] == "true"


def test_the_same_edit_is_proposed_once(project: Project) -> None:
    project.edit_in_registry("Say hello in French.")
    project.look_for_drift()
    project.repo.git("fetch", "--quiet", "origin")
    before = project.repo.git("rev-parse", "origin/promptsync/shared-edits")

    result = project.look_for_drift()

    project.repo.git("fetch", "--quiet", "origin")
    assert not result.failed, result.log
    assert project.repo.git("rev-parse", "origin/promptsync/shared-edits") == before
    assert len(project.github.pull_requests) == 1


def test_a_further_edit_updates_the_proposal(project: Project) -> None:
    project.edit_in_registry("Say hello in French.")
    project.look_for_drift()
    project.edit_in_registry("Say hello in Italian.")

    result = project.look_for_drift()

    (made,) = project.github.pull_requests
    assert not result.failed, result.log
    assert "| `3` |" in made["body"]
    assert project.on_branch("promptsync/shared-edits", "prompts/greeting.md") == (
        "Say hello in Italian."
    )


def test_commits_of_others_on_the_branch_are_not_overwritten(project: Project) -> None:
    project.edit_in_registry("Say hello in French.")
    project.look_for_drift()
    project.repo.git("fetch", "--quiet", "origin")
    project.repo.git("switch", "--quiet", "--create", "review", "origin/promptsync/shared-edits")
    project.change("Say hello in good French.\n")
    commit = project.push("promptsync/shared-edits")
    project.edit_in_registry("Say hello in Italian.")

    result = project.look_for_drift()

    project.repo.git("fetch", "--quiet", "origin")
    assert result.failed
    assert "somebody committed to branch `promptsync/shared-edits`" in result.log
    assert project.repo.git("rev-parse", "origin/promptsync/shared-edits") == commit


def test_a_conflict_is_left_to_a_person_and_the_rest_is_proposed(project: Project) -> None:
    project.change("Say goodbye.\n", "farewell")
    project.promptsync("upload", "--yes")
    project.change("Say hello, warmly.\n")
    project.push()
    project.edit_in_registry("Say hello in French.")
    project.edit_in_registry("Say goodbye in French.", "farewell")

    result = project.look_for_drift()

    branch = "promptsync/shared-edits"
    assert result.failed
    assert "a person has to merge greeting: run `promptsync download`" in result.log
    assert "title=greeting is diverged" in result.log
    assert project.on_branch(branch, "prompts/farewell.md") == "Say goodbye in French."
    assert project.on_branch(branch, "prompts/greeting.md") == "Say hello, warmly."


def test_a_prompt_that_was_never_uploaded_fails_the_nightly_check(project: Project) -> None:
    project.change("Say hello, warmly.\n")
    project.push()

    result = project.look_for_drift()

    assert result.failed
    assert "title=greeting is modified" in result.log
    assert project.github.pull_requests == []


def test_a_repository_that_forbids_jobs_to_propose_is_told_where_to_allow_it(
    project: Project,
) -> None:
    project.github.jobs_may_propose = False
    project.edit_in_registry("Say hello in French.")

    result = project.look_for_drift()

    assert result.failed
    assert "Settings > Actions > General" in result.log


def test_the_merged_proposal_brings_git_and_registry_together(project: Project) -> None:
    project.edit_in_registry("Say hello in French.")
    project.look_for_drift()
    project.repo.git("pull", "--quiet", "origin", "promptsync/shared-edits")
    project.push()

    result = project.look_for_drift()

    assert not result.failed, result.log
    assert result.outputs["in-sync"] == "true"


def test_braintrust_is_verified_and_uploaded_to_alike(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with braintrust_server() as service:
        monkeypatch.setenv("BRAINTRUST_API_KEY", service.api_key)
        monkeypatch.setenv("BRAINTRUST_API_URL", service.url)
        monkeypatch.setenv("BRAINTRUST_APP_URL", service.url)
        project.promptsync("init", "--yes", "--force", "--project", "Trader")
        project.repo.commit()
        project.push()
        project.promptsync("upload", "--yes")
        number = project.pull_request()

        checked = project.check(number)
        before, _ = project.merge(number)
        uploaded = project.upload(before)

    assert not checked.failed, checked.log
    assert not uploaded.failed, uploaded.log
    assert json.loads(uploaded.outputs["counts"]) == {"in_sync": 1}
    assert service.api_key not in checked.log + uploaded.log + checked.summary


def test_a_missing_secret_is_named(project: Project) -> None:
    project.promptsync("init", "--yes", "--force", "--project", "Trader")
    project.repo.commit()
    project.push()

    result = project.check(project.pull_request())

    assert result.failed
    assert "BRAINTRUST_API_KEY" in result.log


@pytest.mark.slow
def test_the_action_installs_what_it_came_with(repo: Repo, tmp_path: Path) -> None:
    if not (ROOT / "promptsync").is_dir():
        pytest.skip("an installed wheel is being tested: there is no source to install")
    if subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "hatchling"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    ).returncode:
        pytest.skip("no package index can be reached, and the action installs from one")
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.commit()
    event = tmp_path / "event.json"
    event.write_text("{}")
    variables = {
        "GITHUB_API_URL": "http://127.0.0.1:1",
        "GITHUB_REPOSITORY": "ada/prompts",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_ACTOR": "ada",
        "GITHUB_REF_NAME": "main",
        "GITHUB_SHA": repo.git("rev-parse", "HEAD"),
    }
    python = {"python": {"python-path": sys.executable}}
    job = Job(tmp_path / "runner", repo.path, variables, TOKEN, given=python)

    result = job.run(ROOT / "action.yml", {"command": "lint"})

    assert not result.failed, result.log
    assert "1 prompt file checked, no findings" in result.log


def test_a_copy_of_the_action_says_that_it_needs_a_version(repo: Repo, tmp_path: Path) -> None:
    CliRunner().invoke(app, ["init", "--yes", "--workflows", "--hook", "none"])
    python = {"python": {"python-path": sys.executable}}
    job = Job(tmp_path / "runner", repo.path, {}, TOKEN, given=python)

    result = job.run(repo.path / ".github/actions/promptsync/action.yml", {"command": "lint"})

    assert result.failed
    assert "this copy of the action needs the input version" in result.log


def test_git_gets_the_token_without_seeing_it_in_an_argument(repo: Repo) -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
    (push,) = [step for step in steps if "git push" in step.get("run", "")]
    settings = {name: value for name, value in push["env"].items() if "GIT_CONFIG" in name}

    answer = subprocess.run(
        ["git", "credential", "fill"],
        cwd=repo.path,
        input="protocol=https\nhost=github.com\n\n",
        env={**os.environ, **settings, "GITHUB_TOKEN": TOKEN},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert answer.stdout.splitlines()[2:] == ["username=x-access-token", f"password={TOKEN}"]
    assert "TOKEN" not in push["run"]


def test_the_documentation_lists_every_input_and_output() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    page = read_page("docs/how-to/github-actions.md")

    assert page.names("Inputs") == list(action["inputs"])
    assert page.names("Outputs") == list(action["outputs"])


def test_no_token_is_ever_in_a_log(project: Project) -> None:
    project.edit_in_registry("Say hello in French.")
    number = project.pull_request()

    results = [project.check(number), project.look_for_drift()]

    assert not [result for result in results if TOKEN in result.log + result.summary]
