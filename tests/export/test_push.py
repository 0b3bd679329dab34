from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dataset.errors import BadFile, CloudError, NotFound, PolicyRefusal, ProjectError
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.version import read_version
from export.intake import take_in
from export.pull import pull_version
from export.push import push_version
from export.stores.blob_store import BlobChanged, BlobExists, Content
from export.stores.folder_store import LocalFolderStore
from export.stores.shelf import blob_name
from station.cli.main import run
from tests.export.pushed import QUICK, CountingStore, blobs_of, heads_of
from tests.sealed_projects import frozen, sealable_project
from tests.small_projects import StopsAt, files_under, read_only, tiny_disk
from tests.station.two_versions import make_two_versions


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_two_versions(tmp_path_factory.mktemp("pushes") / "p")


@pytest.fixture
def root(original: Path, tmp_path: Path) -> Path:
    shutil.copytree(original, tmp_path / "p")
    return tmp_path / "p"


def test_push_puts_every_image_under_its_digest(root: Path, tmp_path: Path) -> None:
    result = push_version(root, "v1", LocalFolderStore(tmp_path / "usb"), QUICK)

    found = blobs_of(tmp_path / "usb")
    assert all(name == digest for name, digest in found.items())
    assert {sample.id for sample in read_version(root, "v1").samples} < set(found)
    assert (result.sent, result.skipped) == (25, 0)
    assert result.bytes == sum(
        path.stat().st_size for path in (tmp_path / "usb" / "blobs").glob("*/*")
    )


def test_second_push_is_one_request_and_sends_nothing(
    root: Path, tmp_path: Path
) -> None:
    push_version(root, "v1", LocalFolderStore(tmp_path / "usb"), QUICK)
    store = CountingStore(tmp_path / "usb")

    result = push_version(root, "v1", store, QUICK)

    assert (result.sent, result.bytes, result.skipped) == (0, 0, 25)
    assert store.requests == 1


def test_next_version_sends_only_what_is_new(root: Path, tmp_path: Path) -> None:
    push_version(root, "v1", LocalFolderStore(tmp_path / "usb"), QUICK)
    store = CountingStore(tmp_path / "usb")

    result = push_version(root, "v2", store, QUICK)

    new = {s.id for s in read_version(root, "v2").samples} - {
        s.id for s in read_version(root, "v1").samples
    }
    assert {blob_name(sample_id) for sample_id in new} < set(store.puts)
    assert (result.sent, result.skipped) == (len(new) + 1, 24)


@pytest.mark.parametrize("answers", [0, 1, 2, 3, 12, 27, 28, 29])
def test_cut_push_goes_on_and_sends_nothing_twice(
    root: Path, tmp_path: Path, answers: int
) -> None:
    cut = CountingStore(tmp_path / "usb", answers=answers)
    again = CountingStore(tmp_path / "usb")

    with pytest.raises(CloudError):
        push_version(root, "v1", cut, QUICK)
    headless = heads_of(tmp_path / "usb")
    push_version(root, "v1", again, QUICK)

    assert headless == []
    assert set(cut.puts).isdisjoint(again.puts)
    assert len(blobs_of(tmp_path / "usb")) == 25
    assert len(heads_of(tmp_path / "usb")) == 1


def test_cancelled_push_leaves_no_head_and_goes_on(root: Path, tmp_path: Path) -> None:
    store = LocalFolderStore(tmp_path / "usb")

    with pytest.raises(Cancelled):
        push_version(root, "v1", store, QUICK, progress=StopsAt(5))
    headless = heads_of(tmp_path / "usb")
    result = push_version(root, "v1", store, QUICK)

    assert headless == []
    assert result.skipped >= 5
    assert result.sent + result.skipped == 25


