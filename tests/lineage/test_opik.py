"""What promptsync says to Opik of prompts, written by the official SDK, read as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from promptsync import UsageError
from promptsync.lineage import opik as lineage
from promptsync.prompt import Message, Prompt
from promptsync.registries.opik import OpikRegistry
from tests.fakes.opik import OpikServer
from tests.fakes.vendor import needs_opik_sdk, run_opik_python
from tests.lineage.programs import Run, Versions, answer_of, configure, save_versions
from tests.lineage.prompts import as_loaded, loaded
from tests.registries.contract import STAMP

BEGIN = """\
import json
import opik
import promptsync
from promptsync import lineage

client = opik.Opik()
"""
CHAT = Prompt(
    name="analyze",
    content=(Message("developer", "You are careful."), Message("user", "Signal: {{signal}}")),
)


@pytest.fixture
def run(opik_service: OpikServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs statements beside the SDK and returns what `answer` is then."""
    configure(tmp_path, monkeypatch, kind="opik", project="Trader")

    def run(statements: str) -> Any:
        program = f"{BEGIN}{statements}\nclient.end()\nprint(json.dumps(answer))"
        result = run_opik_python(
            "-c", program, cwd=tmp_path, url=opik_service.url, project="Trader"
        )
        return answer_of(result)

    return run


@pytest.fixture
def versions(opik: OpikRegistry) -> Versions:
    """Return two versions of a prompt, the older one in production and the newer one in staging."""
    return save_versions(opik, newer="staging")


def test_without_the_sdk_a_log_says_what_to_install() -> None:
    with pytest.raises(UsageError, match="`opik` is not installed") as caught:
        lineage.log_prompts(loaded())

    assert caught.value.hint == "pip install opik"


