"""What an MLflow run is to say of its prompts, decided without MLflow."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from promptsync import UsageError, bundle_hash
from promptsync.lineage import mlflow
from promptsync.lineage.mlflow_run import RunLog, add_links, plan_run, plan_trace
from promptsync.loaded_prompt import LoadedPrompt, Source
from tests.lineage.prompts import fallback, loaded

ONE, TWO = loaded(version="1"), loaded(version="2", alias="candidate")
FAREWELL = loaded("farewell", "7", alias=None)


def link(name: str, version: str) -> dict[str, str]:
    return {"name": name, "version": version}


def hashed(*prompts: LoadedPrompt) -> str:
    return bundle_hash((each.name, each.content_hash) for each in prompts)


def log(*prompts: LoadedPrompt, after: RunLog | None = None) -> RunLog:
    """Return what is added to a run, which may have said something before."""
    return plan_run(after.params, after.tags, prompts) if after else plan_run({}, {}, prompts)


def merged(before: RunLog, after: RunLog) -> RunLog:
    return RunLog({**before.params, **after.params}, {**before.tags, **after.tags})


def test_a_run_says_version_hash_and_alias_of_each_prompt() -> None:
    assert log(ONE, FAREWELL) == RunLog(
        params={"prompt.greeting": "v1", "prompt.farewell": "v7"},
        tags={
            "promptsync.sha256.greeting": ONE.content_hash,
            "promptsync.alias.greeting": "production",
            "promptsync.sha256.farewell": FAREWELL.content_hash,
            "mlflow.linkedPrompts": json.dumps([link("greeting", "1"), link("farewell", "7")]),
            "promptsync.bundle.sha256": hashed(ONE, FAREWELL),
        },
    )


def test_the_same_again_adds_nothing() -> None:
    first = log(ONE, FAREWELL)

    assert log(FAREWELL, ONE, ONE, after=first) == RunLog()


def test_a_fallback_has_a_hash_and_no_version() -> None:
    served = fallback()

    assert log(served) == RunLog(
        tags={
            "promptsync.sha256.greeting": served.content_hash,
            "promptsync.fallback.greeting": "bundle",
            "promptsync.bundle.sha256": hashed(served),
        }
    )


def test_a_fallback_to_what_the_registry_served_last_has_its_version() -> None:
    served = replace(ONE, is_fallback=True, source=Source.DISK)

    found = log(served)

    assert found.params == {"prompt.greeting": "v1"}
    assert found.tags["promptsync.fallback.greeting"] == "disk"
    assert json.loads(found.tags["mlflow.linkedPrompts"]) == [link("greeting", "1")]


def test_a_version_of_another_registry_is_no_link() -> None:
    found = log(loaded(version="v3", kind="opik"), loaded("memory", "1000", kind="braintrust"))

    assert found.params == {"prompt.greeting": "v3", "prompt.memory": "v1000"}
    assert "mlflow.linkedPrompts" not in found.tags


def test_a_link_has_the_name_that_mlflow_serves_the_prompt_under() -> None:
    served = replace(ONE, service_ids={"name": "app-greeting"})

    found = log(served)

    assert json.loads(found.tags["mlflow.linkedPrompts"]) == [link("app-greeting", "1")]


def test_another_version_in_the_same_run_leaves_the_param_and_is_told() -> None:
    first = log(ONE, FAREWELL)

    second = log(TWO, after=first)

    assert second == RunLog(
        tags={
            "promptsync.versions.greeting": "v1,v2",
            "promptsync.sha256.greeting": f"{ONE.content_hash},{TWO.content_hash}",
            "promptsync.alias.greeting": "production,candidate",
            "mlflow.linkedPrompts": json.dumps(
                [link("greeting", "1"), link("farewell", "7"), link("greeting", "2")]
            ),
            "promptsync.bundle.sha256": hashed(ONE, TWO, FAREWELL),
        },
        warnings=["used `greeting` as v1,v2: what it measures is of none of them"],
    )
    assert log(TWO, ONE, after=merged(first, second)) == RunLog()


def test_two_versions_at_once_are_both_in_the_param() -> None:
    found = log(ONE, TWO)

    assert found.params == {"prompt.greeting": "v1,v2"}
    assert "promptsync.versions.greeting" not in found.tags
    assert log(ONE, after=found) == RunLog()


def test_the_bundle_hash_says_nothing_of_order_or_of_calls() -> None:
    first = log(FAREWELL)
    second = merged(first, log(ONE, after=first))

    assert second.tags["promptsync.bundle.sha256"] == hashed(ONE, FAREWELL)
    assert log(ONE, FAREWELL).tags["promptsync.bundle.sha256"] == hashed(ONE, FAREWELL)


def test_more_links_than_a_tag_holds_are_left_out_and_the_tag_stays_json() -> None:
    names = [f"a-prompt-with-a-rather-long-name-{number:04}" for number in range(300)]

    found = log(*map(loaded, names))

    linked = json.loads(found.tags["mlflow.linkedPrompts"])
    assert linked == [link(name, "1") for name in names[: len(linked)]]
    assert 100 < len(linked) < 300
    assert found.warnings == [
        f"links to {300 - len(linked)} prompts do not fit its tag mlflow.linkedPrompts"
    ]
    assert len(found.params) == 300


def test_without_mlflow_a_log_says_what_to_install() -> None:
    with pytest.raises(UsageError, match="`mlflow` is not installed") as caught:
        mlflow.log_prompts(ONE)

    assert caught.value.hint == "pip install mlflow"


@pytest.mark.parametrize("broken", ['[{"name": "greet', "{}", '"text"'])
def test_links_that_are_broken_are_left_as_they_are(broken: str) -> None:
    found = plan_run({}, {"mlflow.linkedPrompts": broken}, [ONE])

    assert "mlflow.linkedPrompts" not in found.tags
    assert found.warnings == ["its tag mlflow.linkedPrompts is broken, and was left as it is"]
    assert found.params == {"prompt.greeting": "v1"}


def test_a_name_that_no_tag_can_have_is_left_out() -> None:
    found = log(loaded("a" * 240), ONE)

    assert found.params == {"prompt.greeting": "v1"}
    assert found.tags["promptsync.bundle.sha256"] == hashed(ONE)
    assert found.warnings == ["prompts whose names are too long for a tag of MLflow were left out"]


def test_no_prompt_is_a_bundle_too() -> None:
    assert log() == RunLog(tags={"promptsync.bundle.sha256": bundle_hash([])})


def test_a_trace_says_versions_in_tags_for_it_has_no_params() -> None:
    first = plan_trace({}, [ONE])
    second = plan_trace(first.tags, [TWO])

    assert first == RunLog(
        tags={
            "promptsync.sha256.greeting": ONE.content_hash,
            "promptsync.alias.greeting": "production",
            "promptsync.bundle.sha256": hashed(ONE),
            "promptsync.versions.greeting": "v1",
        }
    )
    assert second.tags["promptsync.versions.greeting"] == "v1,v2"
    assert second.params == {}


def test_links_are_added_once_to_those_that_mlflow_made() -> None:
    made = json.dumps([link("greeting", "1")])

    assert add_links(made, [link("greeting", "1")]) == made
    assert add_links(None, []) is None
    assert add_links(made, [link("greeting", "2")]) == json.dumps(
        [link("greeting", "1"), link("greeting", "2")]
    )
