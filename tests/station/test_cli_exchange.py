from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import cv2
import pytest

from export.formats import READERS, WRITERS
from station.cli.exit_codes import ExitCode
from tests.small_projects import (
    files_under,
    new_project,
    pixels,
)
from tests.station.command_line import CommandLine, program
from tests.station.two_versions import make_two_versions


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_two_versions(tmp_path_factory.mktemp("versions") / "p")


@pytest.fixture
def root(original: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    shutil.copytree(original, tmp_path / "p")
    return tmp_path / "p"


class TestExport:
    def test_json_has_the_promised_keys(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        done = call.ok(
            "export", "v2", "--format", "coco", "--to", tmp_path / "x",
            "--project", root, "--json",
        ).json  # fmt: skip

        assert set(done) >= {
            "version", "format", "path", "samples", "boxes", "bytes", "digest",
        }  # fmt: skip
        assert (done["format"], done["samples"], done["boxes"]) == ("coco", 30, 59)
        assert Path(done["path"]).is_dir()

    def test_images_may_stay_at_home(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        call.ok(
            "export", "v2", "--format", "coco", "--to", tmp_path / "x",
            "--project", root, "--annotations-only",
        )  # fmt: skip

        assert (tmp_path / "x" / "annotations").is_dir()
        assert not (tmp_path / "x" / "images").exists()

    def test_formats_that_pack_images_are_refused_before_any_is_written(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        outcome = call(
            "export", "v2", "--format", "coco", "--format", "tfrecord",
            "--to", tmp_path / "x", "--project", root, "--annotations-only",
        )  # fmt: skip

        assert outcome.code == ExitCode.USAGE
        assert "tfrecord" in outcome.err
        assert not (tmp_path / "x").exists()

    def test_two_formats_make_a_folder_each(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        done = call.ok(
            "export", "latest", "--format", "coco", "--format", "yolo",
            "--to", tmp_path / "x", "--project", root, "--json",
        ).json  # fmt: skip

        assert [e["format"] for e in done["exports"]] == ["coco", "yolo"]
        assert {p.name for p in (tmp_path / "x").iterdir()} == {"coco", "yolo"}

    def test_same_version_gives_the_same_digest(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        digests = {
            call.ok(
                "export", "v1", "--format", "yolo", "--to", tmp_path / name,
                "--project", root, "--json",
            ).json["digest"]
            for name in ("a", "b")
        }  # fmt: skip

        assert len(digests) == 1

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["v9", "--format", "coco"], ExitCode.PROJECT),
            (["v1", "--format", "moon"], ExitCode.USAGE),
            (["v1", "--format", "coco", "--format", "coco"], ExitCode.USAGE),
        ],
    )
    def test_what_cannot_be_is_a_sentence_and_leaves_nothing(
        self,
        call: CommandLine,
        root: Path,
        tmp_path: Path,
        arguments: list[str],
        code: int,
    ) -> None:
        target = tmp_path / "x"

        outcome = call("export", *arguments, "--to", target, "--project", root)

        assert (outcome.code, outcome.out) == (code, "")
        assert not target.exists()

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--to", "s3://bucket"],
            ["--to", "azure://container/v1", "--update"],
            ["--to", "azure://container/v1.zip"],
            ["--to", "azure://container/v1?sig=hush"],
        ],
    )
    def test_target_in_the_cloud_that_cannot_be_is_told(
        self, call: CommandLine, root: Path, arguments: list[str]
    ) -> None:
        outcome = call(
            "export", "v1", "--format", "coco", *arguments, "--project", root
        )

        assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
        assert "hush" not in outcome.err

    def test_folder_of_something_else_is_left_alone(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "thesis.tex").write_text("years of work")

        outcome = call(
            "export", "v1", "--format", "coco", "--to", tmp_path, "--project", root
        )

        assert outcome.code == ExitCode.PROJECT
        assert (tmp_path / "thesis.tex").read_text() == "years of work"


class TestImport:
    def test_export_comes_back_and_a_second_time_adds_nothing(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        call.ok(
            "export", "v2", "--format", "coco", "--to", tmp_path / "x",
            "--project", root,
        )  # fmt: skip
        new_project(tmp_path / "q", "car", "bike").close()
        where = ("--project", tmp_path / "q", "--json")

        first = call.ok("import", tmp_path / "x", *where).json
        again = call.ok("import", tmp_path / "x", *where).json

        assert set(first) >= {"format", "samples", "boxes", "skipped"}
        assert (first["samples"], first["boxes"], first["skipped"]) == (30, 59, [])
        assert (again["samples"], again["boxes"], again["known"]) == (0, 0, 30)

    def test_plain_images_are_taken_in(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        folder = tmp_path / "pictures"
        folder.mkdir()
        for seed in range(5000, 5003):
            data = cv2.imencode(".jpg", pixels(seed, 96, 72))[1].tobytes()
            (folder / f"{seed}.jpg").write_bytes(data)
        (folder / "half.jpg").write_bytes(b"\xff\xd8\xff\xe0")

        done = call.ok(
            "import", folder, "--format", "images", "--project", root, "--json"
        ).json

        assert (done["samples"], done["boxes"]) == (3, 0)
        assert [Path(item["path"]).name for item in done["skipped"]] == ["half.jpg"]

    def test_help_names_every_format(self, call: CommandLine) -> None:
        def words(command: str) -> set[str]:
            # The help is wrapped at hyphens, too.
            said = re.sub(r"-\n +", "-", call.ok(command, "--help").out)
            return set(re.findall(r"[a-z]+(?:-[a-z]+)*", said))

        assert {reader.format for reader in READERS} <= words("import")
        assert {writer.format for writer in WRITERS} <= words("export")

    def test_nothing_to_import_is_a_sentence(
        self, call: CommandLine, root: Path, tmp_path: Path
    ) -> None:
        for path in (tmp_path / "nowhere", tmp_path / "p" / "fieldset.toml"):
            outcome = call("import", path, "--project", root)

            assert outcome.code in {ExitCode.USAGE, ExitCode.PROJECT}, outcome.err
            assert outcome.out == ""


def test_program_walks_from_pictures_to_an_export(tmp_path: Path) -> None:
    """The loop at the command line; labels come with the imported set."""
    root = tmp_path / "p"
    steps = [
        ["init", root, "--classes", "car"],
        ["import", tmp_path / "set", "--project", root],
        ["split", "--project", root],
        ["version", "create", "-m", "first", "--project", root],
        ["export", "v1", "--format", "coco", "--to", tmp_path / "x", "--project", root],
    ]
    (tmp_path / "set" / "images").mkdir(parents=True)
    images, annotations = [], []
    for number in range(1, 7):
        data = cv2.imencode(".jpg", pixels(number, 96, 72))[1].tobytes()
        (tmp_path / "set" / "images" / f"{number}.jpg").write_bytes(data)
        images.append(
            {"id": number, "file_name": f"{number}.jpg", "width": 96, "height": 72}
        )
        annotations.append(
            {
                "id": number,
                "image_id": number,
                "category_id": 1,
                "bbox": [10, 10, 30, 20],
                "area": 600,
                "iscrowd": 0,
            }
        )
    (tmp_path / "set" / "annotations.json").write_text(
        json.dumps(
            {
                "images": images,
                "annotations": annotations,
                "categories": [{"id": 1, "name": "car"}],
            }
        )
    )

    for step in steps:
        outcome = program(*step)
        assert outcome.code == 0, (step, outcome.err)

    status = program("status", "--project", root, "--json").json
    assert status["samples"]["labeled"] == 6
    assert status["classes"][0]["boxes"] == 6
    assert files_under(tmp_path / "x")
