#!/usr/bin/env python3
"""Check the links of all Markdown files without a network.

    scripts/links.py

A link to a file must lead to a file of this checkout, and its fragment to a heading of it. Each page
below docs/ must be in docs/SUMMARY.md, so that the book has it. Links to the web are counted, not opened.
"""

import pathlib
import re
import subprocess
import sys
import urllib.parse

LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
CODE = re.compile(r"^( *)(```+|~~~+).*?^\1\2 *$|`[^`\n]*`", re.S | re.M)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.M)


def anchors(path):
    """The fragments of the headings of a file, as GitHub and mdBook name them."""
    found = {}
    for heading in HEADING.findall(re.sub(r"^```.*?^```", "", path.read_text(), flags=re.S | re.M)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        found[name] = found.get(name, -1) + 1
    return {name if n == 0 else f"{name}-{n}" for name, most in found.items() for n in range(most + 1)}


def main():
    """Check all files; return the exit status."""
    root = pathlib.Path(__file__).resolve().parents[1]
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=root, capture_output=True, text=True, check=True,
    )
    files = [root / name for name in listed.stdout.split("\0") if name]
    errors, web, local = [], 0, 0
    for path in files:
        if not path.exists():
            continue
        for target in LINK.findall(CODE.sub("", path.read_text())):
            if re.match(r"[a-z]+:", target):
                web += 1
                continue
            local += 1
            file, _, fragment = urllib.parse.unquote(target).partition("#")
            to = (path.parent / file).resolve() if file else path
            where = path.relative_to(root)
            if not to.exists():
                errors.append(f"{where}: {target} does not exist")
            elif fragment and to.suffix == ".md" and fragment not in anchors(to):
                errors.append(f"{where}: {target} names no heading")
    book = root / "docs"
    summary = book / "SUMMARY.md"
    named = set(LINK.findall(summary.read_text()))
    for page in sorted(book.rglob("*.md")):
        name = page.relative_to(book).as_posix()
        if page != summary and name not in named:
            errors.append(f"docs/SUMMARY.md: {name} is not listed")
    for error in errors:
        print(error, file=sys.stderr)
    print(f"{len(files)} files, {local} local links checked, {web} links to the web not opened")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
