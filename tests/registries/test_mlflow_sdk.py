"""What promptsync uploads, applications read with MLflow's own client, and the other way round."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import promptsync
from promptsync.content_hash import content_hash
from promptsync.prompt import Message, Prompt, Template
from promptsync.prompt_file import format_prompt
from promptsync.registries.mlflow import MlflowRegistry
from tests.builders import chat, prompt
from tests.mlflow_server import MlflowServer, needs_mlflow, run_mlflow_python
from tests.registries.contract import RESPONSE_FORMAT, SAMPLING, STAMP, TOOL

pytestmark = [pytest.mark.network, pytest.mark.vendor, pytest.mark.slow, needs_mlflow]

Run = Callable[..., Any]

LOAD = """\
import json, sys
import mlflow

def told(uri, variables):
    prompt = mlflow.genai.load_prompt(uri)
    return {
        "version": prompt.version,
        "template": prompt.template,
        "formatted": prompt.format(**variables) if variables is not None else None,
        "model_config": prompt.model_config,
        "response_format": prompt.response_format,
        "commit_message": prompt.commit_message,
        "tags": {key: value for key, value in prompt.tags.items() if key != "promptsync"},
    }

print(json.dumps([told(*each) for each in json.loads(sys.argv[1])]))
"""

REGISTER = """\
import json, sys
import mlflow

for options in json.loads(sys.argv[1]):
    mlflow.genai.register_prompt(**options)
"""

EVALUATE = """\
import json
import mlflow
from mlflow.genai.scorers import scorer

mlflow.genai.register_prompt("qa", "Answer {{question}}")

@scorer
def short(outputs):
    return len(outputs) < 20

@mlflow.trace
def predict(question):
    return mlflow.genai.load_prompt("prompts:/qa/1").format(question=question)

mlflow.set_experiment("evaluation")
data = [{"inputs": {"question": each}} for each in ("why", "what is the meaning of life")]
result = mlflow.genai.evaluate(data=data, predict_fn=predict, scorers=[short])
print(json.dumps(result.run_id))
"""


CHECK = """\
import json
import mlflow, promptsync

loaded = [mlflow.genai.load_prompt(f"prompts:/{name}@latest") for name in ("analyze", "greeting")]
report = promptsync.check_drift(loaded=loaded)
print(json.dumps([each.status.value for each in report.prompts]))
"""


@pytest.fixture
def run(mlflow_service: MlflowServer, tmp_path: Path) -> Run:
    """Return a function that runs a program with MLflow's client and returns what it printed."""

    def run(program: str, *arguments: object) -> Any:
        written = [json.dumps(each) for each in arguments]
        result = run_mlflow_python(program, *written, cwd=tmp_path, url=mlflow_service.url)
        assert result.returncode == 0, result.stderr
        lines = result.stdout.splitlines()
        return json.loads(lines[-1]) if lines else None

    return run


def test_mlflows_client_reads_and_formats_what_was_uploaded(
    mlflow: MlflowRegistry, run: Run
) -> None:
    old = mlflow.save_prompt(prompt(text="Hi {{name}}", metadata={"team": "support"}), STAMP)
    new = mlflow.save_prompt(prompt(text="Hello {{name}}", model="gpt-5-mini"), STAMP)
    mlflow.set_alias("greeting", "production", old.version)
    sent = Prompt(
        name="analyze",
        content=(
            Message("system", "You are careful: \N{CJK UNIFIED IDEOGRAPH-6F22}"),
            Message("user", "Signal: {{signal}}"),
        ),
        model="gpt-5-mini",
        params={**SAMPLING, "seed": 7},
        response_format=RESPONSE_FORMAT,
        tools=[TOOL],
    )
    mlflow.save_prompt(sent, None)
    statement = "{% if name %}Hi {{ name }}{% endif %}"
    mlflow.save_prompt(prompt("jinja", statement, template=Template.JINJA2), STAMP)
    asked = [
        (f"prompts:/greeting/{old.version}", {"name": "Ada"}),
        ("prompts:/greeting@production", {"name": "Ada"}),
        ("prompts:/greeting@latest", {"name": "Ada"}),
        ("prompts:/analyze/1", {"signal": "a & <b>"}),
        ("prompts:/jinja/1", {"name": "Ada"}),
    ]

    by_version, by_alias, latest, analyze, jinja = run(LOAD, asked)

    assert by_version == by_alias
    assert by_version == {
        "version": int(old.version),
        "template": "Hi {{name}}",
        "formatted": "Hi Ada",
        "model_config": None,
        "response_format": None,
        "commit_message": "prompts/greeting.md at 333333333333",
        "tags": {"team": "support"},
    }
    assert (latest["version"], latest["formatted"]) == (int(new.version), "Hello Ada")
    assert latest["model_config"] == {"model_name": "gpt-5-mini"}
    assert analyze == {
        "version": 1,
        "template": [
            {"role": "system", "content": "You are careful: \N{CJK UNIFIED IDEOGRAPH-6F22}"},
            {"role": "user", "content": "Signal: {{signal}}"},
        ],
        "formatted": [
            {"role": "system", "content": "You are careful: \N{CJK UNIFIED IDEOGRAPH-6F22}"},
            {"role": "user", "content": "Signal: a & <b>"},
        ],
        "model_config": {
            "model_name": "gpt-5-mini",
            **SAMPLING,
            "seed": 7,
        },
        "response_format": RESPONSE_FORMAT,
        "commit_message": "uploaded by promptsync",
        "tags": {"promptsync.tools": json.dumps([TOOL])},
    }
    assert jinja["formatted"] == "Hi Ada"


