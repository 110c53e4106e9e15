"""What the adapters for batches share: a forest that has learned all rows evenly."""

from typing import Any

from ._rcf import RandomCutForest


def forest_of(rows: Any, number_of_trees: int, sample_size: int, seed: int) -> RandomCutForest:
    """Learn all rows; their order does not make some weigh more than others."""
    count, dimensions = rows.shape
    forest = RandomCutForest(
        input_dimensions=dimensions,
        number_of_trees=number_of_trees,
        sample_size=min(sample_size, count),
        time_decay=0.0,
        initial_accept_fraction=1.0,
        output_after=count,  # nothing is scored on the way
        seed=seed,
    )
    forest.process(rows)
    return forest
