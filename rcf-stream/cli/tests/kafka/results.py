"""What the results in an output topic must be."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from topics import Message, Topic


def values(count: int, keys: int, seed: int = 1) -> Iterator[tuple[str, dict[str, float]]]:
    """Records of several keys: noise, and now and then a jump."""
    draws = random.Random(seed)
    for number in range(count):
        jump = 10 if draws.random() < 0.01 else 0
        value = round(draws.gauss(0, 1) + jump, 6)
        yield f"key-{number % keys}", {"value": value}


def ids(source: Topic) -> set[str]:
    """The ids that the results of an input topic must carry."""
    return {
        f"{source.name}/{it.partition}/{it.offset}" for it in source.read() if it.value is not None
    }


def once(results: Iterable[Message]) -> dict[str, bytes]:
    """The results by id: none may come twice."""
    seen: dict[str, bytes] = {}
    for result in results:
        id_ = result.json["id"]
        assert id_ not in seen, f"{id_} comes twice"
        assert ("rcf.id", id_.encode()) in result.headers
        seen[id_] = result.value
    return seen


def by_id(results: Iterable[Message]) -> tuple[dict[str, bytes], int]:
    """The results by id, and how many were repeated, to the byte."""
    seen: dict[str, bytes] = {}
    repeated = 0
    for result in results:
        id_ = result.json["id"]
        repeated += id_ in seen
        data = seen.setdefault(id_, result.value)
        assert result.value == data, f"two results of one id: {data!r} and {result.value!r}"
    return seen, repeated


def assert_complete(results: dict[str, bytes], source: Topic) -> None:
    """Every record of the source has a result, and nothing else has."""
    expected = ids(source)
    missing, surplus = sorted(expected - set(results)), sorted(set(results) - expected)
    assert not missing, f"{len(missing)} of {len(expected)} results are missing: {missing[:5]}"
    assert not surplus, f"{len(surplus)} results belong to no record: {surplus[:5]}"


def assert_equal(results: dict[str, bytes], expected: dict[str, bytes]) -> None:
    differing = [id_ for id_, data in expected.items() if results.get(id_) != data]
    assert not differing, (
        f"{len(differing)} results differ from those of an undisturbed run: {differing[:5]}"
    )
