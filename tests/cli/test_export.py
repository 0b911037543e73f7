"""What `export` says and does, whole."""

from __future__ import annotations

from tests.builders import Repo
from tests.cli.running import Ran, run
from tests.cli.scenes import with_greeting

GREETING_YML = """\
name: Greeting
model: gpt-5-mini
messages:
- role: system
  content: You greet people.
- role: user
  content: '{{name}}'
"""


def with_two(repo: Repo) -> None:
    with_greeting(repo)
    repo.write("prompts/rules.md", "---\npartial: true\n---\nBe kind to {{{name}}}.\n")
    repo.write("prompts/farewell.md", "---\ntags: [a]\n---\n\nBye. {{> rules}}\n")
    repo.commit("Add farewell")


def test_one_prompt_goes_to_stdout(repo: Repo) -> None:
    with_two(repo)

    assert run("export", "greeting", "--to", "github") == Ran(0, GREETING_YML, "")


def test_what_changes_is_told_beside_the_result(repo: Repo) -> None:
    with_two(repo)

    assert run("export", "prompts/farewell.md", "--to", "github") == Ran(
        0,
        "name: farewell\nmessages:\n- role: user\n  content: Bye. Be kind to {{name}}.\n",
        """\
lost: `tags` has no place in GitHub: `a`
note: GitHub has no text prompts: it is one `user` message
note: includes are expanded: `rules`
""",
    )


def test_several_need_a_folder(repo: Repo) -> None:
    with_two(repo)

    assert run("export", "--to", "langsmith") == Ran(
        2,
        "",
        "error: 2 prompts make 2 files\n\n"
        "hint: say where with `--output FOLDER`, or name one prompt\n",
    )


def test_files_are_written_into_a_folder(repo: Repo) -> None:
    with_two(repo)

    result = run("export", "--to", "prompty", "--output", "out/prompty")

    assert result == Ran(
        0,
        """\
wrote out/prompty/farewell.prompty from farewell
  note: Prompty has no text prompts: it is one `system` message
  note: includes are expanded: `rules`
wrote out/prompty/greeting.prompty from greeting
""",
        "",
    )
    assert repo.read("out/prompty/farewell.prompty").endswith("---\nBye. Be kind to {{{name}}}.\n")


def test_a_file_that_says_something_else_stays(repo: Repo) -> None:
    with_two(repo)
    repo.write("out/greeting.prompt.yml", "Mine.\n")
    arguments = ("export", "--to", "github", "--output", "out")

    refused = run(*arguments)
    forced = run(*arguments, "--force")
    again = run(*arguments)

    assert refused == Ran(
        2,
        "",
        "error: `out/greeting.prompt.yml` is there already and says something else; "
        "nothing was written\n\nhint: `--force` replaces it\n",
    )
    assert (forced.code, again.code) == (0, 0)
    assert repo.read("out/greeting.prompt.yml") == GREETING_YML


def test_a_refusal_leaves_no_half_of_it(repo: Repo) -> None:
    with_two(repo)
    repo.write("out/greeting.prompt.yml", "Mine.\n")

    run("export", "--to", "github", "--output", "out")

    assert [each.name for each in (repo.path / "out").iterdir()] == ["greeting.prompt.yml"]


def test_a_name_that_no_file_can_have_is_refused(repo: Repo) -> None:
    repo.write("prompts/x.md", "---\nname: con\n---\nHi\n")

    result = run("export", "--to", "github", "--output", "out")

    assert (result.code, result.stderr) == (
        2,
        "error: `con.prompt.yml` cannot be written: Windows reserves it\n",
    )


def test_strict_refuses_what_gets_lost(repo: Repo) -> None:
    with_two(repo)
    refusal = "\nnothing was written: with `--strict` nothing may get lost\n"

    to_stdout = run("export", "farewell", "--to", "github", "--strict")
    to_folder = run("export", "--to", "github", "--strict", "--output", "out")

    assert (to_stdout.code, to_stdout.stdout) == (1, "")
    assert to_stdout.stderr.endswith(refusal)
    assert (to_folder.code, to_folder.stderr) == (1, refusal)
    assert to_folder.stdout.startswith("would write out/farewell.prompt.yml from farewell\n")
    assert not (repo.path / "out").exists()


def test_the_result_in_json(repo: Repo) -> None:
    with_two(repo)

    document = run("export", "greeting", "--to", "github", "--format", "json").json

    assert document == {
        "schema": 1,
        "format": "github",
        "prompts": [
            {
                "name": "greeting",
                "file_name": "greeting.prompt.yml",
                "path": None,
                "text": GREETING_YML,
                "done": True,
                "notes": [],
            }
        ],
    }


def test_every_prompt_comes_back_by_import(repo: Repo) -> None:
    with_greeting(repo)
    before = repo.read("prompts/greeting.md")

    for format_ in ("prompty", "dotprompt"):
        run("export", "--to", format_, "--output", "out")
    for file in sorted((repo.path / "out").iterdir()):
        (repo.path / "prompts/greeting.md").unlink()
        assert run("import", f"out/{file.name}").code == 0
        assert repo.read("prompts/greeting.md") == before