def test_pulled_version_comes_in_with_the_same_id(root: Path, tmp_path: Path) -> None:
    store = LocalFolderStore(tmp_path / "usb")
    push_version(root, "v2", store, QUICK)

    pulled = pull_version(store, "v2", tmp_path / "got", QUICK)
    with Project.create(tmp_path / "q", ()) as other:
        summary = take_in(other, tmp_path / "got")
    assert run(["version", "create", "--project", str(tmp_path / "q")]) == 0

    assert pulled.complete
    assert pulled.verified == 31
    assert (summary.samples, summary.boxes, summary.skipped) == (30, 59, ())
    assert (
        read_version(tmp_path / "q", "v1").version.id
        == read_version(root, "v2").version.id
    )


def test_cut_pull_goes_on_where_it_was(root: Path, tmp_path: Path) -> None:
    push_version(root, "v1", LocalFolderStore(tmp_path / "usb"), QUICK)

    with pytest.raises(CloudError):
        pull_version(
            CountingStore(tmp_path / "usb", answers=12), "v1", tmp_path / "got", QUICK
        )
    half = files_under(tmp_path / "got")
    result = pull_version(
        LocalFolderStore(tmp_path / "usb"), "v1", tmp_path / "got", QUICK
    )

    assert "fieldset.json" not in half
    assert result.skipped >= 5
    assert result.sent + result.skipped == 25
    assert not [name for name in files_under(tmp_path / "got") if name[0] == "."]


def test_pull_again_fetches_nothing(root: Path, tmp_path: Path) -> None:
    store = LocalFolderStore(tmp_path / "usb")
    push_version(root, "v1", store, QUICK)
    pull_version(store, "v1", tmp_path / "got", QUICK)

    again = pull_version(store, "v1", tmp_path / "got", QUICK)

    assert (again.sent, again.bytes, again.verified) == (0, 0, 25)


def test_pull_mends_an_image_that_was_spoilt_here(root: Path, tmp_path: Path) -> None:
    store = LocalFolderStore(tmp_path / "usb")
    push_version(root, "v1", store, QUICK)
    pull_version(store, "v1", tmp_path / "got", QUICK)
    spoilt = next((tmp_path / "got" / "images").glob("*/*"))
    good = spoilt.read_bytes()
    spoilt.write_bytes(good[:-1] + b"?")

    again = pull_version(store, "v1", tmp_path / "got", QUICK)

    assert again.sent == 1
    assert spoilt.read_bytes() == good


def test_spoilt_blob_is_found_by_pull_and_by_verify(root: Path, tmp_path: Path) -> None:
    store = LocalFolderStore(tmp_path / "usb")
    push_version(root, "v1", store, QUICK)
    sample = next(iter(read_version(root, "v1").samples))
    blob = tmp_path / "usb" / blob_name(sample.id)
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")

    with pytest.raises(CloudError, match=sample.id):
        pull_version(store, "v1", tmp_path / "got", QUICK)
    with pytest.raises(CloudError, match=sample.id):
        push_version(root, "v1", store, QUICK, verify=True)

    assert not (tmp_path / "got" / "fieldset.json").exists()


def test_spoilt_image_is_not_pushed(root: Path, tmp_path: Path) -> None:
    sample = next(iter(read_version(root, "v1").samples))
    path = root / sample.path
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"?")

    with pytest.raises(BadFile, match=sample.id):
        push_version(root, "v1", LocalFolderStore(tmp_path / "usb"), QUICK)

    assert sample.id not in blobs_of(tmp_path / "usb")
    assert heads_of(tmp_path / "usb") == []


def test_two_stations_push_side_by_side(root: Path, tmp_path: Path) -> None:
    with sealable_project(tmp_path / "other") as project:
        frozen(project)
    store = LocalFolderStore(tmp_path / "usb")

    push_version(root, "v1", store, QUICK)
    push_version(tmp_path / "other", "v1", store, QUICK)

    assert len(heads_of(tmp_path / "usb")) == 2
    with pytest.raises(ProjectError, match="Several versions"):
        pull_version(store, "v1", tmp_path / "got", QUICK)
    for place in (root, tmp_path / "other"):
        wanted = read_version(place, "v1").version
        pulled = pull_version(store, wanted.id, tmp_path / wanted.id, QUICK)
        assert (pulled.version, pulled.verified) == (wanted.id, pulled.samples + 1)


