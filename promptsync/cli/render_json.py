"""Write reports for scripts, as docs/reference/json.md describes them."""

from __future__ import annotations

import json
from typing import Any

from promptsync.cli.render_aliases import aliases_json
from promptsync.cli.report import Report
from promptsync.status import PromptState


def to_json(document: object) -> str:
    """Return a JSON document in ASCII: a terminal that shows it obeys no character in it."""
    return json.dumps(document, indent=2) + "\n"


def render_report(report: Report) -> str:
    """Return a report as JSON; hashes are whole."""
    return to_json(report_json(report))


def report_json(report: Report) -> dict[str, Any]:
    """Return the document of a report."""
    return {
        "schema": 1,
        "registry": report.registry,
        "kind": report.kind,
        "alias": report.comparison.alias,
        "in_sync": report.in_sync,
        "plan_checksum": report.plan.checksum,
        "prompts": [
            state_json(state) | {"aliases": aliases_json(report, state)}
            for state in report.comparison.states
        ],
        "summary": dict(report.comparison.summary),
    }


def state_json(state: PromptState) -> dict[str, Any]:
    """Return one prompt of a report."""
    return {
        "name": state.name,
        "status": state.status.value,
        "path": state.path,
        "local_hash": state.local_hash,
        "stamped_hash": state.stamped_hash,
        "remote_hash": state.remote_hash,
        "version": state.remote.version if state.remote else None,
        "uploaded_version": state.carrier.version if state.carrier else None,
        "details_differ": state.details_differ,
        "note": state.note,
        "changed_partials": (
            None if state.changed_partials is None else list(state.changed_partials)
        ),
    }
