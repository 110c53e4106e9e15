"""Saving, restoring, pickling, copying, and bytes that were never saved."""

import copy
import pickle
import random

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import rcf


def small(**parameters) -> rcf.RandomCutForest:
    return rcf.RandomCutForest(
        input_dimensions=2, shingle_size=3, number_of_trees=7, sample_size=32, seed=6, **parameters
    )


WAYS = {
    "bytes": lambda f: rcf.RandomCutForest.from_bytes(f.to_bytes()),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": lambda f, p=protocol: pickle.loads(pickle.dumps(f, protocol=p))
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("learned", [0, 1, 2, 5, 8, 31, 40, 1000])
def test_a_restored_forest_continues_bit_for_bit(noise, way, learned):
    original = small()
    original.process(noise[:learned])
    restored = WAYS[way](original)
    assert type(restored) is rcf.RandomCutForest and restored is not original
    assert repr(restored) == repr(original)
    assert (restored.updates, restored.is_ready) == (original.updates, original.is_ready)
    rest = noise[learned:]
    assert restored.process(rest).tobytes() == original.process(rest).tobytes()
    assert restored.to_bytes() == original.to_bytes()


def test_a_copy_goes_its_own_way(noise):
    original = small()
    original.process(noise)
    before = original.to_bytes()
    copy.copy(original).process(noise)
    assert original.to_bytes() == before


class Named(rcf.RandomCutForest):
    """A subclass with a constructor and an attribute of its own."""

    def __new__(cls, name: str, **parameters):
        return super().__new__(cls, **parameters)

    def __init__(self, name: str, **parameters):
        self.name = name
        self.log: list[str] = []


@pytest.mark.parametrize("way", [way for way in WAYS if way != "bytes"])
def test_a_subclass_keeps_its_class_and_its_attributes(noise, way):
    original = Named("pump 3", input_dimensions=2)
    original.log.append("started")
    original.process(noise)
    restored = WAYS[way](original)
    assert type(restored) is Named
    assert (restored.name, restored.log) == ("pump 3", ["started"])
    assert (restored.log is original.log) is (way == "copy")
    assert restored.score(noise[0]) == original.score(noise[0])
    assert repr(restored).startswith("Named(input_dimensions=2,")


def test_from_bytes_of_a_subclass_makes_that_subclass(noise):
    assert type(Named.from_bytes(small().to_bytes())) is Named


@pytest.mark.parametrize("view", [bytes, bytearray, memoryview, lambda b: np.frombuffer(b, np.uint8)])
def test_any_bytes_like_object_restores(noise, view):
    original = small()
    original.process(noise)
    assert rcf.RandomCutForest.from_bytes(view(original.to_bytes())).to_bytes() == original.to_bytes()


@pytest.mark.parametrize("data", ["text", 3, None, [1, 2]])
def test_what_is_no_bytes_is_a_type_error(data):
    with pytest.raises(TypeError, match="bytes-like"):
        rcf.RandomCutForest.from_bytes(data)


def test_every_shortened_state_is_refused():
    state = small().to_bytes()
    for length in range(len(state)):
        with pytest.raises(rcf.StateError):
            rcf.RandomCutForest.from_bytes(state[:length])
    with pytest.raises(rcf.StateError):
        rcf.RandomCutForest.from_bytes(state + b"\0")


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(data):
    with pytest.raises(rcf.StateError):
        rcf.RandomCutForest.from_bytes(data)


def test_a_flipped_bit_is_refused(noise):
    forest = small()
    forest.process(noise[:100])
    state = forest.to_bytes()
    for bit in random.Random(1).sample(range(8 * len(state)), 2000):
        damaged = bytearray(state)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(rcf.StateError):
            rcf.RandomCutForest.from_bytes(damaged)
