"""Every record reaches its model exactly once, whatever happens to the machines."""

import os
import pathlib

import pytest
from cluster import Cluster, kill_group
from job import PARAMETERS, value

import rcf

JOB = pathlib.Path(__file__).with_name("job.py")
KEYS = 7
LONG = "FLINK_TEST_LONG" in os.environ
RATE = 1500
SECONDS_OF_RECORDS = 60 if LONG else 14
RECORDS = KEYS * (RATE * SECONDS_OF_RECORDS // KEYS)


def expected() -> list[str]:
    """What forests say that know nothing of Flink."""
    lines = []
    for key in range(KEYS):
        forest = rcf.RandomCutForest(**PARAMETERS)
        for ordinal in range(RECORDS // KEYS):
            values = [value(ordinal * KEYS + key, KEYS)]
            score = forest.score(values)
            forest.update(values)
            lines.append(f"{key},{ordinal + 1},{forest.updates},{score.hex()}")
    return sorted(lines)


def written(folder: pathlib.Path) -> list[str]:
    """The lines of the files that the sink has committed."""
    return sorted(line for file in folder.rglob("part-*") for line in file.read_text().splitlines())


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path, slots=2)
    try:
        cluster.start("jobmanager")
        yield cluster
    finally:
        cluster.stop()


def check(lines: list[str]) -> None:
    for line in lines:
        _, ordinal, updates, _ = line.split(",")
        assert ordinal == updates, f"the model has learned {updates} records of {ordinal}"
    assert lines == expected()
    assert sum(float.fromhex(line.rpartition(",")[2]) > 0 for line in lines) > RECORDS / 2


def test_a_job_survives_kill_9_a_savepoint_and_two_workers_instead_of_one(cluster, tmp_path):
    worker = cluster.start("taskmanager")
    cluster.wait_for_slots(2)
    out = tmp_path / "out"
    job = cluster.submit(JOB, out, RECORDS, KEYS, RATE, 1)
    for _ in range(5 if LONG else 1):
        cluster.wait_for_checkpoints(job, 4)
        kill_group(worker)  # with -9, in the middle of a bundle as likely as not
        worker = cluster.start("taskmanager")
        cluster.wait_for_checkpoints(job, 1, "restored")
        cluster.wait_for_checkpoints(job, 2)
    savepoint = cluster.stop_with_savepoint(job)
    assert 0 < len(written(out)) < RECORDS, "too late to show anything"

    cluster.wait_for_slots(2)
    job = cluster.submit(JOB, out, RECORDS, KEYS, RATE, 2, savepoint=savepoint)
    cluster.wait_for_end(job)
    check(written(out))


@pytest.mark.skipif(not LONG, reason="the long form alone; the other test compares with the same forests")
def test_an_undisturbed_job_says_what_plain_forests_say(cluster, tmp_path):
    cluster.start("taskmanager")
    cluster.wait_for_slots(2)
    cluster.wait_for_end(cluster.submit(JOB, tmp_path / "out", RECORDS, KEYS, 100_000, 1))
    check(written(tmp_path / "out"))
