"""What promptsync says to MLflow of prompts, read back with MLflow's own client and server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from promptsync import bundle_hash
from promptsync.registries.mlflow import MlflowRegistry
from promptsync.remote_prompt import RemotePrompt
from tests.builders import prompt
from tests.lineage.programs import Run, Versions, answer_of, configure, save_versions
from tests.mlflow_server import BIN, QUIET, MlflowServer, needs_mlflow, run_mlflow_python
from tests.registries.contract import STAMP

pytestmark = [pytest.mark.network, pytest.mark.vendor, pytest.mark.slow, needs_mlflow]

BEGIN = """\
import json, os, sys
import mlflow
import promptsync
from promptsync import lineage
from promptsync.registries.mlflow import MlflowRegistry

registry = MlflowRegistry(tracking_uri=os.environ["MLFLOW_TRACKING_URI"])
client = mlflow.MlflowClient()
load = promptsync.load

def said(run):
    data = client.get_run(run.info.run_id).data
    tags = {key: value for key, value in data.tags.items()
            if key.startswith("promptsync.") or key == "mlflow.linkedPrompts"}
    return [data.params, tags]

"""


@pytest.fixture
def run(mlflow_service: MlflowServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs statements beside MLflow and returns what `answer` is then."""
    configure(tmp_path, monkeypatch, kind="mlflow")

    def run(statements: str) -> Any:
        program = f"{BEGIN}{statements}\nprint(json.dumps(answer))"
        result = run_mlflow_python(program, cwd=tmp_path, url=mlflow_service.url)
        return [answer_of(result), result.stderr]

    return run


@pytest.fixture
def versions(mlflow: MlflowRegistry) -> Versions:
    """Return two versions of a prompt, the older one in production."""
    return save_versions(mlflow, newer="candidate")


def hashed(*prompts: RemotePrompt) -> str:
    return bundle_hash((each.name, each.content_hash) for each in prompts)


def test_a_run_says_what_it_used_and_its_links_are_those_of_mlflow(
    versions: Versions, run: Run
) -> None:
    old, _ = versions

    (ours, theirs, mixed), _ = run(
        "greeting = load('greeting', alias='production')\n"
        "with mlflow.start_run() as run:\n"
        "    assert lineage.mlflow.log_prompts(greeting, strict=True)\n"
        "ours = said(run)\n"
        "with mlflow.start_run() as run:\n"
        "    mlflow.genai.load_prompt('prompts:/greeting@production')\n"
        "theirs = said(run)\n"
        "with mlflow.start_run() as run:\n"
        "    mlflow.genai.load_prompt('prompts:/greeting@candidate')\n"
        "    lineage.mlflow.log_prompts(greeting)\n"
        "    mlflow.genai.load_prompt('prompts:/greeting@production')\n"
        "mixed = said(run)\n"
        "answer = [ours, theirs, mixed]"
    )

    assert ours == [
        {"prompt.greeting": "v1"},
        {
            **theirs[1],
            "promptsync.sha256.greeting": old.content_hash,
            "promptsync.alias.greeting": "production",
            "promptsync.bundle.sha256": hashed(old),
        },
    ]
    assert json.loads(theirs[1]["mlflow.linkedPrompts"]) == [{"name": "greeting", "version": "1"}]
    assert json.loads(mixed[1]["mlflow.linkedPrompts"]) == [
        {"name": "greeting", "version": "2"},
        {"name": "greeting", "version": "1"},
    ]


def test_an_alias_that_moves_during_a_run_is_told_and_stops_nothing(
    versions: Versions, run: Run
) -> None:
    old, new = versions

    (params, tags), stderr = run(
        "with mlflow.start_run() as run:\n"
        "    lineage.mlflow.log_prompts(load('greeting', alias='production'))\n"
        "    registry.set_alias('greeting', 'production', '2')\n"
        "    promptsync.configure()\n"
        "    load('greeting', alias='production')\n"
        "    lineage.mlflow.log_prompts(strict=True)\n"
        "answer = said(run)"
    )

    assert params == {"prompt.greeting": "v1"}
    assert tags["promptsync.versions.greeting"] == "v1,v2"
    assert tags["promptsync.sha256.greeting"] == f"{old.content_hash},{new.content_hash}"
    assert tags["promptsync.bundle.sha256"] == hashed(old, new)
    assert "used `greeting` as v1,v2: what it measures is of none of them" in stderr


