#!/usr/bin/env python3
"""Comments of Rust keep to 100 columns, as its code does: rustfmt leaves them alone.

Rows of tables, code and diagrams, and lines of a single word, such as links, may be longer.

Usage: scripts/comments.py [--fix]   (with --fix, what is too long is wrapped)
"""

import re
import subprocess
import sys
from pathlib import Path

COLUMNS = 100
COMMENT = re.compile(r"(\s*//[/!]? ?)(.*)")
# What begins a separate line: lists, tables, headings, definitions of links, code.
ITEM = re.compile(r"\s*([-*|#>`]|\d+\. |\[[^\]]+\]:)")


def is_fence(line: str) -> bool:
    found = COMMENT.fullmatch(line)
    return bool(found) and found[2].lstrip().startswith("```")


def is_too_long(line: str) -> bool:
    found = COMMENT.fullmatch(line)
    if not found or len(line) <= COLUMNS:
        return False
    text = found[2].strip()
    return not text.startswith("|") and " " in text


def wrap(lines: list[str]) -> list[str]:
    """Move words beyond the limit to the next line, if that continues the paragraph."""
    done: list[str] = []
    lines = list(lines)
    in_code = False
    at = 0
    while at < len(lines):
        line = lines[at]
        found = COMMENT.fullmatch(line)
        in_code ^= is_fence(line)
        if in_code or not is_too_long(line):
            done.append(line)
            at += 1
            continue
        head, text = found[1], found[2]
        item = re.match(r"\s*([-*] |\d+\. |> )?", text)
        hanging = " " * len(item[0])
        cut = text.rfind(" ", 0, COLUMNS - len(head) + 1)
        kept, rest = text[:cut].rstrip(), text[cut + 1 :]
        done.append(head + kept)
        after = COMMENT.fullmatch(lines[at + 1]) if at + 1 < len(lines) else None
        goes_on = after and after[1] == head and after[2].strip() and not ITEM.match(after[2])
        if goes_on and len(after[2]) - len(after[2].lstrip()) == len(hanging):
            lines[at + 1] = head + hanging + rest + " " + after[2].lstrip()
        else:
            lines.insert(at + 1, head + hanging + rest)
        at += 1
    return done


def main() -> int:
    listed = subprocess.run(
        ["git", "ls-files", "*.rs"], capture_output=True, text=True, check=True
    )
    found = 0
    for path in map(Path, listed.stdout.split()):
        lines = path.read_text(encoding="utf-8").split("\n")
        if "--fix" in sys.argv[1:]:
            fixed = wrap(lines)
            if fixed != lines:
                path.write_text("\n".join(fixed), encoding="utf-8")
            lines = fixed
        in_code = False
        for number, line in enumerate(lines, 1):
            in_code ^= is_fence(line)
            if is_too_long(line) and not in_code:
                found += 1
                print(f"{path}:{number}: a comment of {len(line)} columns; the limit is {COLUMNS}")
    print(f"{found} comments are longer than {COLUMNS} columns")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
