"""What `performance` says, whole."""

from __future__ import annotations

import pytest

from tests.builders import Repo
from tests.cli.running import Ran, run, run_program
from tests.cli.scenes import with_greeting
from tests.fakes.braintrust import BraintrustServer
from tests.fakes.opik import opik_server

pytestmark = pytest.mark.network


def versions_of(name: str) -> list[str]:
    found = run("history", name, "--format", "json").json["versions"]
    return [each["version"] for each in reversed(found)]


@pytest.fixture
def commits(repo: Repo, trader: BraintrustServer) -> list[str]:
    """Upload two versions of one prompt, each with its experiments, and one that nobody ran."""
    made = []
    repo.write("prompts/farewell.md", "Say goodbye.\n")
    for number, scores in enumerate(([0.5, 0.75], [0.9]), 1):
        repo.write("prompts/greeting.md", f"Say hello, {number}.\n")
        made.append(repo.commit())
        assert run("upload", "--yes").code == 0
        trader.person.evaluates(
            "greeting",
            name=f"run {number}",
            scores=[{"Factuality": score, "Brevity": 0.25} for score in scores],
            metrics={"duration": 1.234, "estimated_cost": 0.00125 * number},
        )
    trader.person.evaluates("greeting", name="again", scores=[{"Factuality": 0.7}])
    return made


def test_each_version_has_its_averages_and_each_score_its_course(
    commits: list[str], trader: BraintrustServer
) -> None:
    first, second = versions_of("greeting")

    host = trader.url.removeprefix("http://")
    assert run("performance") == Ran(
        0,
        f"""\
registry `production`: braintrust project "Trader" ({host})

greeting

VERSION              COMMIT      RUNS  Brevity  Factuality       COST  DURATION
{first}  {commits[0][:10]}     1    0.250       0.625  $0.001250    1.23 s
{second}  {commits[1][:10]}     2    0.250       0.800  $0.002500    1.23 s

Brevity     ▅▅  0.250 -> 0.250
Factuality  ▁█  0.625 -> 0.800

no experiments: farewell
""",
        "",
    )


def test_scores_that_do_not_fit_go_on_in_another_table(
    commits: list[str], trader: BraintrustServer
) -> None:
    scores = {f"A rather long score {number}": 0.5 for number in range(4)}
    trader.person.evaluates("greeting", scores=[scores])

    shown = run("performance", "greeting", "--last", "1").stdout

    assert commits
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.count("VERSION") == 4
    assert all(name in shown for name in scores)


def test_a_terminal_without_blocks_gets_ascii(commits: list[str]) -> None:
    assert commits
    shown = run_program("performance", "greeting", env={"PYTHONIOENCODING": "ascii"})

    assert shown.stdout.endswith(
        "\nBrevity     ++  0.250 -> 0.250\nFactuality  .@  0.625 -> 0.800\n"
    )


def test_only_the_last_versions_are_shown_when_asked(commits: list[str]) -> None:
    assert commits
    shown = run("performance", "greeting", "--last", "1").stdout

    assert versions_of("greeting")[0] not in shown
    assert shown.endswith("\n1 older left out: `--last 2` shows them\n")


def test_performance_in_json(commits: list[str]) -> None:
    first, second = run("performance", "--format", "json").json["prompts"][1]["versions"]

    assert [each["commit"] for each in (first, second)] == commits
    assert (first["experiments"], second["experiments"]) == (1, 2)
    assert first["scores"] == {"Brevity": 0.25, "Factuality": 0.625}
    assert (first["cost"], first["duration"]) == (0.00125, 1.234)


def test_performance_in_markdown(commits: list[str]) -> None:
    first, second = versions_of("greeting")

    assert run("performance", "--format", "markdown") == Ran(
        0,
        f"""\
### promptsync: performance in `production`

#### `greeting`

| version | commit | runs | `Brevity` | `Factuality` | cost | duration |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
| `{first}` | `{commits[0][:10]}` | `1` | `0.250` | `0.625` | `$0.001250` | `1.23 s` |
| `{second}` | `{commits[1][:10]}` | `2` | `0.250` | `0.800` | `$0.002500` | `1.23 s` |

- `Brevity`: ▅▅  0.250 -> 0.250
- `Factuality`: ▁█  0.625 -> 0.800

No experiments: `farewell`
""",
        "",
    )


def test_where_a_service_counts_examples_averages_are_weighted_by_them(repo: Repo) -> None:
    with opik_server() as service:
        repo.write(
            "promptsync.toml",
            f'[registries.opik]\nkind = "opik"\nproject = "Trader"\nurl = "{service.url}"\n',
        )
        repo.write("prompts/greeting.md", "Say hello.\n")
        commit = repo.commit()
        assert run("upload", "--yes").code == 0
        (version,) = service.store.prompt_named("greeting").versions
        for name, score, examples in (("one", 0.5, 30), ("two", 0.9, 10)):
            service.person.experiments(
                name, version, scores={"exact": score}, trace_count=examples, duration=1500.0
            )

        shown = run("performance").stdout

    assert shown.endswith(f"""\

greeting

VERSION  COMMIT      RUNS  EXAMPLES  exact  DURATION
v1       {commit[:10]}     2        40  0.600    1.50 s
""")


def test_prompts_without_experiments_are_one_line(repo: Repo, trader: BraintrustServer) -> None:
    with_greeting(repo)
    run("upload", "--yes")

    assert run("performance").stdout.splitlines()[1:] == ["", "no experiments: greeting"]
    assert trader.requests


def test_an_experiment_that_mixed_versions_is_left_out_and_told(
    commits: list[str], trader: BraintrustServer
) -> None:
    trader.person.evaluates("greeting", versions=versions_of("greeting"), scores=[{"Brevity": 1}])

    shown = run("performance", "greeting").stdout

    assert commits
    assert shown.endswith("\n\nnote: 1 experiment ran several versions of greeting: left out\n")
    assert "1.000" not in shown


def test_a_local_registry_says_what_to_do(repo: Repo) -> None:
    with_greeting(repo)

    assert run("performance") == Ran(
        2,
        "",
        "error: registry `local` is a local one, and runs no experiments\n\n"
        "hint: name one of Braintrust, MLflow or Opik: `promptsync performance --registry NAME`\n",
    )
