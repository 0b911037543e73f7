"""What promptsync says to Braintrust of prompts, written by the official SDK."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from promptsync import UsageError, bundle_hash
from promptsync.lineage import braintrust as lineage
from promptsync.registries.braintrust import BraintrustRegistry
from tests.fakes.braintrust import BraintrustServer
from tests.fakes.vendor import needs_braintrust_sdk, run_braintrust_python
from tests.lineage.programs import Run, Versions, answer_of, configure, save_versions
from tests.lineage.prompts import as_loaded, fallback, loaded

sdk = [pytest.mark.network, pytest.mark.vendor, needs_braintrust_sdk]

BEGIN = """\
import json, sys
import braintrust
import promptsync
from promptsync import lineage

"""


@pytest.fixture
def run(service: BraintrustServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs statements beside the SDK and returns what `answer` is then."""
    configure(tmp_path, monkeypatch, kind="braintrust", project="Trader")

    def run(statements: str) -> Any:
        program = f"{BEGIN}{statements}\nbraintrust.flush()\nprint(json.dumps(answer))"
        result = run_braintrust_python(
            "-c", program, cwd=tmp_path, url=service.url, api_key=service.api_key
        )
        return answer_of(result)

    return run


@pytest.fixture
def versions(braintrust: BraintrustRegistry) -> Versions:
    """Return two versions of a prompt, the older one in production and the newer one in staging."""
    return save_versions(braintrust, newer="staging", model="gpt-5-mini")


def spans_of(service: BraintrustServer, name: str) -> list[Any]:
    """Return the metadata of the spans of an experiment that say anything."""
    (found,) = [each for each in service.store.experiments.newest_first() if each.name == name]
    return [span.metadata for span in found.spans if span.metadata]


def test_a_span_names_the_prompt_and_our_hash_beside_it() -> None:
    ids = {"id": "prompt-id", "project_id": "project-id", "slug": "greeting"}
    served = loaded(version="1000", kind="braintrust", service_ids=ids, commit="0" * 40)

    assert lineage.span_info(served, name="Ada") == {
        "metadata": {
            "prompt": {
                "variables": {"name": "Ada"},
                "id": "prompt-id",
                "project_id": "project-id",
                "version": "1000",
                "name": "greeting",
            },
            "promptsync": {
                "prompts": {
                    "greeting@1000": {
                        "name": "greeting",
                        "version": "1000",
                        "sha256": served.content_hash,
                        "alias": "production",
                        "commit": "0" * 40,
                        "registry": "production",
                        "source": "registry",
                        "is_fallback": False,
                    }
                }
            },
        }
    }


def test_a_fallback_is_told_by_its_hash_and_has_neither_version_nor_ids() -> None:
    served = fallback(kind="braintrust")

    metadata = lineage.span_info(served)["metadata"]

    assert metadata["prompt"] == {
        "variables": {},
        "id": None,
        "project_id": None,
        "version": None,
        "name": "greeting",
    }
    (said,) = metadata["promptsync"]["prompts"].values()
    assert said == {
        "name": "greeting",
        "sha256": served.content_hash,
        "registry": "production",
        "source": "bundle",
        "is_fallback": True,
    }


def test_the_ids_of_another_service_are_none_of_braintrust() -> None:
    served = loaded(version="v3", kind="opik", service_ids={"id": "an id of Opik"})

    said = lineage.span_info(served)["metadata"]["prompt"]

    assert (said["id"], said["version"]) == (None, "v3")


def test_a_variable_may_have_any_name() -> None:
    said = lineage.span_info(loaded(), prompt="Ada", self="Ben")["metadata"]["prompt"]

    assert said["variables"] == {"prompt": "Ada", "self": "Ben"}


def test_an_experiment_says_all_its_prompts_with_one_hash() -> None:
    one, two = loaded(version="1"), loaded(version="2")

    said = lineage.metadata([two, one])["promptsync"]

    assert list(said["prompts"]) == ["greeting@2", "greeting@1"]
    assert said["bundle_sha256"] == bundle_hash(
        [("greeting", one.content_hash), ("greeting", two.content_hash)]
    )


def test_without_the_sdk_a_log_says_what_to_install() -> None:
    with pytest.raises(UsageError, match="`braintrust` is not installed") as caught:
        lineage.log_prompts(loaded())

    assert caught.value.hint == "pip install braintrust"


