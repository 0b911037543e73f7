"""What `graph` shows, whole."""

from __future__ import annotations

from tests.builders import Repo
from tests.cli.running import Ran, run

PARTIAL = "---\npartial: true\n---\n\n"


def with_court(repo: Repo) -> None:
    """Give a repository two composites, what they share, and a prompt by itself."""
    repo.write("prompts/charter.md", "{{> frame}}\n{{> persona}}\n")
    repo.write("prompts/category.md", "# system:\n\n{{> persona}}\n")
    repo.write("prompts/frame.md", f"{PARTIAL}{{{{> persona}}}} Be brief.\n")
    repo.write("prompts/persona.md", "You are a clerk.\n")
    repo.write("prompts/alone.md", "Hello.\n")


def test_each_composite_is_a_tree(repo: Repo) -> None:
    with_court(repo)

    assert run("graph") == Ran(
        0,
        """\
category  prompts/category.md
  persona

charter  prompts/charter.md
  frame (partial)
    persona
  persona

in several prompts:
  persona: category, charter, frame

5 prompts, 3 include, 2 included
""",
        "",
    )


def test_a_prompt_is_shown_with_both_directions(repo: Repo) -> None:
    with_court(repo)

    assert (
        run("graph", "frame", "prompts/alone.md").stdout
        == """\
frame  prompts/frame.md
  includes
    persona
  is included by
    charter

alone  prompts/alone.md
  includes nothing
  is included by no prompt
"""
    )


def test_circles_and_missing_partials_are_shown(repo: Repo) -> None:
    with_court(repo)
    repo.write("prompts/a.md", "{{> b}}\n")
    repo.write("prompts/b.md", "{{> a}} {{> personna}}\n")

    result = run("graph")

    assert result.code == 0
    assert result.stdout.startswith(
        """\
a  prompts/a.md
  b
    a (a circle)
    personna (missing; did you mean `persona`?)

"""
    )
    assert result.stdout.endswith("7 prompts, 5 include, 4 included, 1 missing, 1 circle\n")
    assert result.stderr == "\nhint: `promptsync lint` names the lines\n"


def test_a_file_that_cannot_be_read_is_left_out(repo: Repo) -> None:
    with_court(repo)
    repo.write("prompts/wrong.md", "---\n")

    result = run("graph", "persona")

    assert result.code == 0
    assert result.stderr == (
        "\nwarning: left out 1 prompt that cannot be read; `promptsync lint` says why\n"
    )


def test_a_mermaid_flowchart(repo: Repo) -> None:
    with_court(repo)
    repo.write("prompts/alone.md", "{{> alone}} {{> nothing}}\n")

    assert (
        run("graph", "--format", "mermaid").stdout
        == """\
flowchart LR
  p0["alone"]
  p1["category"]
  p2["charter"]
  p3(["frame"])
  p4["nothing (missing)"]
  p5["persona"]
  p0 -. circle .-> p0
  p0 --> p4
  p1 --> p5
  p2 --> p3
  p2 --> p5
  p3 --> p5
"""
    )


def test_json_has_both_directions(repo: Repo) -> None:
    with_court(repo)
    repo.write("prompts/alone.md", "{{> alone}} {{> personna}}\n")

    document = run("graph", "alone", "--format", "json").json

    assert document == {
        "schema": 1,
        "prompts": [
            {
                "name": "alone",
                "path": "prompts/alone.md",
                "partial": False,
                "includes": ["alone", "personna"],
                "included_by": ["alone"],
            }
        ],
        "missing": [{"name": "personna", "included_by": ["alone"], "near": "persona"}],
        "circles": [["alone", "alone"]],
    }


def test_a_name_that_nobody_has_is_an_error(repo: Repo) -> None:
    with_court(repo)

    assert run("graph", "personna") == Ran(
        2,
        "",
        "error: there is no prompt file for `personna`\n\nhint: did you mean `persona`?\n",
    )


def test_without_prompts_there_is_nothing_to_draw(repo: Repo) -> None:
    (repo.path / "prompts").mkdir()

    assert run("graph").code == 2
