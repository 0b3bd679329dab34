from __future__ import annotations

import itertools
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from dataset.errors import CloudError, ProjectError, UsageError
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.sealed.sealing import Person, ledger, seal
from export.operation import export_version
from export.push import push_version
from export.stored_export import StoredExport, export_to_store
from export.stores.blob_store import BlobStore, Content
from export.stores.folder_store import LocalFolderStore
from tests.export.azure_line import AZURE_QUICK as QUICK
from tests.export.azure_line import Connect, names_in, once
from tests.export.pushed import CountingStore
from tests.sealed_projects import frozen, sealable_project
from tests.servers.azurite import Azurite
from tests.servers.fault_proxy import Asked, Fault, FaultProxy, Trouble
from tests.small_projects import StopsAt, files_under, read_only
from tests.station.command_line import program
from tests.station.two_versions import freeze_two

FAULTS = [Fault.CUT, Fault.HALF_SENT, Fault.LOST, Fault.TRUNCATED]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return freeze_two(tmp_path_factory.mktemp("stored-exports") / "p")


@pytest.fixture
def root(original: Path, tmp_path: Path) -> Path:
    shutil.copytree(original, tmp_path / "p")
    return tmp_path / "p"


@pytest.fixture
def coco(original: Path, tmp_path: Path) -> Path:
    """What an export of v1 as COCO writes into a folder."""
    export_version(original, "v1", formats=["coco"], target=tmp_path / "coco")
    return tmp_path / "coco"


def sent(root: Path, store: BlobStore, *formats: str, name: str = "v1") -> StoredExport:
    return export_to_store(root, name, store, QUICK, formats=formats or ("coco",))


def leftovers(root: Path) -> list[Path]:
    return list((root / "versions").glob(".tmp-*"))


class TestInTheCloud:
    def test_container_holds_what_a_folder_would(
        self, root: Path, coco: Path, connect: Connect, container: ContainerClient
    ) -> None:
        done = sent(root, connect(prefix="train/v1"))

        held = {name.removeprefix("train/v1/") for name in names_in(container)}
        assert held == files_under(coco)
        for name in held:
            got = container.download_blob(f"train/v1/{name}").readall()
            assert got == (coco / name).read_bytes()
        assert (done.sent, done.skipped) == (len(held), 0)
        assert done.targets == (connect(prefix="train/v1").label,)
        assert leftovers(root) == []

    def test_cuts_at_random_moments_lose_and_resend_nothing(
        self, root: Path, coco: Path, connect: Connect, proxy: FaultProxy
    ) -> None:
        dice = random.Random(20261127)
        asked = itertools.count()
        # One cut at least, however few requests the dice are thrown for.
        proxy.plan = lambda _asked: (
            Trouble(fault=dice.choice(FAULTS))
            if next(asked) == 3 or dice.random() < 0.08
            else None
        )
        cuts = 0

        while True:
            try:
                export_to_store(
                    root, "v1", connect(), replace(QUICK, attempts=1), formats=["coco"]
                )
                break
            except CloudError:
                cuts += 1
        proxy.plan = lambda _asked: None
        again = sent(root, connect())

        assert cuts > 0
        assert proxy.resent == []
        assert (again.sent, again.skipped) == (0, len(files_under(coco)))

    def test_sums_are_the_last_to_come(
        self,
        root: Path,
        connect: Connect,
        container: ContainerClient,
        proxy: FaultProxy,
    ) -> None:
        def is_sums(asked: Asked) -> bool:
            return asked.method == "PUT" and asked.path.endswith("SHA256SUMS")

        proxy.plan = once(Trouble(fault=Fault.CUT), is_sums)

        with pytest.raises(CloudError):
            export_to_store(
                root, "v1", connect(), replace(QUICK, attempts=1), formats=["coco"]
            )
        unfinished = names_in(container)
        sent(root, connect())

        assert names_in(container) - unfinished == {"yard/SHA256SUMS"}

    def test_command_says_where_it_lies_and_goes_on(
        self, root: Path, service: Azurite, container: ContainerClient
    ) -> None:
        place = f"azure://{container.container_name}/c/v1"
        command = (
            "export", "v1", "--format", "coco", "--format", "csv", "--to", place,
            "--project", root, "--json",
        )  # fmt: skip
        variables = {"AZURE_STORAGE_CONNECTION_STRING": service.connection()}

        first = program(*command, **variables).json
        again = program(*command, **variables).json

        paths = [item["path"] for item in first["exports"]]
        label = f"{service.endpoint()}/{container.container_name}/c/v1"
        assert paths == [f"{label}/coco", f"{label}/csv"]
        assert {"c/v1/coco/SHA256SUMS", "c/v1/csv/SHA256SUMS"} <= names_in(container)
        assert (again["sent"], again["skipped"]) == (0, first["sent"])

    def test_file_from_elsewhere_with_the_same_bytes_counts(
        self, root: Path, coco: Path, connect: Connect, container: ContainerClient
    ) -> None:
        container.upload_blob("yard/README.md", (coco / "README.md").read_bytes())

        done = sent(root, connect())

        assert done.skipped == 1


