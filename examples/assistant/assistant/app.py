"""The service: it opens its prompts when it starts, and answers each chat with the current one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

import promptsync
from assistant.chat_model import ChatModel, open_model
from assistant.logs import configure_logging
from assistant.settings import Settings

# An image has a bundle in it; in a checkout, the prompt files around it are found.
PACKAGE = "assistant"
PROMPTS = (
    "orchestrator-base",
    "onboarding",
    "proactive-greeting",
    "memory",
    "memory-write",
    "weather",
    "knowledge-graph",
    "calibration",
    "schedule",
    "observation",
    "notification",
)
CORRELATION_ID = "x-correlation-id"

router = APIRouter()


class Turn(BaseModel):
    """What a prompt is filled in with."""

    variables: dict[str, Any] = {}


class Answer(BaseModel):
    """What the model said, what it was told, and which prompt it was told by."""

    prompt: str
    version: str | None
    content_hash: str
    is_fallback: bool
    answer: str
    arguments: dict[str, Any]


async def current_prompt(name: str, request: Request) -> promptsync.LoadedPrompt:
    """Return a prompt as the alias has it now: from memory, but for once in a TTL."""
    if name not in PROMPTS:
        raise HTTPException(404, f"there is no prompt `{name}`")
    client: promptsync.Client = request.app.state.prompts
    return await client.aload(name)


CurrentPrompt = Annotated[promptsync.LoadedPrompt, Depends(current_prompt)]


def describe(prompt: promptsync.LoadedPrompt) -> dict[str, Any]:
    """Say which prompt it is, without its text."""
    return {
        "name": prompt.name,
        "version": prompt.version,
        "alias": prompt.alias,
        "content_hash": prompt.content_hash,
        "commit": prompt.commit,
        "source": prompt.source,
        "is_fallback": prompt.is_fallback,
        "reason": prompt.reason,
    }


def create_app(settings: Settings | None = None, model: ChatModel | None = None) -> FastAPI:
    """Return the service; nothing is read or connected before it starts."""
    chosen = settings or Settings.of()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        configure_logging()
        app.state.model = model or open_model(chosen.model)
        await asyncio.to_thread(
            # What the registry lacks, such as everything in a new environment. Never raises.
            promptsync.seed,
            package=PACKAGE,
            registry=chosen.registry,
            alias=chosen.alias,
        )
        with open_prompts(chosen) as app.state.prompts:
            # All of them now: what cannot be served at all shows here, not in the first chat.
            await asyncio.gather(*map(app.state.prompts.aload, PROMPTS))
            yield

    app = FastAPI(title="Assistant", lifespan=lifespan)
    app.middleware("http")(correlate)
    app.add_exception_handler(promptsync.RenderError, refuse_variables)
    app.include_router(router)
    return app


def open_prompts(settings: Settings) -> promptsync.Client:
    return promptsync.Client(
        package=PACKAGE,
        registry=settings.registry,
        alias=settings.alias,
        ttl=settings.ttl,
        retry=min(30.0, settings.ttl),
    )


@router.get("/health")
async def health(request: Request) -> dict[str, Any]:
    """Tell which prompts this process serves.

    A fallback is no reason to restart the process: it answers, and a new one would know less.
    """
    client: promptsync.Client = request.app.state.prompts
    served = client.active_versions()
    return {
        "status": "degraded" if any(each.is_fallback for each in served) else "ok",
        "prompts": [describe(each) for each in served],
    }


@router.get("/health/{name}")
async def health_of_one(prompt: CurrentPrompt) -> dict[str, Any]:
    """Tell which version of a prompt the next chat gets."""
    return describe(prompt)


@router.post("/chat/{name}")
async def chat(
    prompt: CurrentPrompt,
    turn: Turn,
    request: Request,
) -> Answer:
    """Fill in a prompt, and ask the model."""
    arguments = prompt.openai(**turn.variables)
    model: ChatModel = request.app.state.model
    return Answer(
        prompt=prompt.name,
        version=prompt.version,
        content_hash=prompt.content_hash,
        is_fallback=prompt.is_fallback,
        answer=await model.complete(**arguments),
        arguments=arguments,
    )


async def correlate(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Give each request an id, its own if it has one: promptsync's log lines carry it."""
    given = request.headers.get(CORRELATION_ID, "")
    # It is written into logs, and comes from anybody.
    own = given if re.fullmatch(r"[\w.:-]{1,128}", given, re.ASCII) else uuid4().hex
    token = promptsync.correlation_id.set(own)
    try:
        response = await call_next(request)
    finally:
        promptsync.correlation_id.reset(token)
    response.headers[CORRELATION_ID] = own
    return response


async def refuse_variables(_: Request, error: Exception) -> JSONResponse:
    """Tell whoever asked which variable is missing, or what does not fit."""
    return JSONResponse({"detail": str(error)}, status_code=422)


app = create_app()