class TestSealedSets:
    @pytest.fixture
    def sealed(self, tmp_path: Path) -> Path:
        from dataset.sealed.sealing import seal

        with sealable_project(tmp_path / "sealed") as project:
            seal(project, "test-main")
            frozen(project)
        return tmp_path / "sealed"

    def test_sealed_samples_and_boxes_stay_at_home(
        self, sealed: Path, tmp_path: Path
    ) -> None:
        hidden = {
            sample.id
            for sample in read_version(sealed, "v1").samples
            if sample.split == "test-main"
        }

        result = push_version(sealed, "v1", LocalFolderStore(tmp_path / "usb"), QUICK)

        everything = b"".join(
            path.read_bytes()
            for path in (tmp_path / "usb").rglob("*")
            if path.is_file()
        )
        assert ("sealed in test-main", 3) in result.left_out
        assert hidden
        assert not hidden & set(blobs_of(tmp_path / "usb"))
        assert not any(sample_id.encode() in everything for sample_id in hidden)

    def test_a_reason_lets_them_go_and_is_recorded(
        self, sealed: Path, tmp_path: Path
    ) -> None:
        from dataset.sealed.sealing import ledger

        store = LocalFolderStore(tmp_path / "usb")
        push_version(sealed, "v1", store, QUICK)

        with pytest.raises(PolicyRefusal):
            push_version(sealed, "v1", store, QUICK, include_sealed=True)
        push_version(
            sealed, "v1", store, QUICK, include_sealed=True, reason="last check"
        )

        pulled = pull_version(store, "v1", tmp_path / "got", QUICK)
        assert (pulled.complete, pulled.samples) == (True, 15)
        with Project.open(sealed) as project:
            assert any("last check" in str(line) for line in ledger(project))


