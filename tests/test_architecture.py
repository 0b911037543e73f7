"""Imports point one way: values know values, the world knows values, the edge knows everything.

Read from the source with ast, so that an import inside a function counts as well.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import promptsync
from promptsync.bundle import save_bundle
from tests.builders import prompt
from tests.deployment import bundle_of

ROOT = Path(promptsync.__file__).parent

# Pure functions of their arguments.
VALUES = frozenset(
    {
        "anthropic_arguments",
        "anthropic_messages",
        "anthropic_params",
        "argument_checks",
        "bundle_hash",
        "bundled_prompt",
        "catalog_file",
        "catalog_member",
        "client_params",
        "composition",
        "composition_edit",
        "content_hash",
        "download_plan",
        "drift_report",
        "edit_conflict",
        "edit_disputes",
        "edit_placement",
        "errors",
        "expanded_text",
        "experiment",
        "file_text",
        "formats",
        "front_matter",
        "front_matter_edit",
        "front_matter_writer",
        "github_event",
        "include_graph",
        "interruption",
        "jinja",
        "json_catalog",
        "json_members",
        "light_dataclass",
        "linting",
        "loaded_prompt",
        "merge",
        "message_markup",
        "mustache",
        "mustache_syntax",
        "openai_arguments",
        "performance",
        "plan",
        "promotion_plan",
        "prompt",
        "prompt_details",
        "prompt_file",
        "prompt_name",
        "prompt_path",
        "prompt_schema",
        "registered_prompt",
        "registry_config",
        "registry_edits",
        "remote_edit",
        "remote_prompt",
        "renames",
        "rendered_prompt",
        "rendering",
        "scaffold",
        "scope",
        "seed_report",
        "sha256",
        "sparkline",
        "splice",
        "stamp_check",
        "status",
        "sticky_comment",
        "sync_plan",
        "template_errors",
        "text_changes",
        "upload_order",
        "upload_plan",
        "value_text",
        "yaml_catalog",
    }
)
# Files, git, HTTP, the clock and the environment.
WORLD = frozenset(
    {
        "alias_override",
        "apply",
        "async_waiting",
        "background",
        "bundle",
        "bundle_file",
        "bundled",
        "carriers",
        "catalog",
        "change_writer",
        "changed_partials",
        "client",
        "comparison",
        "composite_past",
        "config",
        "correlation",
        "daemon_threads",
        "deadline",
        "default_client",
        "deployed",
        "deployed_git",
        "detail_edits",
        "download",
        "download_text",
        "drift",
        "drift_warning",
        "early_verify",
        "edit_routing",
        "fetching",
        "file_past",
        "file_replacement",
        "file_search",
        "file_writer",
        "flights",
        "foreign_file",
        "fork_imports",
        "forking",
        "git",
        "git_commit",
        "git_history",
        "git_hook",
        "git_merge",
        "git_objects",
        "git_settings",
        "github",
        "github_job",
        "given_prompt",
        "hand_over",
        "last_known_good",
        "lineage",
        "listing",
        "load_log",
        "loading",
        "local_prompt",
        "missing_alias",
        "optional_packages",
        "origins",
        "outage",
        "package_location",
        "parallel_requests",
        "pointers",
        "program_change",
        "program_past",
        "promoting",
        "prompt_cache",
        "prompt_files",
        "prompt_folder",
        "prompt_import",
        "prompt_location",
        "prompt_memo",
        "prompt_objects",
        "prompt_roots",
        "prompt_search",
        "prompt_sources",
        "prompt_versions",
        "prompt_writer",
        "provenance",
        "reading",
        "registering",
        "registries",
        "registry_identity",
        "run_lock",
        "schedule",
        "seeding",
        "serving",
        "service_environment",
        "stamping",
        "starters",
        "sync_journal",
        "templates",
        "unknown_names",
        "upload_log",
        "workspace",
    }
)
# What people and programs call; __init__ is the public API and only gathers names.
EDGE = frozenset(
    {
        "__init__",
        "__main__",
        "cli",
        "openfeature_answer",
        "openfeature_provider",
        "openfeature_targeting",
        "workshop",
    }
)

# A value may use these: they compute and touch nothing. Everything else has to be argued for here.
PURE_LIBRARIES = frozenset(
    """
    __future__ _sha2 _sha256 bisect codecs collections copy dataclasses datetime difflib enum
    functools hashlib heapq io itertools json math operator re string sys.intern sys.modules
    sys.version_info textwrap threading.TIMEOUT_MAX types typing unicodedata
    urllib.parse jinja2 rfc8785 yaml
    """.split()  # noqa: SIM905  one word per module reads better than forty quoted lines
)
IMPORTED_ONLY_BY = {
    "click": ("cli",),
    "jinja2": ("jinja",),
    "openfeature": ("openfeature_answer", "openfeature_provider", "openfeature_targeting"),
    # Where a process cannot turn into another program, it has to start that program.
    "subprocess": ("git", "hand_over"),
    "urllib3": ("registries.http",),
    "sqlalchemy": ("registries.local",),
}
SHARED_BY_ADAPTERS = frozenset({"registries.base", "registries.http", "registries.redaction"})
VENDOR_SDKS = frozenset(
    {"anthropic", "braintrust", "langfuse", "langsmith", "mlflow", "openai", "opik"}
)
ENVIRONMENT = ("os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv", "os.unsetenv")
SLOW_TO_IMPORT = ("click", "jinja2", "openfeature", "sqlalchemy", "urllib3", "yaml")


class Import(NamedTuple):
    """One imported name, such as `promptsync.prompt.Prompt`, and the module that imports it."""

    importer: str
    line: int
    name: str

    def __str__(self) -> str:
        """Write the import the way editors can jump to it."""
        path = ROOT.joinpath(*self.importer.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        return f"{file.relative_to(ROOT.parent)}:{self.line}: imports {self.name}"

    @property
    def own_module(self) -> str | None:
        """Return which part of promptsync is imported, or None if it is something else."""
        head, _, rest = self.name.partition(".")
        return (rest or "__init__") if head == "promptsync" else None


@cache
def source_trees() -> dict[str, ast.Module]:
    """Parse each module; `registries` is the package and `registries.http` a module in it."""
    trees = {}
    for file in sorted(ROOT.rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        trees[name] = ast.parse(file.read_text(encoding="utf-8"))
    return trees


@cache
def imports() -> tuple[Import, ...]:
    """List every name that any module of promptsync imports, wherever the import stands."""
    return tuple(
        Import(module, node.lineno, name)
        for module, tree in source_trees().items()
        for node in statements(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in imported_names(module, node)
    )


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every statement below a node: expressions are ten times as many, and import nothing."""
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.stmt | ast.excepthandler | ast.match_case):
            yield each
            yield from statements(each)


