"""Questions in Braintrust's query languages, and what a row of their answers has to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Rows of a query's answer; as many would mean that there are more.
MAX_RUNS = 1000


def history_query(project_id: str, prompt_id: str) -> dict[str, Any]:
    """Return the question for the audit log of a prompt; undocumented."""
    identifier, transaction = ({"op": "ident", "name": [key]} for key in ("id", "_xact_id"))
    return {
        "query": {
            "from": {
                "op": "function",
                "name": {"op": "ident", "name": ["project_prompts"]},
                "args": [{"op": "literal", "value": project_id}],
            },
            "select": [{"op": "star"}],
            "filter": {
                "op": "eq",
                "left": identifier,
                "right": {"op": "literal", "value": prompt_id},
            },
            "sort": [{"expr": transaction, "dir": "desc"}],
        },
        "audit_log": True,
        "use_columnstore": False,
        "brainstore_realtime": True,
        "fmt": "json",
    }


def runs_query(experiment_ids: Sequence[str]) -> str:
    """Write the query, see https://www.braintrust.dev/docs/reference/sql; each row is a group."""
    # Assumption: `experiment_id` is a column. Evidence: a query in Braintrust's documentation,
    # https://braintrust.dev/docs/kb/aggregate-scores-across-multiple-experiments-with-btql
    source = ", ".join(f"'{each}'" for each in experiment_ids)
    clauses = (
        "SELECT experiment_id, metadata.prompt.id AS prompt_id",
        ", metadata.prompt.version AS version, count(1) AS spans",
        f" FROM experiment({source}) WHERE metadata.prompt.id IS NOT NULL",
        f" GROUP BY 1, 2, 3 LIMIT {MAX_RUNS}",
    )
    return "".join(clauses)


def is_run(row: object) -> bool:
    """Tell whether a row says which prompt an experiment ran."""
    return (
        isinstance(row, dict) and isinstance(row.get("experiment_id"), str) and "prompt_id" in row
    )


def is_history_row(row: object) -> bool:
    """Tell whether a row of an audit log says what was done in which transaction."""
    return (
        isinstance(row, dict)
        and isinstance(row.get("_xact_id"), str)
        and isinstance(row.get("audit_data"), dict)
        and isinstance(row["audit_data"].get("action"), str)
    )
