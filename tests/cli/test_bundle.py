"""The bundle on the command line: written from files or a commit, compared within a deadline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from promptsync.bundle import load_bundle
from promptsync.cli import app
from promptsync.content_hash import short_hash
from tests.builders import Repo, prompt
from tests.deployment import braintrust_with_key, deploy, hash_of, upload
from tests.fakes.braintrust import BraintrustServer, Hangs, key_refused
from tests.registries.serving import unused_address

FILE = "promptsync-bundle.json"
GREETING = prompt("greeting", "Say hello to {{name}}.")
EDITED = prompt("greeting", "Say hello to {{name}}, and mean it.")


def promptsync(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def shown(result: Result) -> tuple[int, str, str]:
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def committed(repo: Repo) -> str:
    """Commit two prompts and a partial, and return the commit."""
    repo.write("prompts/greeting.md", "Say hello. {{> rules}}\n")
    repo.write("prompts/farewell.md", "Say goodbye.\n")
    repo.write("prompts/rules.md", "---\npartial: true\n---\n\nBe brief.\n")
    return repo.commit()


# -- bundle --


def test_a_bundle_holds_the_expanded_prompts_of_a_commit(repo: Repo, committed: str) -> None:
    result = promptsync("bundle")

    bundle = load_bundle(repo.path / FILE)
    assert shown(result) == (0, "", f"Wrote 2 prompts of commit {committed[:12]} to `{FILE}`\n")
    assert (bundle.commit, bundle.created_from) == (committed, "work_tree")
    assert [each.prompt.content for each in bundle.prompts] == [
        "Say goodbye.",
        "Say hello. Be brief.",
    ]


@pytest.mark.usefixtures("committed")
def test_the_same_commit_makes_the_same_bytes(repo: Repo, tmp_path: Path) -> None:
    clone = repo.clone(tmp_path / "clone")
    one = promptsync("bundle", "--output", "-").stdout
    two = promptsync("bundle", "--output", "-").stdout
    elsewhere = subprocess.run(
        [sys.executable, "-m", "promptsync", "bundle", "-o", "-"],
        cwd=clone.path,
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout

    assert one == two
    assert json.loads(elsewhere)["prompts"] == json.loads(one)["prompts"]
    assert json.loads(elsewhere)["commit"] == json.loads(one)["commit"]


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize(
    "change",
    [
        lambda repo: repo.write("prompts/greeting.md", "Hi.\n"),
        lambda repo: repo.write("prompts/new.md", "New.\n"),
        lambda repo: repo.write("prompts/rules.md", "---\npartial: true\n---\n\nBe long.\n"),
        lambda repo: (repo.path / "prompts/farewell.md").unlink(),
    ],
    ids=["changed", "untracked", "partial", "deleted"],
)
def test_files_that_differ_from_their_commit_are_said_to_have_none(
    repo: Repo, change: Callable[[Repo], object]
) -> None:
    change(repo)

    result = promptsync("bundle", "-o", "image.json")

    assert "of files that no commit holds to `image.json`" in result.stderr
    assert load_bundle(repo.path / "image.json").commit is None


def test_other_changes_leave_the_commit_as_it_is(repo: Repo, committed: str) -> None:
    repo.write("main.py", "print()\n")
    repo.write("prompts/README.md", "About our prompts.\n")

    promptsync("bundle", "--quiet")

    assert load_bundle(repo.path / FILE).commit == committed


def test_a_bundle_of_a_revision_is_that_of_its_files(repo: Repo, committed: str) -> None:
    before = promptsync("bundle", "--rev", "HEAD", "-o", "-").stdout
    repo.write("prompts/farewell.md", "Say goodbye, slowly.\n")
    repo.commit()

    after = promptsync("bundle", "--rev", "HEAD~1", "-o", "-").stdout

    assert after == before
    assert json.loads(after)["commit"] == committed
    assert json.loads(after)["created_from"] == "commit"


def test_a_bundle_can_be_made_without_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(tmp_path / "app", GREETING, app_url=unused_address())
    monkeypatch.chdir(tmp_path / "app")

    result = promptsync("bundle")

    assert (result.exit_code, load_bundle(Path(FILE)).commit) == (0, None)


@pytest.mark.usefixtures("committed")
def test_a_bundle_names_the_repository_without_credentials(repo: Repo) -> None:
    repo.git("remote", "add", "origin", "https://ada:secret@example.com/team/prompts.git")

    text = promptsync("bundle", "-o", "-").stdout

    assert json.loads(text)["repository"] == "https://example.com/team/prompts.git"
    assert "secret" not in text


@pytest.mark.usefixtures("committed")
def test_nothing_is_written_while_a_prompt_file_is_wrong(repo: Repo) -> None:
    repo.write("prompts/broken.md", "---\nmodell: gpt-5\n---\n")

    result = promptsync("bundle")

    assert result.exit_code == 2
    assert "unknown key `modell`" in result.stderr
    assert not (repo.path / FILE).exists()


# -- verify --bundle --


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[BraintrustServer]:
    with braintrust_with_key(monkeypatch, "production", "staging") as service:
        yield service


def build_image(folder: Path, app_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder that holds nothing but a bundle, and go there."""
    deploy(folder / "source", GREETING, app_url=app_url)
    monkeypatch.chdir(folder / "source")
    (folder / "image").mkdir()
    assert promptsync("bundle", "-o", str(folder / "image" / FILE)).exit_code == 0
    monkeypatch.chdir(folder / "image")
    return folder / "image"


