from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from promptsync.composition import CompositionError, expand
from promptsync.include_graph import Branch, IncludeGraph, Node, tree
from tests.builders import prompt


def graph(**includes: str) -> IncludeGraph:
    """Build a graph: graph(top="a b", a="b", b="")."""
    texts = {
        name: " ".join(f"{{{{> {each}}}}}" for each in names.split())
        for name, names in includes.items()
    }
    return IncludeGraph(
        {name: Node.of(prompt(name, text), f"{name}.md") for name, text in texts.items()}
    )


def test_a_prompt_knows_what_it_includes_and_what_includes_it() -> None:
    found = graph(top="a b", a="b", b="")

    assert found.includes_of("top") == ("a", "b")
    assert found.includers_of("b") == ("a", "top")
    assert found.includers_of("top") == ()
    assert (found.missing, found.circles) == ((), ())


def test_a_missing_partial_comes_with_the_name_it_may_have_now() -> None:
    found = graph(top="house-rule", **{"house-rules": ""})

    assert found.missing == ("house-rule",)
    assert found.near("house-rule") == "house-rules"
    assert found.around(["top"]).near("house-rule") == "house-rules"


def test_circles_end_where_they_begin() -> None:
    assert graph(a="b", b="c", c="b", d="d").circles == (("b", "c", "b"), ("d", "d"))


def test_around_some_prompts_is_what_leads_there_and_away() -> None:
    found = graph(top="a", a="b", b="", other="b", alone="").around(["a"])

    assert sorted(found.nodes) == ["a", "b", "top"]


def test_a_tree_shows_the_branches_of_each_name_once() -> None:
    found = graph(top="a b", a="b", b="c", c="")

    assert list(tree("top", found.includes_of)) == [
        Branch("a", 1),
        Branch("b", 2),
        Branch("c", 3),
        Branch("b", 1, is_again=True),
    ]


def test_a_tree_ends_where_it_would_run_in_a_circle() -> None:
    assert list(tree("a", graph(a="b", b="a").includes_of)) == [
        Branch("b", 1),
        Branch("a", 2, is_circle=True),
    ]


def test_prompts_that_include_each_other_without_number_are_drawn_in_one_pass() -> None:
    names = [f"p{level}" for level in range(2000)]
    below = dict(pairwise(names))
    found = graph(**{name: f"{below[name]} {below[name]}" for name in names[:-1]})

    assert len(list(tree("p0", found.includes_of))) == 1999
    assert found.circles == ()


@given(
    st.dictionaries(
        st.sampled_from("abcde"), st.lists(st.sampled_from("abcde"), max_size=3).map(" ".join)
    )
)
def test_what_cannot_be_expanded_has_a_circle_or_a_missing_partial(
    includes: dict[str, str],
) -> None:
    found = graph(**includes)
    texts = {
        name: prompt(name, "".join(f"{{{{> {each}}}}}" for each in node.includes))
        for name, node in found.nodes.items()
    }

    def is_fine(name: str) -> bool:
        try:
            expand(texts[name], texts)
        except CompositionError:
            return False
        return True

    assert all(map(is_fine, texts)) == (not found.missing and not found.circles)
