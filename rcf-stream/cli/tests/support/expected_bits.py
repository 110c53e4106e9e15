"""The bits of scores that all interfaces have in common (`rcf-core/tests/bits/expected.csv`), and
the settings by which `rcf run` gives them."""

from __future__ import annotations

import json
import string
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[4] / "rcf-core/tests/bits/expected.csv"
FIELDS = ("a", "b")
INPUT = f"values = {json.dumps(FIELDS)}"
MASK = (1 << 64) - 1


class ExpectedBits:
    """Records, the parameters of both models, and the bits of their scores."""

    def __init__(self) -> None:
        first, second, columns, *rows = FILE.read_text().splitlines()
        assert columns == "value_1,value_2,forest,detector"
        cells = [row.split(",") for row in rows]
        assert len(cells) == 1000
        self.records = [dict(zip(FIELDS, map(float, row), strict=False)) for row in cells]
        self.bits = {
            name: [int(row[2 + index], 16) for row in cells]
            for index, name in enumerate(("forest", "detector"))
        }
        self.parameters: dict[str, dict[str, Any]] = {}
        for line in (first, second):
            _, name, text = line.split(" ", 2)
            self.parameters[name] = json.loads(text)

    def key_and_settings(self, model: str, prefix: str = "") -> tuple[str, str]:
        """A key for the records, and the sections of the model, in TOML.

        A model draws its seed from the configured one and its name, which is `prefix` and the key:
        this goes the other way.
        """
        given = dict(self.parameters[model])
        assert given.pop("input_dimensions") == len(FIELDS)
        learning = given.pop("learning", None)
        seed = given.pop("seed")
        keys = [f"{letter}-records" for letter in string.ascii_lowercase]
        seeds = {key: _seed_before(prefix + key, seed) for key in keys}
        # TOML knows no larger number.
        key, given["seed"] = next((it, n) for it, n in seeds.items() if n < 1 << 63)
        forest = "\n".join(f"{name} = {value}" for name, value in given.items())
        detector = "enabled = false" if model == "forest" else f'learning = "{learning}"'
        return key, f"[detector]\n{detector}\n\n[forest]\n{forest}\n"

    def assert_bits(self, model: str, results: Iterable[dict[str, Any]]) -> None:
        """These are the results of the records, in their order."""
        found = [struct.unpack("<Q", struct.pack("<d", it["score"]))[0] for it in results]
        expected = self.bits[model]
        assert len(found) == len(expected)
        wrong = [row for row, bits in enumerate(expected) if found[row] != bits]
        assert not wrong, f"{len(wrong)} scores of the {model} differ, first that of record {wrong[0]}"


def _seed_before(name: str, seed: int) -> int:
    """The configured seed with which a model of this name has `seed`: the inverse of
    `rcf_core::keyed::seed_for_key`."""
    hashed = 0xCBF29CE484222325
    for byte in name.encode():
        hashed = ((hashed ^ byte) * 0x00000100000001B3) & MASK
    z = _unshift(seed, 31)
    z = z * pow(0x94D049BB133111EB, -1, 1 << 64) & MASK
    z = _unshift(z, 27)
    z = z * pow(0xBF58476D1CE4E5B9, -1, 1 << 64) & MASK
    return _unshift(z, 30) ^ hashed


def _unshift(z: int, by: int) -> int:
    """The number of which `it ^ (it >> by)` is z."""
    found = z
    for _ in range(64 // by):
        found = z ^ (found >> by)
    return found
