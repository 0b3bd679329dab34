"""packaging/edge says what the program does: no engine runs the recipes here."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from station.cli.capture import capture
from station.cli.environment import variables_of
from station.headless.health import Health
from tests.architecture.source_tree import ROOT

EDGE = ROOT / "packaging" / "edge"
README = (EDGE / "README.md").read_text("utf-8")
NOT_OPTIONS = {
    "FIELDSET_SOURCE_FILE",
    "FIELDSET_PROJECT",
    "FIELDSET_STATION",
    "FIELDSET_CLASSES",
}
QT = {"pyside6-essentials", "shiboken6", "pyqtgraph"}
# An IoT Edge twin holds at most so much in one value.
VALUE_LIMIT = 512
FIELDS = re.compile(r"^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|", re.MULTILINE)


def pins(path: Path) -> dict[str, frozenset[str]]:
    """The hashes of each `name==version` of a lock, markers included."""
    found: dict[str, set[str]] = {}
    name = ""
    for line in path.read_text("utf-8").splitlines():
        if match := re.match(r"([a-z0-9][^\\]*==[^\\]*)", line):
            name = match[1].strip()
            found[name] = set()
        else:
            found[name].update(re.findall(r"--hash=(\S+)", line))
    return {pin: frozenset(hashes) for pin, hashes in found.items()}


def names(lock: dict[str, frozenset[str]]) -> set[str]:
    return {re.split(r"[\[=]", pin)[0] for pin in lock}


def instructions() -> list[tuple[str, str]]:
    """The Containerfile's instructions with their words, lines joined."""
    text = re.sub(r"(?m)^#.*\n", "", (EDGE / "Containerfile").read_text("utf-8"))
    joined = text.replace("\\\n", " ")
    return [
        (word, rest.strip())
        for word, _, rest in (line.partition(" ") for line in joined.splitlines())
        if word
    ]


def of(word: str) -> list[str]:
    return [rest for found, rest in instructions() if found == word]