class TestWithTheSdk:
    pytestmark = sdk

    def test_a_span_says_what_the_sdks_own_prompt_says(self, versions: Versions, run: Run) -> None:
        ours, theirs = run(
            "built = braintrust.load_prompt(\n"
            "    project='Trader', slug='greeting', environment='production').build(name='Ada')\n"
            "greeting = promptsync.load('greeting', alias='production')\n"
            "answer = [lineage.braintrust.span_info(greeting, name='Ada'), built['span_info']]"
        )

        del ours["metadata"]["promptsync"]
        assert ours["metadata"]["prompt"].pop("name") == "greeting"
        assert ours == theirs
        assert ours["metadata"]["prompt"]["version"] == versions[0].version

    def test_the_span_of_a_wrapped_client_says_which_prompt_it_sent(
        self, versions: Versions, run: Run, service: BraintrustServer
    ) -> None:
        run(
            "from types import SimpleNamespace as Object\n"
            "class Completions:\n"
            "    def create(self, **arguments):\n"
            "        assert 'span_info' not in arguments\n"
            "        return {'choices': []}\n"
            "client = Object(chat=Object(completions=Completions()))\n"
            "client = braintrust.wrap_openai(client)\n"
            "greeting = promptsync.load('greeting', alias='production')\n"
            "experiment = braintrust.init(project='Trader', experiment='wrapped')\n"
            "with experiment.start_span('example'):\n"
            "    client.chat.completions.create(\n"
            "        model='gpt-5-mini', messages=[],\n"
            "        span_info=lineage.braintrust.span_info(greeting, name='Ada'))\n"
            "answer = None"
        )

        (said,) = spans_of(service, "wrapped")
        assert said["prompt"]["version"] == versions[0].version
        assert said["prompt"]["variables"] == {"name": "Ada"}

    def test_the_current_span_says_one_prompt_and_keeps_several_apart(
        self, versions: Versions, run: Run, service: BraintrustServer
    ) -> None:
        old, new = versions
        answer = run(
            "one, two = (promptsync.load('greeting', alias=a) for a in ('production', 'staging'))\n"
            "answer = [lineage.braintrust.log_prompts(one)]\n"
            "experiment = braintrust.init(project='Trader', experiment='logged')\n"
            "with experiment.start_span('one'):\n"
            "    answer.append(lineage.braintrust.log_prompts(one, strict=True))\n"
            "with experiment.start_span('both'):\n"
            "    answer.append(lineage.braintrust.log_prompts(strict=True))\n"
            "with experiment.start_span('both in turn'):\n"
            "    lineage.braintrust.log_prompts(one)\n"
            "    braintrust.current_span().log(metadata={'user': 'ada'})\n"
            "    lineage.braintrust.log_prompts(two)\n"
        )

        one, both, in_turn = spans_of(service, "logged")
        keys = [f"greeting@{each.version}" for each in (old, new)]
        assert answer == [False, True, True]
        assert one == lineage.span_info(as_loaded(old, "braintrust", "production"))["metadata"]
        assert "prompt" not in both
        assert list(both["promptsync"]["prompts"]) == keys
        assert in_turn["prompt"]["version"] == new.version
        assert list(in_turn["promptsync"]["prompts"]) == keys
        assert in_turn["user"] == "ada"

    def test_two_evaluations_by_two_aliases_are_told_apart_in_braintrust_and_here(
        self,
        versions: Versions,
        run: Run,
        service: BraintrustServer,
        braintrust: BraintrustRegistry,
    ) -> None:
        run(
            "def evaluate(alias):\n"
            "    greeting = promptsync.load('greeting', alias=alias)\n"
            "    def task(name):\n"
            "        lineage.braintrust.log_prompts(greeting, strict=True)\n"
            "        return greeting.template\n"
            "    def warm(input, output):\n"
            "        return 'warmly' in output\n"
            "    braintrust.Eval('Trader', experiment_name=alias, task=task, scores=[warm],\n"
            "                    data=[{'input': 'Ada'}, {'input': 'Ben'}],\n"
            "                    metadata=lineage.braintrust.metadata(greeting))\n"
            "evaluate('production')\n"
            "evaluate('staging')\n"
            "answer = None"
        )

        found = {each.name: each for each in braintrust.list_experiments("greeting")}
        kept = {each.name: each for each in service.store.experiments.newest_first()}
        for alias, version in zip(("production", "staging"), versions, strict=True):
            said = as_loaded(version, "braintrust", alias)
            assert found[alias].version == version.version
            assert kept[alias].metadata == lineage.metadata(said)

    def test_a_span_that_fails_is_a_warning(self, versions: Versions, run: Run) -> None:
        assert versions
        answer = run(
            "class Broken:\n"
            "    def log(self, **event):\n"
            "        raise OSError('disk full')\n"
            "greeting = promptsync.load('greeting')\n"
            "answer = lineage.braintrust.log_prompts(greeting, span=Broken())\n"
        )

        assert answer is False
