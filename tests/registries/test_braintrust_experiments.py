"""Which experiments of Braintrust ran which version of a prompt, and how well."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from promptsync.errors import RegistryAnswerError, RegistryRefusedError
from promptsync.experiment import Experiment
from promptsync.registries.braintrust import BraintrustRegistry
from promptsync.registries.braintrust_experiments import BATCH, read_experiment
from tests.builders import prompt
from tests.fakes.braintrust import BraintrustServer, PageCap, Refused
from tests.fakes.braintrust.json_values import Json
from tests.fakes.service.exchange import Request, Response, Serve, json_response

pytestmark = pytest.mark.network


@dataclass(frozen=True)
class AnswersQueries:
    """Answers every query with this."""

    answer: Json
    on: str = "POST /btql"

    def __call__(self, request: Request, serve: Serve) -> Response:  # noqa: ARG002
        return json_response(self.answer)


def test_an_experiment_belongs_to_the_version_that_its_model_calls_used(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    first = braintrust.save_prompt(prompt(text="Hello"), None)
    before = service.person.evaluates(
        "greeting",
        name="before",
        scores=[{"Factuality": 0.5}, {"Factuality": 0.75, "Brevity": 1}],
        metrics={"duration": 1.5, "estimated_cost": 0.002, "completion_tokens": 40},
    )
    second = braintrust.save_prompt(prompt(text="Good morning"), None)
    after = service.person.evaluates("greeting", name="after", scores=[{"Factuality": 0.9}])

    assert list(braintrust.list_experiments("greeting")) == [
        Experiment(
            id=after.id,
            name="after",
            version=second.version,
            scores={"Factuality": 0.9},
            created=after.created,
        ),
        Experiment(
            id=before.id,
            name="before",
            version=first.version,
            scores={"Brevity": 1.0, "Factuality": 0.625},
            cost=0.002,
            duration=1.5,
            created=before.created,
        ),
    ]


def test_an_experiment_with_two_prompts_belongs_to_both(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    for name in ("farewell", "greeting", "other"):
        braintrust.save_prompt(prompt(name), None)
    service.person.evaluates("farewell", "greeting", name="both")

    found = {name: braintrust.list_experiments(name) for name in ("farewell", "greeting", "other")}

    assert {name: [each.name for each in runs] for name, runs in found.items()} == {
        "farewell": ["both"],
        "greeting": ["both"],
        "other": [],
    }


@pytest.mark.parametrize("other", [None, "1000192656880881099"], ids=["unknown", "another"])
def test_an_experiment_with_several_versions_of_a_prompt_has_scores_of_none(
    service: BraintrustServer, braintrust: BraintrustRegistry, other: str | None
) -> None:
    stored = braintrust.save_prompt(prompt(), None)
    run = service.person.evaluates(
        "greeting", versions=[stored.version, other], scores=[{"Factuality": 0.5}]
    )

    assert list(braintrust.list_experiments("greeting")) == [
        Experiment(id=run.id, name=run.name, version=version, created=run.created)
        for version in sorted([stored.version, other or ""])
    ]


def test_an_experiment_whose_versions_are_not_known_belongs_to_none(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), None)
    service.person.evaluates("greeting", versions=[None])

    assert list(braintrust.list_experiments("greeting")) == []


def test_a_prompt_without_experiments_has_none(braintrust: BraintrustRegistry) -> None:
    braintrust.save_prompt(prompt(), None)

    assert list(braintrust.list_experiments("greeting")) == []
    assert list(braintrust.list_experiments("unknown")) == []


def test_experiments_are_listed_and_asked_about_once_for_all_prompts(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    for name in ("farewell", "greeting"):
        braintrust.save_prompt(prompt(name), None)
    for number in range(BATCH + 1):
        service.person.evaluates("greeting", name=f"run {number}")
    service.requests.clear()

    found = [braintrust.list_experiments(name) for name in ("greeting", "farewell")]

    assert [len(each) for each in found] == [BATCH + 1, 0]
    paths = [each.path for each in service.requests]
    assert paths.count("/v1/experiment") == 2
    assert paths.count("/btql") == 2
    assert sum(path.endswith("/summarize") for path in paths) == BATCH + 1
    assert len(paths) == 4 + (BATCH + 1) + 2


def test_short_pages_are_followed_to_the_end(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), None)
    for number in range(5):
        service.person.evaluates("greeting", name=f"run {number}")
    service.inject(PageCap(2), "GET /v1/experiment*")

    assert [each.name for each in braintrust.list_experiments("greeting")] == [
        f"run {number}" for number in reversed(range(5))
    ]


def test_metadata_that_is_not_of_the_sdk_is_no_prompt(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), None)
    experiment = service.person.evaluates("greeting")
    rows: Json = [
        {"experiment_id": experiment.id, "prompt_id": 7, "version": 1},
        {"experiment_id": experiment.id, "prompt_id": None, "version": None},
    ]
    service.inject(AnswersQueries({"data": rows}))

    assert list(braintrust.list_experiments("greeting")) == []


@pytest.mark.parametrize(
    "answer",
    [[], {}, {"data": [1]}, {"data": [{"version": "1"}]}],
    ids=["list", "nothing", "number", "columns"],
)
def test_an_answer_of_unknown_shape_is_an_error_and_no_empty_result(
    service: BraintrustServer, braintrust: BraintrustRegistry, answer: Json
) -> None:
    braintrust.save_prompt(prompt(), None)
    service.person.evaluates("greeting")
    service.inject(AnswersQueries(answer))

    with pytest.raises(RegistryAnswerError, match="unknown shape"):
        braintrust.list_experiments("greeting")


def test_a_service_without_sql_is_an_error_that_says_so(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), None)
    service.person.evaluates("greeting")
    service.inject(Refused(400, "cannot parse"), "POST /btql")

    with pytest.raises(RegistryRefusedError) as refused:
        braintrust.list_experiments("greeting")

    assert "self-hosted Braintrust" in str(refused.value.hint)


@pytest.mark.parametrize(
    "summary",
    [
        {},
        {"scores": None, "metrics": None},
        {"scores": [1], "metrics": "none"},
        {"scores": {"a": {"score": None}, "b": {"score": True}, "c": 1}},
        {"metrics": {"duration": {"metric": 2, "unit": "ms"}, "estimated_cost": {"metric": "1"}}},
        json.loads('{"scores": {"a": {"score": NaN}}}'),
    ],
    ids=["empty", "null", "types", "scores", "units", "nan"],
)
def test_what_is_no_number_of_a_known_unit_is_left_out(summary: dict[str, object]) -> None:
    found = {"id": "8a2f3a4e-0000-4000-8000-000000000000", "name": "run"}

    assert read_experiment(found, "1", summary) == Experiment(
        id="8a2f3a4e-0000-4000-8000-000000000000", name="run", version="1"
    )
