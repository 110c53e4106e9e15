"""Settings and helpers that all tests share."""

import numpy as np
import pytest
from hypothesis import settings

# Fixed examples: a failure on one machine is a failure on all.
settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
settings.load_profile("fixed")


@pytest.fixture
def noise() -> np.ndarray:
    """Two thousand points of two dimensions around the origin."""
    return np.random.default_rng(5).normal(size=(2000, 2))