@pytest.mark.network
@pytest.mark.vendor
@needs_opik_sdk
class TestWithTheSdk:
    def test_a_prompt_is_what_the_sdk_makes_of_it_but_for_the_metadata(
        self, versions: Versions, opik: OpikRegistry, run: Run
    ) -> None:
        chat = opik.save_prompt(CHAT, STAMP)

        ours, theirs = run(
            "def told(each):\n"
            "    return each.__internal_api__to_info_dict__()\n"
            "greeting = promptsync.load('greeting', alias='production')\n"
            "ours = lineage.opik.as_prompts([greeting, promptsync.load('analyze')])\n"
            "theirs = [client.get_prompt('greeting', environment='production'),\n"
            "          client.get_chat_prompt('analyze')]\n"
            "assert list(map(type, ours)) == list(map(type, theirs))\n"
            "answer = [list(map(told, ours)), list(map(told, theirs))]"
        )

        said = [each["version"].pop("metadata")["promptsync"] for each in ours]
        for each in theirs:
            del each["version"]["metadata"]
        assert ours == theirs
        assert [each["sha256"] for each in said] == [versions[0].content_hash, chat.content_hash]

    def test_a_trace_and_its_span_say_which_prompts_they_used(
        self, versions: Versions, run: Run, opik_service: OpikServer
    ) -> None:
        old, new = versions
        answer = run(
            "one, two = (promptsync.load('greeting', alias=a) for a in ('production', 'staging'))\n"
            "answer = [lineage.opik.log_prompts(one)]\n"
            "@opik.track\n"
            "def inner():\n"
            "    answer.append(lineage.opik.log_prompts(two, strict=True))\n"
            "@opik.track\n"
            "def outer():\n"
            "    client.get_prompt('greeting', environment='production')\n"
            "    answer.append(lineage.opik.log_prompts(one, strict=True))\n"
            "    inner()\n"
            "outer()"
        )

        assert answer == [False, True, True]
        (trace,) = metadata_of(opik_service.store.traces).values()
        spans = metadata_of(opik_service.store.spans)
        assert linked(trace) == ["v1", "v2"]
        assert linked(spans["outer"]) == ["v1"]
        assert linked(spans["inner"]) == ["v2"]
        assert hashes(trace) == [old.content_hash, new.content_hash]
        assert hashes(spans["inner"]) == [new.content_hash]

    def test_two_experiments_by_two_aliases_are_told_apart_in_opik_and_here(
        self, versions: Versions, run: Run, opik: OpikRegistry, opik_service: OpikServer
    ) -> None:
        run(
            "for alias in ('production', 'staging'):\n"
            "    greeting = promptsync.load('greeting', alias=alias)\n"
            "    client.create_experiment(\n"
            "        'names', name=alias, prompts=lineage.opik.as_prompts(greeting),\n"
            "        experiment_config={'seed': 7, **lineage.opik.experiment_config(greeting)})\n"
            "answer = None"
        )

        found = {each.name: each for each in opik.list_experiments("greeting")}
        kept: dict[str, Any] = {each.name: each.metadata for each in opik_service.store.experiments}
        for alias, version in zip(("production", "staging"), versions, strict=True):
            assert found[alias].version == version.version
            assert kept[alias] == {
                "seed": 7,
                **lineage.experiment_config(as_loaded(version, "opik", alias)),
                "prompts": {"greeting": version.prompt.content},
            }

    def test_evaluations_by_two_aliases_are_linked_to_what_they_ran_and_what_it_scored(
        self, versions: Versions, run: Run, opik: OpikRegistry, opik_service: OpikServer
    ) -> None:
        seen = run(
            "from opik.evaluation.metrics import BaseMetric\n"
            "from opik.evaluation.metrics.score_result import ScoreResult\n"
            "class Warm(BaseMetric):\n"
            "    def score(self, output, **ignored):\n"
            "        return ScoreResult('warm', float('warmly' in output))\n"
            "dataset = client.get_or_create_dataset('names')\n"
            "dataset.insert([{'name': 'Ada'}, {'name': 'Grace'}])\n"
            "answer = {}\n"
            "for alias in ('production', 'staging'):\n"
            "    greeting = promptsync.load('greeting', alias=alias)\n"
            "    def task(item):\n"
            "        lineage.opik.log_prompts(greeting, strict=True)\n"
            "        return {'output': greeting.render(name=item['name']).text}\n"
            "    opik.evaluate(\n"
            "        dataset, task, scoring_metrics=[Warm('warm', track=False)], verbose=0,\n"
            "        experiment_name=alias, prompts=lineage.opik.as_prompts(greeting),\n"
            "        experiment_config=lineage.opik.experiment_config(greeting))\n"
            "for each in client.rest_client.experiments.find_experiments().content:\n"
            "    answer[each.name] = [each.prompt_versions[0].version_number,\n"
            "                         each.metadata['promptsync']['bundle_sha256']]"
        )

        found = {each.name: each for each in opik.list_experiments("greeting")}
        told = {each.version: (each.name, each.count, each.scores) for each in found.values()}
        assert told == {"v1": ("production", 2, {"warm": 0}), "v2": ("staging", 2, {"warm": 1})}
        for alias, version in zip(("production", "staging"), versions, strict=True):
            said = lineage.experiment_config(as_loaded(version, "opik", alias))["promptsync"]
            assert seen[alias] == [version.version, said["bundle_sha256"]]
            traces: list[Any] = [
                opik_service.store.traces[each.trace_id]["metadata"]
                for each in opik_service.store.experiment_items.values()
                if each.experiment_id == found[alias].id
            ]
            assert list(map(linked, traces)) == [[version.version]] * 2

    def test_a_fallback_is_told_by_its_text_and_its_hash_and_is_not_linked(
        self, run: Run, opik_service: OpikServer
    ) -> None:
        run(
            "from promptsync import LoadedPrompt, Prompt, Source\n"
            "served = [LoadedPrompt(prompt=Prompt(name=name, content='Hello'), kind='opik',\n"
            "                       content_hash='sha256:' + '0' * 64, source=Source.BUNDLE,\n"
            "                       is_fallback=True) for name in ('greeting', 'farewell')]\n"
            "@opik.track\n"
            "def call():\n"
            "    lineage.opik.log_prompts(served, strict=True)\n"
            "call()\n"
            "client.create_experiment('names', name='fallback',\n"
            "                         prompts=lineage.opik.as_prompts(served))\n"
            "answer = None"
        )

        (trace,) = metadata_of(opik_service.store.traces).values()
        said = trace["promptsync"]["prompts"]
        assert list(said) == ["greeting@sha256:000000000000", "farewell@sha256:000000000000"]
        assert all(each["is_fallback"] and "version" not in each for each in said.values())
        (experiment,) = opik_service.store.experiments
        assert experiment.versions == ()
        assert experiment.metadata == {"prompts": {"greeting": "Hello", "farewell": "Hello"}}


def metadata_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of traces or spans, by their names."""
    return {each["name"]: each["metadata"] for each in kept.values()}


def linked(metadata: Any) -> list[str]:
    return [each["version"]["version_number"] for each in metadata["opik_prompts"]]


def hashes(metadata: Any) -> list[str]:
    return [each["sha256"] for each in metadata["promptsync"]["prompts"].values()]
