"""What the results in an output stream must be."""

from __future__ import annotations

from collections.abc import Iterable

from streams import Put, Stream, read_all


def ids(stream: Stream) -> dict[str, Put]:
    """The records of an input stream by the ids that their results must carry."""
    return {f"{stream.name}/{put.shard}/{put.sequence}": put for put in read_all(stream)}


def by_id(results: Iterable[Put]) -> dict[str, bytes]:
    """The results by id. Repeated ones must be the same to the byte."""
    seen: dict[str, bytes] = {}
    for result in results:
        data = seen.setdefault(result.json["id"], result.data)
        assert result.data == data, f"two results of one id: {data!r} and {result.data!r}"
    return seen


def assert_complete(results: dict[str, bytes], source: Stream) -> None:
    """Every record of the source has a result, and nothing else has."""
    expected = set(ids(source))
    missing = sorted(expected - set(results))
    surplus = sorted(set(results) - expected)
    assert not missing, f"{len(missing)} of {len(expected)} results are missing: {missing[:5]}"
    assert not surplus, f"{len(surplus)} results belong to no record: {surplus[:5]}"
