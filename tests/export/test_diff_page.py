"""The diff page: one file, both boxes drawn, bounded, and nothing sealed on it."""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.diff import compare
from dataset.progress import SILENT, Cancelled
from dataset.records import (
    Box,
    LabelClass,
    SampleState,
    Split,
    SplitKind,
    VersionSample,
)
from dataset.version import read_version, write_version
from dataset.versions.frozen_version import FrozenVersion
from export.diff_page import DiffPage, render_diff_page, write_diff_page
from export.reports import diff_cards, diff_pictures
from export.reports.diff_cards import BoxCard, card_groups
from export.reports.diff_pictures import HEIGHT, WIDTH, card_pictures
from tests.dataset.picture_bytes import encoded, exif, jpeg_with, scene

HOSTILE = "<img src=x onerror=alert(1)>"
CLASSES = (
    LabelClass(id=1, name=HOSTILE, colour="#E69F00"),
    LabelClass(id=2, name="bike", colour="red;}</style><script>"),
)
SPLITS = (
    Split(name="train", kind=SplitKind.TRAIN),
    Split(name="val", kind=SplitKind.VAL),
    Split(name="test-main", kind=SplitKind.TEST),
    Split(name="test-shut", kind=SplitKind.TEST, sealed=True),
)
CORNERS = (10.0, 8.0, 34.0, 30.0)


def box(number: int, *, class_id: int = 1, right: float = 0.0) -> Box:
    x0, y0, x1, y1 = CORNERS
    return Box(
        id=str(uuid.UUID(int=number)), class_id=class_id,
        x0=x0 + right, y0=y0, x1=x1 + right, y1=y1,
    )  # fmt: skip


def stored(
    root: Path, number: int, *boxes: Box, split: str = "train", data: bytes = b""
) -> VersionSample:
    """A sample whose image lies in the store of `root`."""
    data = data or encoded("jpg", scene(64, 48, number))
    sample_id = hashlib.sha256(data).hexdigest()
    sample = VersionSample(
        id=sample_id, width=64, height=48, suffix="jpg",
        state=SampleState.LABELED if boxes else SampleState.EMPTY,
        group="g", split=split, boxes=boxes, session=HOSTILE, size_bytes=len(data),
    )  # fmt: skip
    path = root / sample.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return sample


def freeze(root: Path, *samples: VersionSample) -> FrozenVersion:
    written = write_version(
        root, samples=sorted(samples, key=lambda s: s.id), classes=CLASSES,
        splits=SPLITS, policy={}, parent=None, message=HOSTILE, author="me",
        created_us=0,
    )  # fmt: skip
    return read_version(root, written.version.alias)


def with_boxes(sample: VersionSample, *boxes: Box) -> VersionSample:
    return replace(sample, boxes=boxes, state=SampleState.LABELED)


def page_of(old: FrozenVersion, new: FrozenVersion, **more: object) -> str:
    found = compare(old, new)
    return render_diff_page(DiffPage(diff=found, old=old, new=new, **more))  # type: ignore[arg-type]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[FrozenVersion, FrozenVersion]:
    """One box of each kind of change, each in a sample of its own."""
    names = range(4)
    old = [stored(tmp_path, n, box(1)) for n in names]
    new = [
        with_boxes(old[0], box(1, right=6)),
        with_boxes(old[1], box(1, class_id=2)),
        with_boxes(old[2], box(1), box(2, right=20)),
        with_boxes(old[3], box(3, right=25, class_id=2)),
    ]
    return freeze(tmp_path, *old), freeze(tmp_path, *new)


def test_each_kind_is_shown_with_its_boxes(
    pair: tuple[FrozenVersion, FrozenVersion],
) -> None:
    page = page_of(*pair)

    headings = re.findall(r"<h2>(\w+ boxes)", page)
    cards = re.findall(r'<figure class="card">.*?</figure>', page, re.DOTALL)
    assert headings == [
        "Relabelled boxes", "Moved boxes", "Added boxes", "Removed boxes",
    ]  # fmt: skip
    assert [("old-box" in card, "new-box" in card) for card in cards] == [
        (True, True), (True, True), (False, True), (False, True), (True, False),
    ]  # fmt: skip
    assert page.count("data:image/jpeg;base64,") == 5
    assert "IoU 0.60 · shift +6.0, +0.0 px" in cards[1]
    assert "→ bike" in cards[0]