def deployment() -> dict[str, Any]:
    found = json.loads((EDGE / "deployment.template.json").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def module() -> dict[str, Any]:
    agent = deployment()["modulesContent"]["$edgeAgent"]["properties.desired"]
    found = agent["modules"]["fieldset"]
    assert isinstance(found, dict)
    return found


def unit() -> dict[str, list[str]]:
    lines = (EDGE / "fieldset-capture.service").read_text("utf-8").splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def table_of_settings() -> dict[str, tuple[str, str]]:
    rows = re.findall(
        r"^\| `(FIELDSET_\w+)` \| `(--[\w-]+)` \| `(\w+)` \|$", README, re.M
    )
    return {variable: (option, twin) for variable, option, twin in rows}


def test_table_of_settings_is_that_of_the_command() -> None:
    table = table_of_settings()

    assert {name: option for name, (option, _) in table.items()} == dict(
        variables_of(capture)
    )
    for name, (_, twin) in table.items():
        assert name == f"FIELDSET_{twin.upper()}"


def test_variables_that_are_no_options_are_told() -> None:
    told = set(re.findall(r"^\| `(FIELDSET_\w+)` \| [^`]", README, re.M))

    assert told == NOT_OPTIONS


def test_table_of_health_is_that_of_the_file() -> None:
    part = README.partition("## Health")[2].partition("## Container")[0]
    told = {name.strip("` ") for row in FIELDS.findall(part) for name in row.split(",")}

    assert told == set(Health.__dataclass_fields__)


def test_lock_is_that_of_the_root_without_qt_and_tools() -> None:
    root, edge = pins(ROOT / "requirements.lock"), pins(EDGE / "requirements.lock")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    direct = {
        re.split(r"[\[<>=!~; ]", one)[0].lower() for one in project["dependencies"]
    }
    tools = {
        re.split(r"[\[<>=!~; ]", one)[0].lower()
        for one in project["optional-dependencies"]["dev"]
    }

    assert {pin: root.get(pin) for pin in edge} == edge
    assert all(edge.values())
    assert names(edge) & (QT | tools) == set()
    assert direct - QT - names(edge) == set()


def test_image_is_slim_not_root_and_installs_by_hash_alone() -> None:
    runs = " ".join(of("RUN"))

    assert {image.split()[0] for image in of("FROM")} == {"python:3.12-slim-bookworm"}
    assert of("USER") == ["10001:10001"]
    for install in re.findall(r"pip install[^&]*", runs):
        assert "--require-hashes" in install or "--no-index --no-deps" in install
    assert not re.search(r"apt-get|curl|wget|chmod 777|sudo", runs)
    assert not of("ADD")
    assert not re.search(r"(?i)password|token", " ".join(of("ENV")))


def test_image_stops_by_sigterm_keeps_data_and_is_looked_after() -> None:
    (health,) = of("HEALTHCHECK")
    variables = dict(re.findall(r"(\w+)=(\S+)", " ".join(of("ENV"))))

    assert of("STOPSIGNAL") == ["SIGTERM"]
    assert json.loads(of("VOLUME")[0]) == ["/data"]
    assert variables["FIELDSET_PROJECT"].startswith("/data/")
    command = json.loads(health.partition("CMD ")[2])
    assert command == ["fieldset", "doctor", "--health", variables["FIELDSET_HEALTH"]]
    assert json.loads(of("ENTRYPOINT")[0]) == ["/usr/local/bin/entrypoint.sh"]
    assert json.loads(of("CMD")[0]) == ["capture", "--json"]


def test_what_the_image_copies_is_here() -> None:
    sources = [words.split()[-2] for words in of("COPY") if "--from" not in words]

    assert sources
    for source in sources:
        assert source.startswith("dist/") or (ROOT / source).is_file(), source


def test_entry_point_is_a_sound_script_that_becomes_the_command() -> None:
    path = EDGE / "entrypoint.sh"
    lines = path.read_text("utf-8").splitlines()

    assert path.stat().st_mode & stat.S_IXUSR
    assert lines[0] == "#!/bin/sh"
    assert "set -eu" in lines
    assert lines[-1] == 'exec fieldset "$@"'
    subprocess.run(["sh", "-n", path], check=True)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
def test_entry_point_has_no_fault_that_shellcheck_knows() -> None:
    subprocess.run(["shellcheck", EDGE / "entrypoint.sh"], check=True)


def test_deployment_is_laid_out_as_the_service_takes_it() -> None:
    content = deployment()["modulesContent"]
    agent = content["$edgeAgent"]["properties.desired"]
    hub = content["$edgeHub"]["properties.desired"]

    assert set(content) == {"$edgeAgent", "$edgeHub", "fieldset"}
    assert agent["schemaVersion"] == hub["schemaVersion"] == "1.1"
    assert agent["runtime"]["type"] == "docker"
    assert agent["runtime"]["settings"]["minDockerVersion"]
    assert set(agent["systemModules"]) == {"edgeAgent", "edgeHub"}
    for one in (*agent["systemModules"].values(), *agent["modules"].values()):
        assert one["type"] == "docker"
        assert one["settings"]["image"]
        assert isinstance(json.loads(one["settings"]["createOptions"]), dict)
        assert len(one["settings"]["createOptions"]) <= VALUE_LIMIT
    for one in (agent["systemModules"]["edgeHub"], agent["modules"]["fieldset"]):
        assert (one["status"], one["restartPolicy"]) == ("running", "always")
    assert hub["routes"] == {}
    assert hub["storeAndForwardConfiguration"]["timeToLiveSecs"] > 0


def test_deployment_gives_settings_that_exist_and_no_secret() -> None:
    env = {name: value["value"] for name, value in module()["env"].items()}

    assert set(env) <= set(variables_of(capture)) | NOT_OPTIONS
    assert "FIELDSET_SOURCE" not in env
    assert env["FIELDSET_SOURCE_FILE"] == "/run/secrets/source"
    assert "password" not in json.dumps(module()).lower()


def test_twin_and_variables_say_the_same() -> None:
    env = {name: value["value"] for name, value in module()["env"].items()}
    desired = deployment()["modulesContent"]["fieldset"]["properties.desired"]

    of_twin = {f"FIELDSET_{name.upper()}": value for name, value in desired.items()}

    assert of_twin == {
        name: value
        for name, value in env.items()
        if name not in {"FIELDSET_SOURCE_FILE", "FIELDSET_CLASSES"}
    }


def test_module_is_given_a_volume_the_secret_and_little_else() -> None:
    options = json.loads(module()["settings"]["createOptions"])
    host = options["HostConfig"]
    inside = {bind.split(":")[1] for bind in host["Binds"]}

    assert inside == {"/data", "/run/secrets/source"}
    assert "/etc/fieldset/source:/run/secrets/source:ro" in host["Binds"]
    assert "/run/fieldset" in host["Tmpfs"]
    assert (host["ReadonlyRootfs"], host["CapDrop"]) == (True, ["ALL"])
    assert "Privileged" not in host
    assert options["StopTimeout"] == 5


def test_unit_ends_in_time_and_comes_back() -> None:
    found = unit()

    assert found["TimeoutStopSec"] == ["5"]
    assert found["KillSignal"] == ["SIGTERM"]
    assert found["Restart"] == ["always"]
    assert found["SuccessExitStatus"] == ["130"]
    assert found["Type"] == ["notify"]
    assert found["NotifyAccess"] == ["main"]
    assert found["User"] == ["fieldset"]


def test_unit_and_its_example_give_settings_that_exist() -> None:
    example = (EDGE / "capture.env.example").read_text("utf-8")
    given = re.findall(r"^(FIELDSET_\w+)=", example, re.M)
    given += [one.partition("=")[0] for one in unit()["Environment"]]

    unknown = set(given) - set(variables_of(capture)) - NOT_OPTIONS

    assert unknown == {"HOME", "PATH"}
    assert "FIELDSET_SOURCE=" not in example


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd-analyze"
)
def test_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    text = (EDGE / "fieldset-capture.service").read_text("utf-8")
    here = re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={EDGE / 'entrypoint.sh'}", text)
    path = tmp_path / "fieldset-capture.service"
    path.write_text(here)

    done = subprocess.run(
        ["systemd-analyze", "verify", path],
        capture_output=True,
        text=True,
        check=False,
        env={"SYSTEMD_UNIT_PATH": "/lib/systemd/system", "PATH": "/usr/bin:/bin"},
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_udev_rules_are_pairs_that_udev_knows() -> None:
    text = (EDGE / "70-fieldset-camera.rules").read_text("utf-8")
    rules = [line for line in text.splitlines() if line and not line.startswith("#")]
    pair = (
        r"(ACTION|SUBSYSTEM|KERNEL|ATTR\{\w+\}|ENV\{\w+\}|GROUP|MODE|SYMLINK|GOTO|LABEL)"
        r'(==|!=|\+=|=)"[^"]*"'
    )
    jumps = set(re.findall(r'GOTO="(\w+)"', text))

    assert rules
    for rule in rules:
        assert re.fullmatch(rf"{pair}(, {pair})*", rule), rule
    assert jumps == set(re.findall(r'LABEL="(\w+)"', text))
    links = re.findall(r'SYMLINK\+="([^"]+)"', text)
    assert links == [
        "fieldset/by-serial/$env{ID_SERIAL}",
        "fieldset/by-port/$env{ID_PATH}",
    ]