def test_hundreds_of_prompts_are_logged_in_a_few_requests(run: Run, mlflow: MlflowRegistry) -> None:
    mlflow.save_prompt(prompt(), STAMP)

    (params, tags, requests), stderr = run(
        "from dataclasses import replace\n"
        "import requests\n"
        "greeting = load('greeting')\n"
        "many = [replace(greeting, prompt=replace(greeting.prompt, name=f'prompt-{n}'),\n"
        "                service_ids={}) for n in range(350)]\n"
        "asked = []\n"
        "def trace(session, method, url, *a, original=requests.Session.request, **k):\n"
        "    asked.append(url)\n"
        "    return original(session, method, url, *a, **k)\n"
        "requests.Session.request = trace\n"
        "with mlflow.start_run() as run:\n"
        "    before = len(asked)\n"
        "    lineage.mlflow.log_prompts(many, strict=True)\n"
        "    once = len(asked) - before\n"
        "    lineage.mlflow.log_prompts(many, strict=True)\n"
        "    twice = len(asked) - before\n"
        "answer = [*said(run), [once, twice]]"
    )

    assert len(params) == 350
    assert len(json.loads(tags["mlflow.linkedPrompts"])) < 350
    assert len([key for key in tags if key.startswith("promptsync.sha256.")]) == 350
    assert requests == [5, 5]
    assert "do not fit its tag mlflow.linkedPrompts" in stderr


@pytest.mark.usefixtures("versions")
def test_a_run_by_its_id_and_a_run_of_another_thread_are_found(run: Run) -> None:
    (by_id, other_thread, none), _ = run(
        "import threading\n"
        "greeting = load('greeting', alias='production')\n"
        "run = client.create_run('0')\n"
        "lineage.mlflow.log_prompts(greeting, run_id=run.info.run_id)\n"
        "by_id = said(run)[0]\n"
        "with mlflow.start_run() as run:\n"
        "    thread = threading.Thread(target=lineage.mlflow.log_prompts, args=(greeting,))\n"
        "    thread.start()\n"
        "    thread.join()\n"
        "none = lineage.mlflow.log_prompts(greeting)\n"
        "answer = [by_id, said(run)[0], none]"
    )

    assert by_id == other_thread == {"prompt.greeting": "v1"}
    assert none is False


def test_a_trace_is_found_by_the_version_it_used_however_that_was_loaded(
    versions: Versions, run: Run
) -> None:
    old, _ = versions

    (found, tags, span), stderr = run(
        "greeting = load('greeting', alias='production')\n"
        "@mlflow.trace\n"
        "def answer_to(order):\n"
        "    for each in order:\n"
        "        if each == 'ours':\n"
        "            lineage.mlflow.log_prompts(greeting, strict=True)\n"
        "        else:\n"
        "            mlflow.genai.load_prompt('prompts:/greeting@production')\n"
        "for order in (['ours'], ['theirs'], ['ours', 'theirs'], ['theirs', 'ours', 'ours']):\n"
        "    answer_to(order)\n"
        "mlflow.flush_trace_async_logging()\n"
        "def traces(text):\n"
        "    return mlflow.search_traces(locations=['0'], filter_string=text, return_type='list')\n"
        "trace = traces('tags.`promptsync.sha256.greeting` LIKE \"sha256%\"')[-1]\n"
        "tags = {key: value for key, value in trace.info.tags.items()\n"
        "        if key.startswith('promptsync.') or key == 'mlflow.linkedPrompts'}\n"
        "span = trace.data.spans[0].attributes.get('mlflow.linkedPrompts')\n"
        "answer = [len(traces('prompt = \"greeting/1\"')), tags, span]"
    )

    link = json.dumps([{"name": "greeting", "version": "1"}])
    assert "Failed to link" not in stderr
    assert found == 4
    assert tags == {
        "mlflow.linkedPrompts": link,
        "promptsync.sha256.greeting": old.content_hash,
        "promptsync.alias.greeting": "production",
        "promptsync.versions.greeting": "v1",
        "promptsync.bundle.sha256": hashed(old),
    }
    assert span == json.loads(link)


EVALUATE = """
from mlflow.genai.scorers import scorer

@scorer
def warm(outputs):
    return "warmly" in outputs

def evaluate(alias):
    @mlflow.trace
    def predict(name):
        greeting = load("greeting", alias=alias)
        lineage.mlflow.log_prompts(greeting, strict=True)
        return greeting.template
    data = [{"inputs": {"name": each}} for each in ("Ada", "Ben")]
    return mlflow.genai.evaluate(data=data, predict_fn=predict, scorers=[warm]).run_id

mlflow.set_experiment("evaluation")
runs = {alias: evaluate(alias) for alias in ("production", "candidate")}
answer = {alias: [run, said(client.get_run(run))] for alias, run in runs.items()}
"""