def test_page_needs_nothing_and_trusts_no_name(
    pair: tuple[FrozenVersion, FrozenVersion],
) -> None:
    page = page_of(*pair, notes=(HOSTILE,), semver=("1.0.0", "2.0.0"))

    assert "<script" not in page
    assert "<img" not in page
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)
    assert not re.search(r"https?://|url\(|@import", page)
    assert "1.0.0 → 2.0.0" in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") > 5


def test_same_versions_give_the_same_bytes(
    pair: tuple[FrozenVersion, FrozenVersion], tmp_path: Path
) -> None:
    target = tmp_path / "page.html"
    found = compare(*pair)

    write_diff_page(target, DiffPage(diff=found, old=pair[0], new=pair[1]))

    assert target.read_text("utf-8") == page_of(*pair)
    assert str(tmp_path) not in page_of(*pair)
    assert "\r" not in page_of(*pair)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("missing", "The image is missing"),
        ("changed", "The image was changed since it was stored"),
        ("broken", "The image cannot be shown"),
        ("folder", "The image is missing"),
    ],
)
def test_an_image_that_cannot_be_shown_leaves_a_sentence(
    tmp_path: Path, damage: str, sentence: str
) -> None:
    data = encoded("jpg", scene(64, 48, 1))
    if damage == "broken":
        data = data[:40]
    one = stored(tmp_path, 1, box(1), data=data)
    other = stored(tmp_path, 2, box(1))
    path = tmp_path / one.path
    if damage == "changed":
        path.write_bytes(path.read_bytes() + b"\0")
    elif damage != "broken":
        path.unlink()
    if damage == "folder":
        path.mkdir()
    old = freeze(tmp_path, one, other)
    new = freeze(tmp_path, *(with_boxes(s, box(1, right=3)) for s in (one, other)))

    page = page_of(old, new)

    assert page.count(sentence) == 1
    assert page.count("data:image/jpeg") == 1
    assert page.count('class="old-box"') == 3  # the legend's among them


def test_boxes_of_sealed_sets_are_counted_and_not_shown(tmp_path: Path) -> None:
    shut = stored(tmp_path, 1, box(1), split="test-shut")
    open_ = stored(tmp_path, 2, box(1), split="test-main")
    old = freeze(tmp_path, shut, open_)
    new = freeze(tmp_path, *(with_boxes(s, box(1, right=3)) for s in (shut, open_)))

    page = page_of(old, new)

    assert shut.id[:12] not in page
    assert open_.id[:12] in page
    assert page.count("data:image/jpeg") == 1
    assert "1 change of boxes lie in sealed test sets" in page
    assert compare(old, new).boxes.moved == 2


def test_a_moved_test_member_is_an_error(tmp_path: Path) -> None:
    one = stored(tmp_path, 1, box(1), split="test-main")
    old = freeze(tmp_path, one)
    new = freeze(tmp_path, replace(one, split="train"))

    page = page_of(old, new)

    assert '<td class="verdict bad">error: ' in page
    assert re.search(r'<b class="bad">1</b><span>test members moved', page)


def test_three_ways_show_conflicts(tmp_path: Path) -> None:
    one, two = (stored(tmp_path, n, box(1)) for n in (1, 2))
    base = freeze(tmp_path, one, two)
    old = freeze(tmp_path, with_boxes(one, box(1, right=2)), two)
    new = freeze(tmp_path, with_boxes(one, box(1, right=4)), two)
    found = compare(old, new, base)

    page = render_diff_page(DiffPage(diff=found, old=old, new=new, base=base))

    assert "Since v1: who changed what" in page
    assert "box 00000000" in page


def test_equal_versions_make_a_page(tmp_path: Path) -> None:
    one = freeze(tmp_path, stored(tmp_path, 1, box(1)))

    page = page_of(one, one)

    assert "the same content" in page
    assert "the same version" in page


