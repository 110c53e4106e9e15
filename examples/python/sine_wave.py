"""Does a random cut forest see the drop in the sine wave?

The series of the original Kinesis demonstration: a sine between 0 and 20 with a period of about 628
records, which falls to -17 for 19 records, once every 36,000. The forest has learned nothing but the sine
when the drop of records 36,241 to 36,259 comes.

Run it with ``python examples/python/sine_wave.py`` after ``pip install ./rcf-py``.
"""

import numpy as np

import rcf

DROP = slice(36_241, 36_260)
"""The records that fall to -17."""
BEFORE = slice(DROP.start - 6_000, DROP.start)
"""The normal records that the drop is compared with: nearly ten periods of the sine."""


def sine_wave(records: int) -> np.ndarray:
    """The value of each record, from record 0."""
    angle = np.arange(records) / 100
    turned = angle % 360
    return np.where((turned > 2.4) & (turned < 2.6), -17.0, 10 * np.sin(angle) + 10)


def main() -> None:
    """Score the whole series, then look around the drop."""
    values = sine_wave(36_600)
    forest = rcf.RandomCutForest(sample_size=628, seed=7)
    scores = forest.process(values)

    print(" record   value   score")
    for record in range(DROP.start - 3, DROP.start + 5):
        print(f"{record:7} {values[record]:7.2f} {scores[record]:7.2f}")

    why = forest.attribution(-17.0)
    print(f"a value of -17 is unusual because it is {'low' if why.low.sum() > why.high.sum() else 'high'}")

    lowest, highest = scores[DROP].min(), scores[BEFORE].max()
    print(f"lowest score inside the drop {lowest:.2f}, highest of the 6,000 records before {highest:.2f}")
    peak = BEFORE.start + int(scores[BEFORE.start : DROP.stop].argmax())
    print(f"peak inside the drop: {DROP.start <= peak < DROP.stop} (record {peak:,})")


if __name__ == "__main__":
    main()
