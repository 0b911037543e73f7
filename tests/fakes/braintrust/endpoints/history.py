"""/btql: of the query language, two queries: a prompt's versions, and what experiments ran."""

from __future__ import annotations

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers, bodies
from ..errors import BadRequestError
from ..json_values import Json, JsonObject
from ..prompts import Prompt, Version
from ..routing import Route
from ..store import Store
from . import experiments


def query(store: Store, request: Request) -> Response:
    """Return the rows of one prompt, the newest first."""
    body = bodies.parsed(request)
    question = body.get("query") if isinstance(body, dict) else None
    if isinstance(question, str):
        return experiments.runs(store, question)
    prompt = _prompt(store, question)
    wants_log = isinstance(body, dict) and body.get("audit_log") is True
    rows = reversed(prompt.versions) if wants_log else [prompt.latest]
    # Assumption: the row is the prompt at that version with `audit_data` beside. Evidence: the
    # official command line reads `_xact_id` and `audit_data.action` only.
    data: list[Json] = [_row(prompt, version) for version in rows]
    return json_response({"data": data})


def _prompt(store: Store, question: Json) -> Prompt:
    project_id = _literal(question, "from", "args", 0)
    prompt_id = _literal(question, "filter", "right")
    source = _at(question, "from", "name", "name", 0)
    filtered = _at(question, "filter", "left", "name", 0)
    if source != "project_prompts" or filtered != "id":
        raise BadRequestError("only select * from project_prompts(…) where id = … is known here")
    # Assumption: a deleted prompt keeps its history. Evidence: audit_data.action can be "delete".
    prompt = store.prompts.get(prompt_id, even_deleted=True)
    if prompt is None or prompt.project.id != project_id:
        raise BadRequestError(f"Object not found: {prompt_id}")
    return prompt


def _row(prompt: Prompt, version: Version) -> JsonObject:
    return {
        **answers.read_prompt(prompt, version),
        "audit_data": {"action": version.action},
    }


def _literal(question: Json, *path: str | int) -> str:
    value = _at(question, *path, "value")
    if not isinstance(value, str):
        raise BadRequestError("a literal text is needed in the query")
    return value


def _at(value: Json, *path: str | int) -> Json:
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


ROUTES = (Route("POST", "/btql", query),)