def test_empty_versions_make_a_page(tmp_path: Path) -> None:
    one = freeze(tmp_path)

    assert "the same content" in page_of(one, one)


def test_number_and_bytes_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = tuple(box(n, right=n / 4) for n in range(1, 31))
    less = tuple(replace(one, y1=one.y1 - 2) for one in many)
    one = stored(tmp_path, 1, *many)
    old, new = freeze(tmp_path, one), freeze(tmp_path, with_boxes(one, *less))

    page = page_of(old, new)
    groups = card_groups(compare(old, new).changes, {}, {}, limit=5)
    pictures = card_pictures(new, groups[0].cards, progress=SILENT, limit_bytes=0)

    assert page.count('<figure class="card">') == diff_cards.CARDS_SHOWN
    assert "6 more are not shown" in page
    assert (len(groups[0].cards), groups[0].more) == (5, 25)
    assert {shot.uri for shot in pictures.values()} == {""}
    assert all("reached its size" in shot.note for shot in pictures.values())


def test_who_cancels_gets_no_page(
    pair: tuple[FrozenVersion, FrozenVersion], tmp_path: Path
) -> None:
    class Impatient:
        def step(self, done: int, total: int | None, what: str) -> None:
            assert (what, done, total) == ("pictures", 1, 4)
            raise Cancelled

    page = DiffPage(diff=compare(*pair), old=pair[0], new=pair[1])

    with pytest.raises(Cancelled):
        write_diff_page(tmp_path / "page.html", page, progress=Impatient())

    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("corners", [
    (0.0, 0.0, 1.0, 1.0), (0.0, 0.0, 640.0, 480.0), (600.0, 440.0, 640.0, 480.0),
    (3.0, 2.0, 6.0, 400.0), (2.0, 230.5, 633.0, 231.25),
])  # fmt: skip
@pytest.mark.parametrize("turned", [False, True])
def test_boxes_lie_in_the_picture_where_they_lie_in_the_image(
    tmp_path: Path, corners: tuple[float, float, float, float], turned: bool
) -> None:
    x0, y0, x1, y1 = corners
    wide, high = 640, 480
    pixels = np.full((high, wide, 3), 40, np.uint8)
    cv2.rectangle(pixels, (int(x0), int(y0)), (int(np.ceil(x1)) - 1,
                  int(np.ceil(y1)) - 1), (255, 255, 255), -1)  # fmt: skip
    data = encoded("jpg", pixels)
    if turned:
        data = jpeg_with(encoded("jpg", np.rot90(pixels)), b"Exif\0\0" + exif(6))
    held = Box(id=str(uuid.UUID(int=1)), class_id=1, x0=x0, y0=y0, x1=x1, y1=y1)
    one = replace(stored(tmp_path, 1, held, data=data), width=wide, height=high)
    frozen = freeze(tmp_path, one)
    card = BoxCard(sample_id=one.id, label="x", old=None, new=held)

    shot = card_pictures(frozen, [card], progress=SILENT)[card]

    assert shot.note == ""
    assert (shot.width, shot.height) <= (WIDTH, HEIGHT)
    shown = picture(shot.uri)
    assert shown.shape[:2] == (shot.height, shot.width)
    assert shot.new is not None
    left, top, across, down = shot.new
    middle = shown[
        min(int(top + down / 2), shot.height - 1),
        min(int(left + across / 2), shot.width - 1),
    ]
    assert middle.mean() > 128
    assert -0.5 <= left <= left + across <= shot.width + 0.5
    assert -0.5 <= top <= top + down <= shot.height + 0.5


def picture(uri: str) -> np.ndarray:
    data = base64.b64decode(uri.partition(",")[2])
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_pictures_are_read_once_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    real = diff_pictures.decode

    def counted(data: bytes, *, reduce: int = 1) -> np.ndarray:
        calls.append(reduce)
        return real(data, reduce=reduce)

    monkeypatch.setattr(diff_pictures, "decode", counted)
    one = stored(tmp_path, 1, box(1), box(2, right=9))
    old = freeze(tmp_path, one)
    new = freeze(tmp_path, with_boxes(one, box(1, right=2), box(2, right=12)))

    page_of(old, new)

    assert calls == [1]
