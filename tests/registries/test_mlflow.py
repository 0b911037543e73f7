"""MLflow over a real `mlflow server`: the contract, and what is particular about it."""

from __future__ import annotations

import pytest

from promptsync.registries.base import Registry
from promptsync.registries.mlflow import MlflowRegistry
from tests.mlflow_server import MlflowServer, needs_mlflow
from tests.registries.conftest import OpenMlflow
from tests.registries.contract import DeleteVersion, EditRemotely, RegistryContract, Reopen

pytestmark = [pytest.mark.network, pytest.mark.vendor, needs_mlflow]


class TestMlflow(RegistryContract):
    @pytest.fixture
    def registry(self, mlflow: MlflowRegistry) -> Registry:
        return mlflow

    @pytest.fixture
    def reopen(self, open_mlflow: OpenMlflow) -> Reopen:
        return open_mlflow

    @pytest.fixture
    def edit_remotely(self, mlflow_service: MlflowServer) -> EditRemotely:
        return mlflow_service.edit

    @pytest.fixture
    def delete_version(self, mlflow_service: MlflowServer) -> DeleteVersion:
        return mlflow_service.delete_version
