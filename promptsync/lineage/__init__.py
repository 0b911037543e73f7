"""Tell tracing and evaluation tools which version of which prompt was used, and its content hash.

A module for each tool, which is imported when it is first named, and the tool's SDK when something
is logged:

    from promptsync import lineage

    with mlflow.start_run():
        lineage.mlflow.log_prompts()
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptsync.lineage import braintrust, mlflow, opentelemetry, opik

__all__ = ["braintrust", "mlflow", "opentelemetry", "opik"]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