class TestTarget:
    def test_other_things_are_left_alone(self, root: Path, tmp_path: Path) -> None:
        place = tmp_path / "holiday"
        place.mkdir()
        (place / "beach.jpg").write_bytes(b"sea")

        with pytest.raises(ProjectError, match="other things than this export"):
            sent(root, LocalFolderStore(place))

        assert files_under(place) == {"beach.jpg"}
        assert leftovers(root) == []

    def test_another_version_is_left_alone(self, root: Path, tmp_path: Path) -> None:
        store = LocalFolderStore(tmp_path / "place")
        sent(root, store, name="v2")
        before = files_under(tmp_path / "place")

        with pytest.raises(ProjectError, match="holds"):
            sent(root, store)

        assert files_under(tmp_path / "place") == before

    def test_file_that_was_changed_is_not_taken_for_ours(
        self, root: Path, tmp_path: Path
    ) -> None:
        store = LocalFolderStore(tmp_path / "place")
        sent(root, store)
        card = tmp_path / "place" / "README.md"
        card.write_bytes(card.read_bytes().replace(b"e", b"a"))

        with pytest.raises(ProjectError, match="another export"):
            sent(root, store)

    def test_pushed_versions_are_left_alone(self, root: Path, tmp_path: Path) -> None:
        store = LocalFolderStore(tmp_path / "place")
        push_version(root, "v1", store, QUICK)

        with pytest.raises(ProjectError, match="holds pushed versions"):
            sent(root, store)

    def test_blob_that_a_faster_writer_put_there_is_compared(
        self, root: Path, tmp_path: Path
    ) -> None:
        class Racing(LocalFolderStore):
            def put_new(self, name: str, content: Content, *rest: object) -> object:  # type: ignore[override]
                if name == "README.md":
                    super().put_new(name, Content.of(b"theirs"))
                return super().put_new(name, content, *rest)  # type: ignore[arg-type]

        with pytest.raises(ProjectError, match=r"another export.*README"):
            sent(root, Racing(tmp_path / "place"))

    def test_lost_blob_is_found_at_the_end(self, root: Path, tmp_path: Path) -> None:
        class Forgetful(LocalFolderStore):
            def listed(self, prefix: str) -> object:  # type: ignore[override]
                return (b for b in super().listed(prefix) if b.name != "README.md")

        with pytest.raises(CloudError, match="lost a file"):
            sent(root, Forgetful(tmp_path / "place"))


class TestOrder:
    def test_unknown_format_asks_the_store_nothing(
        self, root: Path, tmp_path: Path
    ) -> None:
        store = CountingStore(tmp_path / "place")

        with pytest.raises(UsageError, match="moon"):
            sent(root, store, "moon")

        assert store.requests == 0

    def test_cancelled_export_goes_on(self, root: Path, tmp_path: Path) -> None:
        store = CountingStore(tmp_path / "place")

        class StopsSending(StopsAt):
            def step(self, done: int, total: int | None, what: str) -> None:
                if "MB" in what:
                    super().step(done, total, what)

        with pytest.raises(Cancelled):
            export_to_store(
                root, "v1", store, QUICK, formats=["csv"], progress=StopsSending(5)
            )
        halfway = list(store.puts)
        done = sent(root, LocalFolderStore(tmp_path / "place"), "csv")

        assert 5 <= len(halfway) < done.sent + done.skipped
        assert "SHA256SUMS" not in halfway
        assert done.skipped == len(halfway)
        assert leftovers(root) == []

    def test_project_that_cannot_be_written_is_sent(
        self, root: Path, tmp_path: Path
    ) -> None:
        with read_only(root, tmp_path / "view") as view:
            done = sent(view, LocalFolderStore(tmp_path / "place"), "csv")

        assert done.sent == len(files_under(tmp_path / "place") - {".fieldset-lock"})

    def test_sealed_samples_stay_at_home_unless_a_reason_is_given(
        self, tmp_path: Path
    ) -> None:
        by = Person(operator="me", station="yard")
        with sealable_project(tmp_path / "q") as project:
            seal(project, "test-main", by=by)
            frozen(project)

        closed = sent(tmp_path / "q", LocalFolderStore(tmp_path / "a"))
        opened = export_to_store(
            tmp_path / "q",
            "v1",
            LocalFolderStore(tmp_path / "b"),
            QUICK,
            formats=["coco"],
            include_sealed=True,
            reason="audit",
            by=by,
        )

        assert closed.results[0].left_out
        assert closed.results[0].samples < opened.results[0].samples
        with Project.open(tmp_path / "q") as project:
            assert any("audit" in str(line) for line in ledger(project))
