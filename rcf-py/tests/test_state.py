"""Saving, restoring, pickling, copying, and bytes that were never saved."""

import contextlib
import copy
import pathlib
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
    "trusted bytes": lambda f: rcf.RandomCutForest.from_bytes(f.to_bytes(), trusted=True),
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
    """A subclass with a constructor and an attribute."""

    def __new__(cls, name: str, **parameters):
        return super().__new__(cls, **parameters)

    def __init__(self, name: str, **parameters):
        self.name = name
        self.log: list[str] = []


@pytest.mark.parametrize("way", [way for way in WAYS if "bytes" not in way])
def test_a_subclass_keeps_its_class_and_its_attributes(noise, way):
    original = Named("pump 3", input_dimensions=2)
    original.log.append("started")
    original.process(noise)
    restored = WAYS[way](original)
    assert type(restored) is Named
    assert (restored.name, restored.log) == ("pump 3", ["started"])
    assert (restored.log is original.log) is (way == "copy")
    assert restored.score(noise[0]) == original.score(noise[0])
    assert repr(restored) == "Named(input_dimensions=2)"


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


def crc32c(data: bytes) -> int:
    """The checksum of a saved state (Castagnoli), bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def sealed(state: bytes) -> bytes:
    """The state with the checksum that fits: bytes 24 to 27, over everything else."""
    return state[:24] + crc32c(state[:24] + state[28:]).to_bytes(4, "little") + state[28:]


def test_the_checksum_is_understood(noise):
    forest = small()
    forest.process(noise[:100])
    assert sealed(forest.to_bytes()) == forest.to_bytes()


def test_forged_states_are_refused_or_work(noise):
    """With a checksum that fits, only the checks of the body itself stand between us and a crash."""
    forest = rcf.RandomCutForest(input_dimensions=2, shingle_size=2, number_of_trees=2, sample_size=8, seed=6)
    forest.process(noise[:100])
    state = forest.to_bytes()
    draw = random.Random(2)
    accepted = 0
    for _ in range(1500):
        forged = bytearray(state)
        for _ in range(draw.choice([1, 1, 1, 2, 8])):
            at = draw.randrange(28, len(forged))
            forged[at] = draw.choice([0, 1, 0x7F, 0x80, 0xFF, forged[at] ^ 1 << draw.randrange(8)])
        try:
            odd = rcf.RandomCutForest.from_bytes(sealed(bytes(forged)))
        except rcf.StateError:
            continue
        accepted += 1
        assert repr(odd)
        with contextlib.suppress(rcf.InputError):  # it may expect ready-made points, or another origin
            assert np.isfinite(odd.process(np.zeros((50, odd.input_dimensions)))).all()
    # Most bytes are coordinates and generator states, of which any value is as good as another.
    assert 0 < accepted < 1500


def test_trusted_bytes_are_taken_without_the_checksum_and_never_crash(noise):
    """Damage is an error or a forest that judges wrongly, and the checksum is not computed."""
    subjects = [
        rcf.RandomCutForest(input_dimensions=2, shingle_size=2, number_of_trees=2, sample_size=8, seed=6),
        rcf.AnomalyDetector(input_dimensions=2, number_of_trees=2, sample_size=8, seed=6),
        rcf.Forecaster(input_dimensions=2, number_of_trees=2, sample_size=8, seed=6),
    ]
    draw = random.Random(3)
    for subject in subjects:
        subject.process(noise[:100])
        state, restore = subject.to_bytes(), type(subject).from_bytes
        assert restore(state, trusted=True).to_bytes() == state
        unsealed = state[:24] + bytes(4) + state[28:]
        with pytest.raises(rcf.StateError):
            restore(unsealed)
        assert restore(unsealed, trusted=True).to_bytes() == state
        accepted = 0
        for _ in range(400):
            damaged = bytearray(state)
            damaged[draw.randrange(28, len(damaged))] ^= 1 << draw.randrange(8)
            with contextlib.suppress(rcf.StateError, rcf.InputError):
                restore(damaged, trusted=True).process(noise[:50])
                accepted += 1
        assert accepted > 0


FIXTURES = pathlib.Path(__file__).parents[2] / "rcf-core/tests/fixtures/v1"
FORESTS = sorted(file.with_suffix(".rcf") for file in FIXTURES.glob("*.scores"))
# Of one input each, with the number of records that they have seen.
DETECTORS = {"detector": 300, "detector-bootstrapped": 20, "detector-deviations": 7, "detector-quantile": 300}


@pytest.mark.skipif(not FORESTS, reason="the fixtures of rcf-core are part of the checkout only")
@pytest.mark.parametrize("file", FORESTS, ids=lambda file: file.stem)
def test_forests_that_rust_has_saved_continue_bit_for_bit(file):
    """The next hundred records and their scores are those of `rcf-core/tests/laws/fixtures.rs`."""
    forest = rcf.RandomCutForest.load(file)
    assert forest.to_bytes() == file.read_bytes()
    records = [
        [(t * 37 + i * 11) % 61 / 8 for i in range(forest.input_dimensions)] for t in range(1000, 1100)
    ]
    scores = [f"{bits:016x}" for bits in forest.process(records).view(np.uint64)]
    assert scores == file.with_suffix(".scores").read_text().split()


@pytest.mark.skipif(not FORESTS, reason="the fixtures of rcf-core are part of the checkout only")
@pytest.mark.parametrize(("name", "seen"), DETECTORS.items())
def test_detectors_that_rust_has_saved_continue_bit_for_bit(name, seen):
    """The next sixty records and their detections are those of `rcf-core/tests/detector/fixtures.rs`."""
    file = FIXTURES.parent / "v3" / f"{name}.rcf"
    detector = rcf.AnomalyDetector.load(file)
    assert detector.to_bytes() == file.read_bytes()
    t = np.arange(seen, seen + 60)
    values = (t * 37 % 61) / 8 + np.where(t % 90 == 80, 64.0, 0.0)
    result = detector.process(values, timestamps=t + np.where(t % 70 > 60, 0.5, 0.0))
    pairs = zip(result.score.view(np.uint64), result.severity.view(np.uint64), strict=True)
    detections = [line.split()[:2] for line in file.with_suffix(".verdicts").read_text().splitlines()]
    assert [[f"{score:016x}", f"{severity:016x}"] for score, severity in pairs] == detections


def test_files_are_old_or_new_and_never_half(noise, tmp_path):
    forest, file = small(), tmp_path / "forest.rcf"
    forest.save(file)
    forest.process(noise)
    forest.save(str(file))
    assert [path.name for path in tmp_path.iterdir()] == ["forest.rcf"]
    assert rcf.RandomCutForest.load(file).to_bytes() == file.read_bytes() == forest.to_bytes()
    assert type(Named.load(file)) is Named
    with pytest.raises(FileNotFoundError):
        rcf.RandomCutForest.load(tmp_path / "missing.rcf")
    with pytest.raises(OSError):
        forest.save(tmp_path)
    with pytest.raises(OSError):
        forest.save(tmp_path / "no" / "folder.rcf")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(rcf.StateError):
        rcf.RandomCutForest.load(file)


def test_joblib_keeps_the_same_bytes(noise, tmp_path):
    joblib = pytest.importorskip("joblib")
    forest = small()
    forest.process(noise)
    joblib.dump(forest, tmp_path / "forest.joblib")
    assert joblib.load(tmp_path / "forest.joblib").to_bytes() == forest.to_bytes()
