"""The repository's files and their syntax, as the tests beside this one see them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "station": ROOT / "station",
    "labeling": ROOT / "labeling",
    "dataset": ROOT / "dataset",
    "export": ROOT / "packaging" / "export",
}


@cache
def repository_files() -> tuple[Path, ...]:
    """Every file that is or would be committed, sorted; in a plain copy, too."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    if listing.returncode == 0 and listing.stdout:
        paths = {ROOT / name for name in listing.stdout.split("\0") if name}
    else:
        paths = set(_walk(ROOT))
    return tuple(sorted(path for path in paths if path.is_file()))


def _walk(folder: Path) -> Iterator[Path]:
    made = {"demo", "demo.previous", "build", "dist", "__pycache__", "node_modules"}
    for entry in folder.iterdir():
        if entry.name in made or entry.name.endswith(".egg-info"):
            continue
        if entry.is_file():
            yield entry
        elif entry.is_dir() and (entry.name == ".ci" or entry.name[0] != "."):
            yield from _walk(entry)


def python_files(*folders: Path) -> list[Path]:
    """The Python files of the repository, or of some of its folders."""
    return [
        path
        for path in repository_files()
        if path.suffix == ".py"
        and (not folders or any(path.is_relative_to(folder) for folder in folders))
    ]


@cache
def syntax(path: Path) -> ast.Module:
    """A Python file's syntax tree."""
    return ast.parse(path.read_text("utf-8"), str(path))


def shown(path: Path, node: ast.stmt | ast.expr | None = None) -> str:
    """A place in the repository, as an editor takes it."""
    name = path.relative_to(ROOT).as_posix()
    return name if node is None else f"{name}:{node.lineno}"


def imported_modules(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """The absolute imports of a tree, wherever they stand, with dotted names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """The calls of a tree, each with its dotted name, import aliases undone."""
    full_names = dict(_aliases(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            head, dot, rest = _dotted(node.func).partition(".")
            yield node, full_names.get(head, head) + dot + rest


def _aliases(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    yield alias.asname, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
