"""Alerts of many keys that begin together."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

import rcf

ALERTS = [
    ("web", 150, 0.5),
    ("database", 100, 0.75),
    ("cache", 112, 0.25),
    ("cache", 113, 0.5),
    ("disk", 900, 0.5),
]


def test_keys_are_in_the_order_of_their_onsets():
    (event,) = rcf.events(ALERTS)
    assert event.keys == ["database", "cache", "web"]
    assert event.onsets[1] == rcf.Onset("cache", 112, 2, 0.5)
    assert (event.start, event.grade) == (100, 0.75)
    assert [event.keys for event in rcf.events(ALERTS, within=12)] == [["database", "cache"]]
    alone = rcf.events(ALERTS, min_keys=1, within=12)
    assert [event.keys for event in alone] == [["database", "cache"], ["cache"], ["web"], ["disk"]]
    assert rcf.events([]) == []


@pytest.mark.parametrize("package", ["pandas", "polars", "pyarrow"])
def test_tables_have_the_columns_by_name(package):
    module = pytest.importorskip(package)
    columns = {
        name: list(part)
        for name, part in zip(("key", "time", "grade"), zip(*ALERTS, strict=True), strict=True)
    }
    make = module.table if package == "pyarrow" else module.DataFrame
    assert rcf.events(make(columns)) == rcf.events(ALERTS)
    del columns["grade"]
    assert rcf.events(make(columns))[0].grade == 0.0
    del columns["time"]
    with pytest.raises(rcf.InputError, match=r"lacks the columns \['time'\]"):
        rcf.events(make(columns))


def test_times_may_be_moments():
    begin = datetime(2026, 1, 27, 8, tzinfo=timezone.utc)
    moments = [(key, begin + timedelta(seconds=at), grade) for key, at, grade in ALERTS]
    (event,) = rcf.events(moments, within=timedelta(minutes=1))
    assert event.start == begin + timedelta(seconds=100)
    assert event.keys == rcf.events(ALERTS)[0].keys


def test_anomalies_of_many_keys_are_alerts():
    keys = np.repeat(["a", "b", "c"], 1500)
    values = np.tile(np.sin(np.arange(1500) / 8), 3) + np.random.default_rng(3).normal(0, 0.05, 4500)
    values[1000] = values[1500 + 1004] = 9.0
    times = np.tile(np.datetime64("2026-01-27T08:00:00") + 60 * np.arange(1500), 3)
    results = rcf.process_many(keys, values, timestamps=times, seed=1)
    (event,) = rcf.events(results, within=timedelta(minutes=5))
    assert event.keys == ["a", "b"]
    assert event.onsets[1].time == times[1004]
    by_rows = rcf.events(rcf.process_many(keys, values, seed=1), within=4)
    assert [onset.time for onset in by_rows[0].onsets] == [1000, 1004]
    assert rcf.events(rcf.process_many(keys, values, seed=1), within=3) == []


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(rcf.InputError, match="not finite"):
        rcf.events([("a", float("nan"))])
    with pytest.raises(rcf.InputError, match="at least 0"):
        rcf.events(ALERTS, within=-1)
    with pytest.raises(rcf.InputError, match="tuple of key and time"):
        rcf.events([("a",)])
    with pytest.raises(rcf.InputError, match="expected Detections"):
        rcf.events({"a": [1, 2]})
