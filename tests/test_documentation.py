"""The documentation says what the program does: pages are followed, lists are compared."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from _pytest.mark import ParameterSet
from click.testing import CliRunner

import promptsync
from promptsync import errors
from promptsync.cli import app
from promptsync.config import OPTIONS_BY_KIND, Config, RegistryConfig, environment_names
from promptsync.errors import PromptsyncError
from promptsync.linting import RULES
from promptsync.prompt_schema import KEYS
from promptsync.status import Status
from tests.documentation.pages import DOCS, ROOT, Page, all_pages, read_page
from tests.documentation.python_reference import empty_part, python_parts
from tests.documentation.reference import (
    VECTORS,
    command_parts,
    module_parts,
    names_of_parts,
    vector_part,
    with_parts,
)
from tests.documentation.session import CHECKS, Session
from tests.fakes.braintrust import braintrust_server
from tests.mlflow_server import MlflowServer, needs_mlflow

WRITES = "WRITE_DOCS" in os.environ

PAGES = list(all_pages())

# What a block may be written in: the first ones are run or parsed, the others are only shown.
LANGUAGES = frozenset({"console", *CHECKS}) | {"go", "sh", "sql", "text", "typescript"}


def needs_braintrust(page: Page) -> bool:
    return any("BRAINTRUST_API_KEY=" in block.text for block in page.blocks)


def is_about_mlflow(page: Page) -> bool:
    return any(
        block.title == "promptsync.toml" and 'kind = "mlflow"' in block.text
        for block in page.blocks
    )


def has_service(page: Page) -> bool:
    return any("$ curl " in block.text for block in page.blocks)


def followed_pages() -> list[ParameterSet]:
    return [pytest.param(page, marks=marks_of(page), id=page.name) for page in PAGES]


def marks_of(page: Page) -> tuple[pytest.MarkDecorator, ...]:
    if is_about_mlflow(page):
        return (pytest.mark.network, pytest.mark.vendor, needs_mlflow)
    return (pytest.mark.network,) if needs_braintrust(page) or has_service(page) else ()


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """Return a session in an empty folder, and end with it what the page loaded."""
    folder = tmp_path / "session"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PROMPTSYNC_AUTHOR", "Ada Lovelace")
    yield Session(folder, monkeypatch)
    promptsync.close()


def compare(page: Page, real: str) -> None:
    """Compare a page with what it ought to be, or write that."""
    if WRITES and page.text != real:
        page.path.write_text(real, encoding="utf-8", newline="\n")
    else:
        assert page.text == real, f"{page.name} is stale: `make docs-write` writes what is true"


@pytest.mark.parametrize("page", followed_pages())
def test_what_a_page_shows_is_what_happens(
    page: Page, session: Session, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    with ExitStack() as stack:
        if needs_braintrust(page):
            service = stack.enter_context(
                braintrust_server(projects=("Greetings",), environments=("staging", "production"))
            )
            monkeypatch.setenv("BRAINTRUST_APP_URL", service.url)
            session.names["braintrust"] = service
        if is_about_mlflow(page):
            server: MlflowServer = request.getfixturevalue("running_mlflow")
            server.clear()
            monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url)
            session.names["mlflow"] = server
            session.host = "127.0.0.1:5000"
        if page.is_example:
            generated = shutil.ignore_patterns(".promptsync", "__pycache__")
            shutil.copytree(page.path.parent, session.folder, dirs_exist_ok=True, ignore=generated)
        session.names["until_the_end"] = stack.enter_context
        real = session.follow(page)

    compare(page, real)


def test_the_reference_describes_every_command_as_it_is() -> None:
    page = read_page("docs/reference/commands.md")
    parts = command_parts()

    assert names_of_parts(page.text) == list(parts)
    compare(page, with_parts(page.text, parts))


def test_the_reference_describes_every_public_name_of_python() -> None:
    page = read_page("docs/reference/python.md")
    parts = python_parts()
    documented = names_of_parts(page.text)
    # WRITE_DOCS appends what is new, for a person to put where it belongs.
    missing = "".join(empty_part(name) for name in parts if name not in documented)

    assert [name for name in documented if name not in parts] == []
    compare(page, with_parts(page.text + missing, parts))


def test_the_architecture_names_every_module() -> None:
    page = read_page("docs/explanation/architecture.md")
    parts = module_parts()

    assert names_of_parts(page.text) == list(parts)
    compare(page, with_parts(page.text, parts))


def test_the_reference_lists_the_test_vectors_of_the_content_hash() -> None:
    page = read_page("docs/reference/content-hash.md")
    published = page.path.with_name("content-hash-vectors.json")
    if WRITES:
        published.write_bytes(VECTORS.read_bytes())

    compare(page, with_parts(page.text, {"vectors": vector_part()}))
    assert published.read_bytes() == VECTORS.read_bytes()


def test_the_configuration_page_has_every_key() -> None:
    page = read_page("docs/reference/configuration.md")
    top = {each.name.replace("_", "-") for each in fields(Config)} - {"root", "file"}
    common = {each.name for each in fields(RegistryConfig)} - {"name", "options"}
    documented = {kind: set(page.names(f"Kind `{kind}`")) for kind in OPTIONS_BY_KIND}

    assert set(page.names("Top level")) == top
    assert set(page.names("Every registry")) == common
    assert documented == OPTIONS_BY_KIND


def test_the_configuration_page_has_every_environment_variable() -> None:
    documented = read_page("docs/reference/configuration.md").names("Environment variables")
    read_by_the_driver = {"PGPASSWORD"}

    assert len(documented) == len(set(documented))
    assert set(documented) == {*environment_names(), *read_by_the_driver}


def test_the_page_of_exit_codes_has_every_code() -> None:
    page = read_page("docs/reference/exit-codes.md")
    raised = {each.exit_code for each in every_error()}

    assert {int(code) for code in page.names("Exit codes")} == {0, 1, 130, *raised}


def test_the_page_of_exit_codes_has_every_kind_of_error() -> None:
    rows = read_page("docs/reference/exit-codes.md").rows("Kinds of errors")
    documented = [(kind.strip("`"), int(code)) for kind, code, _ in rows]

    assert documented == [
        (each.__name__.removesuffix("Error"), each.exit_code) for each in every_error()
    ]


def every_error() -> Iterator[type[PromptsyncError]]:
    """Yield the errors that promptsync.errors declares, in order, but for what is only a parent."""
    parents = (PromptsyncError, errors.RegistryError, errors.LoadError)
    for each in vars(errors).values():
        if isinstance(each, type) and issubclass(each, PromptsyncError) and each not in parents:
            yield each


def test_the_page_of_json_shows_every_command_that_writes_it() -> None:
    page = read_page("docs/reference/json.md")
    shown = "\n".join(block.text for block in page.blocks if block.language == "console")
    writers = [name for name, part in command_parts().items() if "--format" in part]

    assert [name for name in writers if not is_shown_as_json(name, shown)] == []


def is_shown_as_json(command: str, sessions: str) -> bool:
    return (
        re.search(rf"^\$ promptsync {command}\b.* --format json", sessions, re.MULTILINE)
        is not None
    )


def test_the_page_of_lint_rules_has_every_rule_with_its_meaning() -> None:
    rows = read_page("docs/reference/lint-rules.md").rows("Lint rules")

    assert {rule.strip("`"): meaning for rule, _, meaning in rows} == RULES


def test_the_page_of_prompt_files_has_every_key() -> None:
    assert read_page("docs/reference/prompt-file.md").names("Front matter") == list(KEYS)


def test_the_page_of_agreement_has_every_status() -> None:
    text = read_page("docs/explanation/agreement.md").text

    assert [each.value for each in Status if f"`{each.value}`" not in text] == []


def test_the_page_of_dependencies_has_every_library() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [each for extra in project["optional-dependencies"].values() for each in extra]
    libraries = [re.split(r"[\[>=]", each)[0] for each in [*project["dependencies"], *extras]]
    rows = read_page("docs/explanation/dependencies.md").text.splitlines()
    documented = [row.split("|")[1].strip().lower() for row in rows if row.startswith("| ")]

    assert [each for each in libraries if each.lower() not in documented] == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_line_for_a_shell_makes_it_complete(shell: str) -> None:
    text = read_page("docs/how-to/shell-completion.md").text
    environment = {"_PROMPTSYNC_COMPLETE": f"{shell}_complete", "COMP_WORDS": "promptsync ver"}
    words = {"bash": "1", "zsh": "1", "fish": "ver"}

    result = CliRunner().invoke(
        app, prog_name="promptsync", env=environment | {"COMP_CWORD": words[shell]}
    )

    assert f"_PROMPTSYNC_COMPLETE={shell}_source promptsync" in text
    assert "verify" in result.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_one_that_tests_understand(page: Page) -> None:
    languages = {block.language for block in page.blocks}

    assert not page.has_stray_fence
    assert sorted(languages - LANGUAGES) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Page) -> None:
    assert [target for target in page.links if not leads_somewhere(page, target)] == []


def leads_somewhere(page: Page, target: str) -> bool:
    parts = urlsplit(target)
    if parts.scheme:
        return parts.scheme == "https"
    file = page.path.parent / parts.path if parts.path else page.path
    if not parts.fragment:
        return file.exists()
    return file.is_file() and parts.fragment in Page(file, file.read_text("utf-8")).anchors


def test_every_page_is_in_the_navigation() -> None:
    project = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}

    assert set(pages_in(project["nav"])) == pages


def pages_in(navigation: list[dict[str, Any]]) -> Iterator[str]:
    for entry in navigation:
        for target in entry.values():
            yield from [target] if isinstance(target, str) else pages_in(target)


@pytest.mark.slow
def test_the_documentation_is_built_without_a_warning(tmp_path: Path) -> None:
    zensical = shutil.which("zensical", path=sysconfig.get_path("scripts"))
    assert zensical is not None, "zensical is not installed: run `make docs`"
    shutil.copytree(DOCS, tmp_path / "site" / "docs")
    shutil.copy(ROOT / "zensical.toml", tmp_path / "site")

    result = subprocess.run(
        [zensical, "build", "--strict", "--clean"],
        cwd=tmp_path / "site",
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert result.returncode == 0, re.sub(r"\x1b\[[\d;]*m", "", result.stdout + result.stderr)
    html = (tmp_path / "site" / "site" / "tutorial" / "index.html").read_text("utf-8")
    assert "<h1" in html