class TestBadTargets:
    def test_other_things_are_left_alone(self, root: Path, tmp_path: Path) -> None:
        place = tmp_path / "holiday"
        place.mkdir()
        (place / "beach.jpg").write_bytes(b"sea")

        with pytest.raises(PolicyRefusal, match="holds other things"):
            push_version(root, "v1", LocalFolderStore(place), QUICK)

        assert files_under(place) == {"beach.jpg"}

    def test_full_disk_is_told_and_push_goes_on_elsewhere(
        self, root: Path, tmp_path: Path
    ) -> None:
        with (
            tiny_disk(tmp_path / "stick", "64k") as stick,
            pytest.raises(ProjectError, match="disk is full"),
        ):
            push_version(root, "v1", LocalFolderStore(stick / "usb"), QUICK)

    def test_read_only_target_is_told(self, root: Path, tmp_path: Path) -> None:
        (tmp_path / "usb").mkdir()
        with (
            read_only(tmp_path / "usb", tmp_path / "view") as view,
            pytest.raises(ProjectError, match="cannot be written"),
        ):
            push_version(root, "v1", LocalFolderStore(view), QUICK)

    def test_a_file_is_no_target(self, root: Path, tmp_path: Path) -> None:
        (tmp_path / "usb").write_bytes(b"")

        with pytest.raises(ProjectError):
            push_version(root, "v1", LocalFolderStore(tmp_path / "usb"), QUICK)

    def test_blob_of_other_length_is_not_taken_for_ours(
        self, root: Path, tmp_path: Path
    ) -> None:
        store = LocalFolderStore(tmp_path / "usb")
        push_version(root, "v1", store, QUICK)
        sample = next(iter(read_version(root, "v1").samples))
        (tmp_path / "usb" / blob_name(sample.id)).write_bytes(b"short")

        with pytest.raises(CloudError, match="other bytes under a name of ours"):
            push_version(root, "v2", store, QUICK)

    @pytest.mark.parametrize(
        "spoilt",
        [b"", b"{", b"[]", b'{"format": "fieldset head"}', b"[" * 100_000],
    )
    def test_damaged_head_is_a_sentence(
        self, root: Path, tmp_path: Path, spoilt: bytes
    ) -> None:
        store = LocalFolderStore(tmp_path / "usb")
        push_version(root, "v1", store, QUICK)
        heads_of(tmp_path / "usb")[0].write_bytes(spoilt)

        with pytest.raises(BadFile, match="head of a version is damaged"):
            pull_version(store, "v1", tmp_path / "got", QUICK)

    def test_side_car_that_leaves_the_folder_is_refused(
        self, root: Path, tmp_path: Path
    ) -> None:
        store = LocalFolderStore(tmp_path / "usb")
        push_version(root, "v1", store, QUICK)
        path = heads_of(tmp_path / "usb")[0]
        head = json.loads(path.read_bytes())
        side_car = (tmp_path / "usb" / blob_name(head["manifest"])).read_bytes()
        hostile = Content.of(side_car.replace(b'"images/', b'"../images/'))
        store.put_new(blob_name(hostile.sha256), hostile)
        path.write_text(json.dumps({**head, "manifest": hostile.sha256}))

        with pytest.raises(BadFile, match="file name is not ours"):
            pull_version(store, "v1", tmp_path / "got", QUICK)

        assert not (tmp_path / "images").exists()

    def test_pull_does_not_mix_versions_in_a_folder(
        self, root: Path, tmp_path: Path
    ) -> None:
        store = LocalFolderStore(tmp_path / "usb")
        push_version(root, "v1", store, QUICK)
        push_version(root, "v2", store, QUICK)
        pull_version(store, "v1", tmp_path / "got", QUICK)

        with pytest.raises(ProjectError, match="something else"):
            pull_version(store, "v2", tmp_path / "got", QUICK)

    def test_unknown_version_is_not_found(self, root: Path, tmp_path: Path) -> None:
        store = LocalFolderStore(tmp_path / "usb")
        push_version(root, "v1", store, QUICK)

        with pytest.raises(NotFound, match="v9"):
            pull_version(store, "v9", tmp_path / "got", QUICK)


class TestFolderStore:
    def test_a_name_is_given_once(self, tmp_path: Path) -> None:
        store = LocalFolderStore(tmp_path)
        store.put_new("a/b", Content.of(b"first"))

        with pytest.raises(BlobExists):
            store.put_new("a/b", Content.of(b"other"))

        assert b"".join(store.get("a/b")) == b"first"

    def test_swap_wants_the_one_that_was_read(self, tmp_path: Path) -> None:
        store = LocalFolderStore(tmp_path)
        first = store.swap("h", Content.of(b"1"), None)
        store.swap("h", Content.of(b"2"), first.etag)

        with pytest.raises(BlobChanged):
            store.swap("h", Content.of(b"3"), first.etag)
        with pytest.raises(BlobChanged):
            store.swap("h", Content.of(b"3"), None)

        assert b"".join(store.get("h")) == b"2"

    def test_listing_is_by_name_and_leaves_hidden_files_out(
        self, tmp_path: Path
    ) -> None:
        store = LocalFolderStore(tmp_path)
        for name in ("a/b", "a-b", "a.c", "b"):
            store.put_new(name, Content.of(b""))

        found = [blob.name for blob in store.listed("a")]

        assert found == sorted(["a/b", "a-b", "a.c"])

    @pytest.mark.parametrize("name", ["", "../x", "/x", "a//b", ".hidden", "a/./b"])
    def test_a_name_cannot_leave_the_folder(self, tmp_path: Path, name: str) -> None:
        store = LocalFolderStore(tmp_path / "store")

        with pytest.raises(CloudError):
            store.put_new(name, Content.of(b""))

        assert files_under(tmp_path) == set()
