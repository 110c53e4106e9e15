#!/usr/bin/env python3
"""Fail if the top-level modules of a crate import each other in a cycle.

    scripts/import_cycles.py rcf-core [CRATE ...]

A module is a file or folder directly below `src`. It imports another one by a path that begins with
`crate::` or `super::`, whether in a `use` or in an expression; names that `lib.rs` re-exports represent
the modules that they come from. Comments, doc links and tests do not count.
"""

import pathlib
import re
import sys

COMMENT = re.compile(r"//[^\n]*")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
TESTS = re.compile(r"#\[cfg\(test\)\]\s*(?:pub(?:\([^)]*\))?\s+)?mod \w+ \{.*", re.S)
PATH = re.compile(r"\b((?:super::)+|crate::)(\w+|\{)")


def code(path):
    """The text of a source file without comments, strings and its trailing module of tests."""
    return TESTS.sub("", STRING.sub('""', COMMENT.sub("", path.read_text())))


def first_names(group):
    """The first name of each path in a `{...}` group, given from its opening brace on."""
    depth, start, names = 0, 1, []
    for i, char in enumerate(group):
        depth += (char == "{") - (char == "}")
        if depth == 0 or depth == 1 and char == ",":
            names += re.findall(r"^\s*(\w+)", group[start:i])
            start = i + 1
        if depth == 0:
            break
    return names


def imports(crate):
    """For each top-level module, the modules that it imports, each with a file that does."""
    src = pathlib.Path(crate) / "src"
    modules = {path.stem for path in src.iterdir()} - {"lib", "main", "bin"}
    exports = {}
    for module, names in re.findall(r"pub use (\w+)::(\{[^}]*\}|\w+)", code(src / "lib.rs")):
        exports |= dict.fromkeys(re.findall(r"\w+", names), module)
    edges = {module: {} for module in modules}
    for path in sorted(src.rglob("*.rs")):
        inner = path.relative_to(src).with_suffix("").parts
        module = inner[0]
        if module not in modules or "tests" in inner or "testing" in inner:
            continue
        depth = len(inner) - (inner[-1] == "mod")  # of the module below the crate's root
        text = code(path)
        for match in PATH.finditer(text):
            root, name = match.groups()
            if root != "crate::" and root.count("super") < depth:
                continue  # still inside of the module
            names = first_names(text[match.start(2) :]) if name == "{" else [name]
            for name in names:
                target = exports.get(name, name)
                if target in modules and target != module:
                    edges[module].setdefault(target, path)
    return edges


def find_cycle(edges):
    """The modules of a cycle, the first one again at the end; `None` if there is none."""
    done, path = set(), []

    def visit(module):
        if module in path:
            return path[path.index(module) :] + [module]
        if module in done:
            return None
        path.append(module)
        for target in sorted(edges[module]):
            if cycle := visit(target):
                return cycle
        done.add(path.pop())
        return None

    return next((cycle for module in sorted(edges) if (cycle := visit(module))), None)


def main(crates):
    """Check each crate; return the exit status."""
    status = 0
    for crate in crates:
        edges = imports(crate)
        cycle = find_cycle(edges)
        if cycle is None:
            print(f"{crate}: {len(edges)} modules, no import cycle")
            continue
        status = 1
        print(f"{crate}: import cycle {' -> '.join(cycle)}; break one of", file=sys.stderr)
        for module, target in zip(cycle, cycle[1:]):
            print(f"  {module} -> {target} in {edges[module][target]}", file=sys.stderr)
    return status


def self_test():
    """A cycle is found whatever form the paths have, and named with its files."""
    import tempfile

    files = {
        "lib.rs": "mod a; mod b; mod c; pub use c::{Thing, Other};",
        "a.rs": "// use crate::c::Not;\nuse crate::{b::One, error};\nfn f() { \"crate::c\"; }",
        "b/mod.rs": "mod inner;",
        "b/inner.rs": "use super::super::c::X; use super::Y;",
        "c.rs": "#[cfg(test)]\nmod tests {\n use crate::a::Z;\n}",
    }
    with tempfile.TemporaryDirectory() as crate:
        for name, text in files.items():
            path = pathlib.Path(crate) / "src" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        edges = imports(crate)
        assert {m: sorted(t) for m, t in edges.items()} == {"a": ["b"], "b": ["c"], "c": []}, edges
        assert find_cycle(edges) is None
        (pathlib.Path(crate) / "src/c.rs").write_text("use super::a;")
        assert find_cycle(imports(crate)) == ["a", "b", "c", "a"]
        (pathlib.Path(crate) / "src/c.rs").write_text("")
        (pathlib.Path(crate) / "src/b/inner.rs").write_text("use crate::Thing;")
        assert sorted(imports(crate)["b"]) == ["c"]


if __name__ == "__main__":
    self_test()
    sys.exit(main(sys.argv[1:] or sys.exit(__doc__)))