@pytest.fixture
def image(tmp_path: Path, service: BraintrustServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    return build_image(tmp_path, service.url, monkeypatch)


@pytest.fixture
def offline_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BRAINTRUST_API_KEY", "sk-example")
    return build_image(tmp_path, unused_address(), monkeypatch)


def verify(*options: str) -> Result:
    return promptsync("verify", "--bundle", FILE, *options)


@pytest.mark.network
@pytest.mark.usefixtures("image")
def test_a_bundle_that_agrees_is_exit_code_0(
    service: BraintrustServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(service, GREETING)
    monkeypatch.setenv("PATH", "")

    result = verify()

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("\n1 in sync\n")
    assert verify("--quiet").output == ""


@pytest.mark.network
@pytest.mark.usefixtures("image")
def test_a_bundle_that_differs_is_exit_code_1_and_says_how(service: BraintrustServer) -> None:
    upload(service, GREETING)
    service.person.edits("greeting", str(EDITED.content))
    host = service.url.removeprefix("http://")
    local, remote = short_hash(hash_of(GREETING)), short_hash(hash_of(EDITED))

    result = verify("--quiet")

    assert shown(result) == (
        1,
        f"""\
registry `production`: braintrust project "Trader" ({host})

drifted  greeting  prompts/greeting.md

greeting: deployed {local}, served {remote} (edited in the registry after an upload from commit \
0123456789ab)

1 drifted
""",
        "",
    )
    assert verify("--warn-only").exit_code == 0
    assert verify("--warn-only").stdout == result.stdout


@pytest.mark.network
@pytest.mark.usefixtures("image")
def test_json_says_the_same_with_whole_hashes(service: BraintrustServer) -> None:
    upload(service, EDITED)

    document = json.loads(verify("--format", "json").stdout)

    (found,) = document["prompts"]
    assert (document["in_sync"], found["status"]) == (False, "behind")
    assert found["local_hash"] == hash_of(GREETING)
    assert found["remote_hash"] == hash_of(EDITED)
    assert "uploaded from commit 0123456789ab" in found["note"]


@pytest.mark.network
@pytest.mark.usefixtures("image")
@pytest.mark.parametrize("format_", ["markdown", "github", "sarif"])
def test_every_format_names_the_prompt(service: BraintrustServer, format_: str) -> None:
    upload(service, EDITED)

    result = verify("--format", format_)

    assert (result.exit_code, result.stderr) == (1, "")
    assert "greeting" in result.stdout


@pytest.mark.network
@pytest.mark.usefixtures("image")
def test_an_alias_is_compared(service: BraintrustServer) -> None:
    upload(service, GREETING, aliases=["production"])
    upload(service, EDITED, aliases=["staging"])

    assert verify("--alias", "production").exit_code == 0
    assert verify("--alias", "staging").exit_code == 1


@pytest.mark.network
@pytest.mark.usefixtures("image")
def test_only_strict_looks_at_what_the_bundle_does_not_hold(service: BraintrustServer) -> None:
    upload(service, GREETING, prompt("farewell", "Say goodbye."))

    assert verify().exit_code == 0
    assert verify("greeting").exit_code == 0
    assert verify("--strict").exit_code == 1


@pytest.mark.usefixtures("offline_image")
def test_a_name_that_is_not_in_the_bundle_is_an_error() -> None:
    assert verify("farewell").exit_code == 2


@pytest.mark.network
@pytest.mark.usefixtures("offline_image")
def test_a_registry_that_is_down_is_exit_code_4() -> None:
    assert verify().exit_code == 4


@pytest.mark.network
@pytest.mark.usefixtures("image")
def test_a_registry_that_cannot_be_asked_may_be_allowed(service: BraintrustServer) -> None:
    service.inject(key_refused())

    assert verify().exit_code == 4
    assert verify("--allow-unreachable").exit_code == 0


@pytest.mark.network
@pytest.mark.usefixtures("image")
def test_a_warning_says_why_the_prompts_were_not_checked(service: BraintrustServer) -> None:
    service.inject(key_refused())

    result = verify("--warn-only")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("error: ")
    assert result.stderr.endswith("\nwarning: the prompts were not checked\n")
    assert service.api_key not in result.stderr


@pytest.mark.usefixtures("offline_image")
@pytest.mark.parametrize(
    "arguments",
    [
        ["--bundle", "missing.json"],
        ["--bundle", FILE, "--registry", "elsewhere"],
        ["--bundle", FILE, "--timeout", "nan"],
        ["--bundle", FILE, "farewell"],
    ],
    ids=["missing", "unknown-registry", "no-number", "unknown-name"],
)
def test_a_warning_never_fails(arguments: list[str]) -> None:
    assert promptsync("verify", *arguments).exit_code == 2
    assert promptsync("verify", *arguments, "--warn-only").exit_code == 0


@pytest.mark.usefixtures("offline_image")
def test_a_changed_bundle_is_refused() -> None:
    Path(FILE).write_text(Path(FILE).read_text().replace("hello", "goodbye"))

    result = verify()

    assert (result.exit_code, result.stdout) == (2, "")
    assert "`greeting` is not what its hash says" in result.stderr


@pytest.mark.usefixtures("offline_image")
def test_a_failure_is_json_where_json_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BRAINTRUST_API_KEY")

    result = verify("--warn-only", "--format", "json")

    assert json.loads(result.stdout)["error"]["kind"] == "Config"


@pytest.mark.usefixtures("offline_image")
@pytest.mark.parametrize("option", [["--staged"], ["--rev", "HEAD"], ["--uploaded"]])
def test_what_asks_git_excludes_a_bundle(option: list[str]) -> None:
    result = verify(*option)

    assert result.exit_code == 2
    assert "`--bundle` is compared instead of files" in result.stderr


@pytest.mark.network
@pytest.mark.parametrize(
    ("option", "code", "last"),
    [
        ("--warn-only", 0, "warning: the prompts were not checked"),
        ("--quiet", 4, "there was no answer within 0.5 s|trying again is safe"),
    ],
)
def test_a_registry_that_hangs_does_not_hold_the_process(
    image: Path, service: BraintrustServer, option: str, code: int, last: str
) -> None:
    service.inject(Hangs())

    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "promptsync",
            *f"verify --bundle {FILE} --timeout 0.5".split(),
            option,
        ],
        cwd=image,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert (result.returncode, result.stdout) == (code, "")
    assert any(each in result.stderr for each in last.split("|"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
@pytest.mark.parametrize(("option", "code"), [("--warn-only", 0), ("--quiet", 4)])
def test_a_deadline_holds_whatever_is_waited_for(tmp_path: Path, option: str, code: int) -> None:
    os.mkfifo(tmp_path / FILE)

    result = subprocess.run(
        [sys.executable, *f"-m promptsync verify --bundle {FILE} --timeout 0.3 {option}".split()],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )

    assert (result.returncode, result.stdout) == (code, "")
    assert result.stderr.startswith("error: there was no answer within 0.3 s\n")
