"""The package around the forest: documentation, types, size, and what importing it costs."""

import doctest
import inspect
import pathlib
import re
import subprocess
import sys
import zlib
from functools import cached_property

import numpy as np
import pytest

import rcf
from rcf import _rcf

PACKAGE = pathlib.Path(rcf.__file__).parent
PYPROJECT = pathlib.Path(__file__).parents[1] / "pyproject.toml"


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=300, check=False
    )


def test_the_examples_in_the_documentation_are_true():
    globs = {"np": np, "rcf": rcf}
    result = doctest.testmod(rcf, extraglobs=globs)
    assert result.failed == 0
    # Those of methods, as they are without the wrapper that advises about keywords.
    runner, finder = doctest.DocTestRunner(), doctest.DocTestFinder()
    wrapped = {inspect.unwrap(getattr(owner, name)) for owner, name in METHODS} - {None}
    for method in sorted(wrapped, key=lambda it: it.__qualname__):
        for test in finder.find(method, method.__qualname__, globs=globs):
            runner.run(test)
    assert runner.failures == 0
    assert result.attempted + runner.tries >= 100


def test_everything_public_is_documented():
    undocumented = [
        f"{owner.__name__}.{name}"
        for owner in [rcf, *filter(inspect.isclass, vars(rcf).values())]
        for name, value in vars(owner).items()
        if not name.startswith("_") and (callable(value) or inspect.isdatadescriptor(value))
        if not inspect.getdoc(value)
    ]
    assert undocumented == []


METHODS = [
    (owner, name)
    for owner in filter(inspect.isclass, vars(rcf).values())
    if owner.__module__ == "rcf" and not issubclass(owner, tuple | Exception)
    for name, method in vars(owner).items()
    if not name.startswith("_") and callable(getattr(owner, name)) and not isinstance(method, cached_property)
]


@pytest.mark.parametrize(("owner", "name"), METHODS, ids=lambda value: getattr(value, "__name__", value))
def test_methods_document_all_their_parameters(owner, name):
    function = getattr(owner, name)
    for parameter in inspect.signature(function).parameters:
        if parameter != "self":
            assert re.search(rf"^(\w+, )*{parameter}(, \w+)* : ", inspect.getdoc(function), re.MULTILINE)


@pytest.mark.parametrize("model", [rcf.RandomCutForest, rcf.AnomalyDetector, rcf.Forecaster])
def test_constructors_document_all_their_parameters(model):
    for name, parameter in inspect.signature(model).parameters.items():
        assert re.search(rf"^(\w+, )*{name}(, \w+)* : ", inspect.getdoc(model), re.MULTILINE), name
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY


def test_the_stubs_tell_the_truth():
    result = python("-m", "mypy.stubtest", "rcf._rcf")
    assert result.returncode == 0, result.stdout + result.stderr


def test_types_hold_in_the_package_and_for_its_users(tmp_path):
    user = tmp_path / "user.py"
    user.write_text(
        "import numpy as np\n"
        "import rcf\n"
        "forest = rcf.RandomCutForest(input_dimensions=2, seed=1)\n"
        "forest.update((1.0, 2.0))\n"
        "mean = float(forest.process(np.ones((3, 2))).mean()) + forest.score([1, 2])\n"
        "high, low = forest.attribution([1.0, 2.0])\n"
        "class Mine(rcf.RandomCutForest): ...\n"
        "mine: Mine = Mine.from_bytes(forest.to_bytes())\n"
        "forest.score(object())  # type: ignore[arg-type]\n"
        "rcf.RandomCutForest(1)  # type: ignore[call-arg]\n"
    )
    for target in (["-p", "rcf"], [str(user)]):
        result = python(
            "-m", "mypy", "--strict", "--warn-unused-ignores", f"--config-file={PYPROJECT}",
            f"--cache-dir={tmp_path}", *target,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").is_file()
    assert (PACKAGE / "_rcf.pyi").is_file()


def test_importing_needs_numpy_alone_and_is_fast():
    """The best of a few, since other programs run as well."""
    seconds = []
    for _ in range(5):
        result = python(
            "-c",
            "import sys, time, numpy\n"
            "before = set(sys.modules)\n"
            "start = time.perf_counter(); import rcf; seconds = time.perf_counter() - start\n"
            "top = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
            "print(sorted(top - sys.stdlib_module_names)); print(seconds)",
        )
        packages, spent = result.stdout.split("\n")[:2]
        assert packages == "['rcf']", result.stdout + result.stderr
        seconds.append(float(spent))
    assert min(seconds) < 0.1


def test_the_compiled_module_is_small_and_fits_every_python_since_3_10():
    module = pathlib.Path(_rcf.__file__)
    assert ".abi3." in module.name
    assert len(zlib.compress(module.read_bytes())) < 2_700_000  # with the rest, the wheel may have 3 MB


def test_the_version_is_the_one_pip_knows():
    import importlib.metadata

    assert rcf.__version__ == importlib.metadata.version("rcf")


GUIDE = pathlib.Path(__file__).parents[2] / "docs/guide/parameters.md"
CLASSES = ["RandomCutForest", "AnomalyDetector", "Forecaster"]


def rows(name: str) -> dict[str, list[str]]:
    """The table of the guide for a class, which a test of rcf-core holds to its table."""
    section = GUIDE.read_text().split(f"### {name}\n")[1].split("###")[0].split("<!--")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells}


@pytest.mark.parametrize("name", CLASSES)
def test_parameters_are_those_of_the_table(name):
    signature = inspect.signature(getattr(rcf, name))
    expected = set(rows(name)) - {"patience"}  # a part of the tuple `learning`
    assert set(signature.parameters) == expected


@pytest.mark.parametrize("name", CLASSES)
def test_documented_defaults_are_those_of_the_table(name):
    documented = dict(re.findall(r"^(\w+) : .*, default (.+)$", getattr(rcf, name).__doc__, re.M))
    assert len(documented) >= 3
    for parameter, default in documented.items():
        expected = rows(name)[parameter][1]
        same = {"all 1": "1", "previous": '"previous"', "true": "True", "false": "False"}
        same |= {profile: repr(profile) for profile in ("fast", "compact")}
        expected = (
            same.get(expected, expected)
            .replace("\N{MULTIPLICATION SIGN}", "*")
            .replace("\N{MINUS SIGN}", "-")
        )
        assert default.replace("//", "/") == expected, parameter


@pytest.mark.parametrize("name", CLASSES)
def test_numbers_are_refused_outside_of_the_range_of_the_table(name):
    tested = 0
    for parameter, (kind, _, bounds, *_) in rows(name).items():
        if kind not in ("integer", "number") or parameter == "patience":
            continue
        if not (found := re.match(r"([\[(])(\S+), (\S+)([\])])$", bounds)):
            continue
        opening, least, greatest, closing = found.groups()
        step = 1 if kind == "integer" else 1e-6
        below = float(least) - (step if opening == "[" else 0)
        above = float(greatest) + (step if closing == "]" else 0)
        for number in (below, above):
            value = int(number) if kind == "integer" else number
            with pytest.raises(rcf.ConfigError, match=parameter):
                getattr(rcf, name)(**{parameter: value})
            tested += 1
    assert tested >= 8
