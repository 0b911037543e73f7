"""The registries that evaluations ran with, as in tests/registries."""

from __future__ import annotations

from tests.registries.conftest import (
    braintrust,
    mlflow,
    mlflow_service,
    open_braintrust,
    open_mlflow,
    open_opik,
    opik,
    opik_service,
    service,
)

__all__ = [
    "braintrust",
    "mlflow",
    "mlflow_service",
    "open_braintrust",
    "open_mlflow",
    "open_opik",
    "opik",
    "opik_service",
    "service",
]