REGISTERED: dict[str, tuple[dict[str, Any], Prompt]] = {
    "text": (
        {"template": "Hi {{name}}\r\n", "commit_message": "first", "tags": {"team": "support"}},
        prompt("text", "Hi {{name}}\r\n", description="first", metadata={"team": "support"}),
    ),
    "chat": (
        {"template": [{"role": "critic", "content": "Gr\u00fc\u00dfe"}]},
        chat("chat", critic="Gr\u00fc\u00dfe"),
    ),
    "model": (
        {
            "template": "Hi",
            "model_config": {
                "provider": "openai",
                "model_name": "gpt-5-mini",
                "frequency_penalty": 1,
                "seed": 7,
            },
            "response_format": {"type": "object"},
        },
        prompt(
            "model",
            "Hi",
            model="gpt-5-mini",
            params={"frequency_penalty": 1, "seed": 7},
            response_format={"type": "object"},
            registry_options={"mlflow": {"provider": "openai"}},
        ),
    ),
    "jinja": (
        {"template": "{% if x %}Hi{% endif %}"},
        prompt("jinja", "{% if x %}Hi{% endif %}", template=Template.JINJA2),
    ),
}


def test_what_mlflows_client_registered_is_read_with_the_right_hash(
    mlflow: MlflowRegistry, run: Run
) -> None:
    run(REGISTER, [{"name": name, **options} for name, (options, _) in REGISTERED.items()])

    found = {each.name: each for each in mlflow.list_prompts()}

    expected = {name: wanted for name, (_, wanted) in REGISTERED.items()}
    assert {name: each.prompt for name, each in found.items()} == expected
    assert [each.content_hash for each in found.values()] == [
        content_hash(expected[name], "mlflow") for name in found
    ]
    assert [each.stamp for each in found.values()] == [None] * len(REGISTERED)


def test_what_mlflows_client_registers_after_an_upload_keeps_the_stamp(
    mlflow: MlflowRegistry, run: Run
) -> None:
    mlflow.save_prompt(prompt(title="Greeting"), STAMP)

    run(REGISTER, [{"name": "greeting", "template": "Optimized"}])

    (found,) = mlflow.list_prompts()
    assert (found.prompt.title, found.prompt.content) == ("Greeting", "Optimized")
    assert (found.version, found.stamp) == ("2", STAMP)


def test_what_mlflows_client_loaded_is_compared_at_a_cold_start(
    mlflow: MlflowRegistry,
    mlflow_service: MlflowServer,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(promptsync.__file__).parents[1]))
    analyze = replace(chat("analyze", user="Signal"), tools=[TOOL], template=Template.NONE)
    (tmp_path / "prompts").mkdir()
    for sent in (analyze, prompt(model="gpt-5-mini")):
        text = format_prompt(sent, path_name=sent.name)
        (tmp_path / "prompts" / f"{sent.name}.md").write_text(text)
        mlflow.save_prompt(sent, None)
    (tmp_path / "promptsync.toml").write_text('[registries.production]\nkind = "mlflow"\n')
    mlflow_service.edit("greeting", "Good morning")

    assert run(CHECK) == ["in_sync", "diverged"]


def test_an_evaluation_that_loaded_a_prompt_is_its_experiment(
    mlflow: MlflowRegistry, run: Run
) -> None:
    run_id = run(EVALUATE)

    found = [each for each in mlflow.list_experiments("qa") if each.id == run_id]

    assert [(each.version, each.count, each.scores) for each in found] == [("1", 2, {"short": 0.5})]
    assert found[0].duration is not None
    assert found[0].duration > 0
