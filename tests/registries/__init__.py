"""The registries: one contract for all of them, and what is special about each."""

import pytest

# A module that only holds base classes is no test module; its assertions explain themselves
# all the same.
pytest.register_assert_rewrite("tests.registries.contract")