def test_two_evaluations_by_two_aliases_are_told_apart_in_mlflow_and_here(
    versions: Versions, mlflow: MlflowRegistry, run: Run
) -> None:
    answer, _ = run(EVALUATE)

    experiments = {each.id: each for each in mlflow.list_experiments("greeting")}
    for alias, version, warmth in zip(("production", "candidate"), versions, (0, 1), strict=True):
        run_id, (params, tags) = answer[alias]
        assert params == {"prompt.greeting": f"v{version.version}"}
        assert tags["promptsync.sha256.greeting"] == version.content_hash
        assert tags["promptsync.alias.greeting"] == alias
        found = experiments[run_id]
        assert (found.version, found.count, found.scores) == (version.version, 2, {"warm": warmth})


def test_an_evaluation_that_promptsync_runs_with_another_alias_says_so_in_mlflow(
    versions: Versions,
    run: Run,
    mlflow_service: MlflowServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_service.url)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "greeting.md").write_text("Greet {{name}}\n")
    program = tmp_path / "evaluate.py"
    program.write_text(
        f"{BEGIN}"
        "mlflow.set_experiment('aliases')\n"
        "with mlflow.start_run():\n"
        "    load('greeting', alias='production')\n"
        "    lineage.mlflow.log_prompts(strict=True)\n"
    )

    command = [sys.executable, "-m", "promptsync", "run", "--alias", "candidate", "--"]
    result = subprocess.run(
        [*command, str(BIN / "python"), str(program)],
        cwd=tmp_path,
        env=os.environ | QUIET,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert result.returncode == 0, result.stderr
    (params, tags), _ = run(
        "(found,) = mlflow.search_runs(experiment_names=['aliases'], output_format='list')\n"
        "answer = said(found)"
    )
    assert params == {"prompt.greeting": "v2"}
    assert tags["promptsync.alias.greeting"] == "candidate"
    assert tags["promptsync.sha256.greeting"] == versions[1].content_hash


@pytest.mark.usefixtures("versions")
def test_mlflow_that_is_away_is_a_warning_and_for_who_asked_an_error(run: Run) -> None:
    answer, stderr = run(
        "greeting = load('greeting', alias='production')\n"
        "os.environ['MLFLOW_HTTP_REQUEST_MAX_RETRIES'] = '0'\n"
        "mlflow.set_tracking_uri('http://ada:secret@127.0.0.1:1')\n"
        "from promptsync import LineageError\n"
        "answer = [lineage.mlflow.log_prompts(greeting, run_id='0' * 32) for _ in range(2)]\n"
        "try:\n"
        "    lineage.mlflow.log_prompts(greeting, run_id='0' * 32, strict=True)\n"
        "except LineageError as error:\n"
        "    answer.append(str(error))"
    )

    assert answer[:2] == [False, False]
    assert answer[2].startswith("MLflow did not take which prompts were used: MlflowException: ")
    assert "secret" not in answer[2] + stderr
    assert stderr.count("MLflow did not take which prompts were used") == 1


@pytest.mark.usefixtures("versions")
def test_mlflow_that_never_answers_holds_nobody_up(run: Run) -> None:
    (logged, asked, is_traced), stderr = run(
        "import socket\n"
        "silent = socket.create_server(('127.0.0.1', 0))\n"
        "greeting = load('greeting', alias='production')\n"
        "@mlflow.trace\n"
        "def answer_to(**options):\n"
        "    logged = lineage.mlflow.log_prompts(greeting, **options)\n"
        "    trace = mlflow.get_active_trace_id()\n"
        "    from mlflow.tracing.trace_manager import InMemoryTraceManager\n"
        "    with InMemoryTraceManager.get_instance().get_trace(trace) as found:\n"
        "        tags = found.info.tags\n"
        "    return [logged, 'promptsync.sha256.greeting' in tags]\n"
        "with mlflow.start_run() as active:\n"
        "    mlflow.set_tracking_uri(f'http://127.0.0.1:{silent.getsockname()[1]}')\n"
        "    logged = [answer_to(timeout=1) for _ in range(3)]\n"
        "    silent.settimeout(60)\n"
        "    request, _ = silent.accept()\n"
        "    asked = request.recv(1000).decode().splitlines()[0]\n"
        "    print(json.dumps([[each[0] for each in logged], asked, logged[-1][1]]), flush=True)\n"
        "    os._exit(0)\n"
        "answer = None"
    )

    assert logged == [False] * 3
    assert asked.startswith("GET /api/2.0/mlflow/runs/get")
    assert is_traced
    assert "TimeoutError: there was no answer within 1 s" in stderr
    assert stderr.count("MLflow did not take which prompts were used") == 1