def imported_names(module: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Yield the full name of each thing that one statement imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    else:
        assert node.level == 0, f"{module}:{node.lineno}: write the import in full"
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_within(name: str, parents: Iterable[str]) -> bool:
    """Tell whether a dotted name is one of the parents or lies below one."""
    return any(name == parent or name.startswith(f"{parent}.") for parent in parents)


def registry_part(module: str) -> str:
    """Return what a module of `registries` is a part of: `local_tables` is a part of `local`."""
    if not module.startswith("registries."):
        return module
    name = module.split(".")[1].partition("_")[0]
    names = {known.partition(".")[2] for known in source_trees()}
    return f"registries.{name}" if name in names else "registries"


def listed(found: Iterable[Import]) -> str:
    """Write the wrong imports one to a line: an empty text says that there are none."""
    return "\n".join(map(str, found))


def test_every_module_belongs_to_a_layer() -> None:
    found = {name.partition(".")[0] for name in source_trees()}

    assert "prompt" in found, "no source was read: every other test here would pass"
    assert sorted(found - VALUES - WORLD - EDGE) == []


def test_values_import_only_values_and_pure_libraries() -> None:
    assert not listed(
        found
        for found in imports()
        if is_within(found.importer, VALUES)
        and not is_within(found.own_module or found.name, VALUES | PURE_LIBRARIES)
    )


def test_the_world_does_not_know_who_calls_it() -> None:
    assert not listed(
        found
        for found in imports()
        if is_within(found.importer, WORLD)
        and found.own_module is not None
        and not is_within(found.own_module, VALUES | WORLD)
    )


def test_no_module_imports_what_imports_it_wherever_the_import_stands() -> None:
    modules: dict[str, set[str]] = {name: set() for name in source_trees()}
    for found in imports():
        imported = found.own_module or ""
        module = imported if imported in modules else imported.rpartition(".")[0]
        if module in modules:
            modules[found.importer].add(module)

    TopologicalSorter(modules).prepare()  # raises CycleError, which names them


def test_nothing_imports_the_commands_or_the_workshop() -> None:
    entrances = (
        *("cli", "workshop"),
        *("openfeature_answer", "openfeature_provider", "openfeature_targeting"),
    )

    assert not listed(
        found
        for found in imports()
        if found.own_module is not None
        and is_within(found.own_module, entrances)
        and not is_within(found.importer, (*entrances, "__main__"))
    )


def test_the_adapter_of_a_registry_is_known_only_where_registries_are_opened() -> None:
    assert not listed(
        found
        for found in imports()
        if found.own_module is not None
        and is_within(found.own_module, ("registries",))
        and (adapter := registry_part(found.own_module)) not in ("registries", *SHARED_BY_ADAPTERS)
        and registry_part(found.importer) not in ("registries", adapter)
    )


def test_each_costly_library_is_imported_in_one_place() -> None:
    assert not listed(
        found
        for found in imports()
        for library, places in IMPORTED_ONLY_BY.items()
        if is_within(found.name, (library,))
        and not is_within(registry_part(found.importer), places)
    )


def test_a_vendors_sdk_is_imported_only_by_what_tells_that_vendor_about_prompts() -> None:
    assert not listed(
        found
        for found in imports()
        if is_within(sdk := found.name.partition(".")[0], VENDOR_SDKS)
        and found.importer.partition("_")[0] != f"lineage.{sdk}"
    )


def test_a_vendors_sdk_is_imported_only_when_it_is_called() -> None:
    assert not listed(
        Import(module, node.lineno, name)
        for module, tree in source_trees().items()
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in imported_names(module, node)
        if is_within(name, VENDOR_SDKS)
    )


def test_only_config_reads_the_environment() -> None:
    read = [
        Import(module, node.lineno, ast.unparse(node))
        for module, tree in source_trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
    ]

    assert not listed(
        found
        for found in (*read, *imports())
        if found.name in ENVIRONMENT and not is_within(found.importer, ("config",))
    )


def test_import_promptsync_loads_nothing_slow() -> None:
    program = "import promptsync, sys; print(*sys.modules, sep='\\n')"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    loaded = result.stdout.split()
    assert "promptsync" in loaded
    assert sorted(name for name in loaded if is_within(name, SLOW_TO_IMPORT)) == []


# What an application waits for that starts with a bundle: a module more is a moment more.
NEEDED_BY_A_BUNDLE = frozenset(
    """
    alias_override argument_checks background bundle_file bundled bundled_prompt client config
    content_hash correlation drift errors file_search forking light_dataclass load_log loaded_prompt
    loading mustache mustache_syntax origins outage prompt prompt_cache prompt_location prompt_path
    prompt_schema prompt_search registry_config rendered_prompt rendering serving sha256
    stamp_check template_errors value_text
    """.split()  # noqa: SIM905  as above
)


def test_a_prompt_of_a_bundle_is_loaded_with_few_modules(tmp_path: Path) -> None:
    save_bundle(tmp_path / "bundle.json", bundle_of(prompt()))
    program = """
import sys
before = set(sys.modules)
import promptsync
promptsync.Client("bundle.json", offline=True).load("greeting")
print(*sys.modules.keys() - before)
"""
    # Coverage of the child would import some of what is looked for.
    unmeasured = {key: value for key, value in os.environ.items() if "COVERAGE" not in key}

    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=unmeasured,
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = result.stdout.split()
    own = {name.partition(".")[2] for name in loaded if name.startswith("promptsync.")}
    assert sorted(own - NEEDED_BY_A_BUNDLE) == []
    slow = (
        *("ast", "asyncio", "concurrent", "copy", "dataclasses", "difflib", "hashlib", "inspect"),
        *("logging", "pathlib", "secrets", "socket", "subprocess", "tempfile", "tomllib", "urllib"),
    )
    assert sorted(name for name in loaded if is_within(name, (*SLOW_TO_IMPORT, *slow))) == []
