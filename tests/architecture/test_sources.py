from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source_tree import (
    ROOMS,
    ROOT,
    calls,
    imported_modules,
    python_files,
    repository_files,
    shown,
    syntax,
)

BANNED_CALLS = {
    "cv2.imread": "ignores what it cannot read; use dataset.images.image_file",
    "cv2.imwrite": "writes in place; use dataset.durable",
    "eval": "runs what a file says",
    "exec": "runs what a file says",
    "os.system": "goes through a shell",
    "shutil.unpack_archive": "an archive's names may lead out of the folder",
    "torch.load": "unpickles",
    "xml.dom.minidom.parse": "use defusedxml",
    "xml.dom.minidom.parseString": "use defusedxml",
    "xml.etree.ElementTree.XML": "use defusedxml",
    "xml.etree.ElementTree.fromstring": "use defusedxml",
    "xml.etree.ElementTree.iterparse": "use defusedxml",
    "xml.etree.ElementTree.parse": "use defusedxml",
    "yaml.full_load": "builds objects; use yaml.safe_load",
    "yaml.load": "builds objects; use yaml.safe_load",
    "yaml.unsafe_load": "builds objects; use yaml.safe_load",
}
BANNED_ARGUMENTS = {"shell", "allow_pickle"}
BANNED_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve"}
SEEDED_MAKERS = {"Generator", "PCG64", "Random", "SeedSequence", "default_rng"}
BANNED_NAMES = {
    "base",
    "common",
    "core",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "stuff",
    "tools",
    "util",
    "utils",
}
SQL = re.compile(
    r"\b(SELECT\s.+?\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|DELETE\s+FROM|UPDATE\s+\w+\s+SET"
    r"|CREATE\s+(UNIQUE\s+)?(TABLE|INDEX|VIEW|TRIGGER)|PRAGMA\s+\w+)\b",
    re.DOTALL,
)
LONGEST_FUNCTION = 60
LONGEST_FILE = 600

CODE = python_files(*ROOMS.values())


def banned_uses(tree: ast.Module) -> Iterator[tuple[ast.stmt | ast.expr, str]]:
    for node, name in imported_modules(tree):
        if name.partition(".")[0] in BANNED_MODULES:
            yield node, f"{name}: runs what a file says"
    for call, name in calls(tree):
        if name in BANNED_CALLS:
            yield call, f"{name}: {BANNED_CALLS[name]}"
        if name.endswith(".extractall"):
            yield call, f"{name}: an archive's names may lead out of the folder"
        for argument in call.keywords:
            if argument.arg in BANNED_ARGUMENTS and not _is_false(argument.value):
                yield call, f"{argument.arg}=..."


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def test_dangerous_calls_are_nowhere() -> None:
    found = [
        f"{shown(path, node)} {why}"
        for path in CODE
        for node, why in banned_uses(syntax(path))
    ]

    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "import cv2 as c; c.imread('x')",
        "from cv2 import imwrite; imwrite('x', y)",
        "import pickle",
        "from yaml import load as read; read(text)",
        "import subprocess; subprocess.run('ls', shell=True)",
        "archive.extractall('here')",
        "import numpy as np; np.load(path, allow_pickle=True)",
        "import xml.etree.ElementTree as ET; ET.parse(path)",
    ],
)
def test_dangerous_call_is_seen(line: str) -> None:
    uses = list(banned_uses(ast.parse(line)))

    assert len(uses) == 1


def test_core_draws_no_number_from_a_global_generator() -> None:
    core = python_files(
        *(folder for name, folder in ROOMS.items() if name != "station")
    )

    found = [
        f"{shown(path, call)} {name}"
        for path in core
        for call, name in calls(syntax(path))
        if name.startswith(("random.", "numpy.random."))
        and name.rpartition(".")[2] not in SEEDED_MAKERS
    ]

    assert found == []


def test_sql_is_in_the_catalog_alone() -> None:
    allowed = (ROOMS["dataset"] / "catalog", ROOMS["dataset"] / "migrations")
    elsewhere = [
        path
        for path in CODE
        if not any(path.is_relative_to(place) for place in allowed)
    ]

    found = [
        shown(path, node)
        for path in elsewhere
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.expr) and _speaks_sql(node)
    ] + [
        shown(path, node)
        for path in elsewhere
        for node, name in imported_modules(syntax(path))
        if name.partition(".")[0] in {"sqlite3", "pysqlite3", "sqlite_utils"}
    ]

    assert found == []


def _speaks_sql(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return SQL.search(node.value) is not None
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"execute", "executemany", "executescript"}
    )


def test_every_file_has_a_noun_for_a_name() -> None:
    found = [shown(path) for path in python_files() if path.stem in BANNED_NAMES]

    assert found == []


def test_functions_stay_short() -> None:
    long = [
        f"{shown(path, node)} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path in python_files()
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]

    assert long == []


def test_files_stay_short() -> None:
    lengths = {
        shown(path): path.read_text("utf-8").count("\n") for path in python_files()
    }

    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


def test_scripts_are_executable_and_say_their_shell() -> None:
    scripts = [
        path
        for path in repository_files()
        if path.suffix == ".sh" or path == ROOT / ".ci" / "run"
    ]

    assert scripts
    for path in scripts:
        assert path.read_bytes().startswith(b"#!"), shown(path)
        assert path.stat().st_mode & 0o111, shown(path)
