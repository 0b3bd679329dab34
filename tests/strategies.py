"""Hypothesis strategies for every type of the core; the one file that has them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from dataset.catalog.classes import checked_class_name
from dataset.errors import UsageError
from dataset.groups import GroupFacts, GroupLink
from dataset.near_duplicates.duplicates import Sighting
from dataset.near_duplicates.look import Fingerprint
from dataset.policies.balancing import TrainRow
from dataset.policies.recipes import AugmentRecipe
from dataset.provenance.record import Zone
from dataset.records import (
    Box,
    BoxOrigin,
    LabelClass,
    Proposal,
    SampleState,
    Split,
    SplitKind,
    Verdict,
    VersionSample,
)
from dataset.settings import BalanceSettings, Target
from dataset.splitting.split_targets import SplitTargets
from dataset.test_ledger import LedgerEvent, LedgerLine, follow, origin
from export.intakes.card_sessions import Shot
from station.camera.controls import CONTROL_NAMES, ControlReading, ControlSetting
from station.camera.modes import Mode
from station.camera.readback import CameraReadback
from station.headless.health import Health, RunState

WIDTH, HEIGHT = 640, 480
CLASS_IDS = (1, 2, 3)
CLASSES = tuple(
    LabelClass(id=number, name=name, colour="#E69F00")
    for number, name in zip(CLASS_IDS, ("car", "bike", "person"), strict=True)
)
SPLITS = (
    Split(name="train", kind=SplitKind.TRAIN, share=0.7),
    Split(name="val", kind=SplitKind.VAL, share=0.15),
    Split(name="test-main", kind=SplitKind.TEST, rule="random", share=0.15),
)
SPLIT_NAMES = ("", *(split.name for split in SPLITS))
MICROSECONDS_MAX = 4_000_000_000_000_000

uuids = st.integers(0, 2**128 - 1).map(lambda number: str(uuid.UUID(int=number)))
sample_ids = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")
names = st.text(
    st.characters(codec="utf-8", exclude_categories=("C",)), min_size=0, max_size=8
)
conditions = st.dictionaries(
    st.sampled_from(["light", "weather"]), st.sampled_from(["day", "night", "rain"])
).map(lambda found: tuple(sorted(found.items())))


@st.composite
def boxes(
    draw: st.DrawFn, *, width: float = WIDTH, height: float = HEIGHT, grid: bool = False
) -> Box:
    """A box inside the image; with `grid` its corners are whole 1/1024 pixels."""
    x0 = draw(st.floats(0, width - 2))
    y0 = draw(st.floats(0, height - 2))
    x1 = draw(st.floats(x0 + 1, width))
    y1 = draw(st.floats(y0 + 1, height))
    corners = [x0, y0, x1, y1]
    if grid:
        corners = [round(value * 1024) / 1024 for value in corners]
    origin = draw(st.sampled_from(BoxOrigin))
    return Box(
        id=draw(uuids),
        class_id=draw(st.sampled_from(CLASS_IDS)),
        x0=corners[0],
        y0=corners[1],
        x1=corners[2],
        y1=corners[3],
        origin=origin,
        score=draw(st.none() | st.floats(0, 1)),
    )


def box_sets(
    *, max_size: int = 4, grid: bool = False
) -> st.SearchStrategy[tuple[Box, ...]]:
    """Boxes of one sample, by id, each id once."""
    return st.lists(
        boxes(grid=grid), max_size=max_size, unique_by=lambda box: box.id
    ).map(lambda found: tuple(sorted(found, key=lambda box: box.id)))


@st.composite
def version_samples(draw: st.DrawFn, *, grid: bool = False) -> VersionSample:
    """A sample as a version froze it; with `grid` its boxes survive a round trip."""
    own = draw(box_sets(grid=grid))
    return VersionSample(
        id=draw(sample_ids),
        width=WIDTH,
        height=HEIGHT,
        suffix=draw(st.sampled_from(["jpg", "png"])),
        state=SampleState.LABELED if own else SampleState.EMPTY,
        group=draw(st.sampled_from(["group-a", "group-b", "gruppe-ü"])),
        split=draw(st.sampled_from(SPLIT_NAMES)),
        boxes=own,
        session=draw(names),
        place=draw(names),
        camera=draw(names),
        conditions=draw(conditions),
        captured_us=draw(st.integers(0, MICROSECONDS_MAX)),
        source_name=draw(names),
        size_bytes=draw(st.integers(0, 2**40)),
        reviewed=draw(st.booleans()),
        orientation=draw(st.integers(1, 8)),
    )


def sample_sets(
    *, max_size: int = 6, grid: bool = False
) -> st.SearchStrategy[tuple[VersionSample, ...]]:
    """The samples of a version, by id, each id once."""
    return st.lists(
        version_samples(grid=grid), max_size=max_size, unique_by=lambda s: s.id
    ).map(lambda found: tuple(sorted(found, key=lambda sample: sample.id)))


@st.composite
def edited_sets(
    draw: st.DrawFn,
) -> tuple[tuple[VersionSample, ...], tuple[VersionSample, ...]]:
    """Two states of a dataset that share most samples, ids and boxes."""
    pool = draw(sample_sets(max_size=6, grid=True))
    return tuple(
        _edited(draw, sample) for sample in pool if draw(st.booleans())
    ), tuple(_edited(draw, sample) for sample in pool if draw(st.booleans()))


@st.composite
def history_sets(
    draw: st.DrawFn,
) -> tuple[
    tuple[VersionSample, ...], tuple[VersionSample, ...], tuple[VersionSample, ...]
]:
    """Three states of a dataset: what two stations made of one, and that one first."""
    pool = draw(sample_sets(max_size=4, grid=True))
    base = tuple(sample for sample in pool if draw(st.booleans()))
    return base, _continued(draw, base, pool), _continued(draw, base, pool)


def _continued(
    draw: st.DrawFn, base: tuple[VersionSample, ...], pool: tuple[VersionSample, ...]
) -> tuple[VersionSample, ...]:
    """The base with edits, some samples gone, and some come from the pool."""
    fresh = tuple(sample for sample in pool if sample not in base)
    kept = [
        _edited(draw, sample) if draw(st.booleans()) else sample
        for sample in (*base, *fresh)
        if draw(st.booleans())
    ]
    return tuple(sorted(kept, key=lambda sample: sample.id))


def _edited(draw: st.DrawFn, sample: VersionSample) -> VersionSample:
    kept = [box for box in sample.boxes if draw(st.booleans())]
    changed = [
        Box(
            id=draw(uuids) if draw(st.booleans()) else box.id,
            class_id=draw(st.sampled_from(CLASS_IDS)),
            x0=box.x0 + shift,
            y0=box.y0,
            x1=box.x1 + shift,
            y1=box.y1,
        )
        for box in kept
        for shift in (draw(st.sampled_from([0.0, 0.0, 1.5, 40.0])),)
    ]
    unique = {box.id: box for box in changed}
    return VersionSample(
        id=sample.id,
        width=draw(st.sampled_from([WIDTH, WIDTH, HEIGHT])),
        height=HEIGHT,
        suffix=sample.suffix,
        state=SampleState.LABELED if unique else SampleState.EMPTY,
        group=sample.group,
        split=draw(st.sampled_from(SPLIT_NAMES)),
        boxes=tuple(unique[key] for key in sorted(unique)),
    )


def some_of(*names: str) -> st.SearchStrategy[tuple[str, ...]]:
    """Some of the names, or none, each once."""
    return st.lists(st.sampled_from(names), max_size=2, unique=True).map(tuple)


@st.composite
def group_facts(draw: st.DrawFn) -> GroupFacts:
    """A group with at least one sample."""
    counts = draw(st.dictionaries(st.sampled_from(CLASS_IDS), st.integers(1, 40)))
    started = draw(st.integers(0, MICROSECONDS_MAX))
    return GroupFacts(
        id=f"group-{draw(st.integers(0, 10_000)):05d}",
        samples=draw(st.integers(1, 60)),
        boxes=tuple(sorted(counts.items())),
        conditions=draw(conditions),
        places=draw(some_of("north", "south")),
        cameras=draw(some_of("cam-1", "cam-2")),
        started_us=started,
        ended_us=started + draw(st.integers(0, 3_600_000_000)),
    )


def group_sets(
    *, min_size: int = 0, max_size: int = 25
) -> st.SearchStrategy[list[GroupFacts]]:
    """Groups in any order, each id once."""
    return st.lists(
        group_facts(), min_size=min_size, max_size=max_size, unique_by=lambda g: g.id
    )


@st.composite
def balance_settings(draw: st.DrawFn) -> BalanceSettings:
    """Targets of some of `CLASSES`: boxes, sessions, and both under conditions."""
    under = st.dictionaries(
        st.sampled_from(["light=night", "light=day", "weather=rain"]),
        st.integers(1, 60),
        max_size=2,
    ).map(lambda found: tuple(sorted(found.items())))
    target = st.builds(
        Target,
        boxes=st.integers(0, 80),
        groups=st.integers(0, 6),
        conditions=under,
        group_conditions=under,
    )
    named = draw(
        st.dictionaries(st.sampled_from([c.name for c in CLASSES]), target, max_size=3)
    )
    return BalanceSettings(targets=tuple(sorted(named.items())))


@st.composite
def late_links(
    draw: st.DrawFn, splits: tuple[str, ...]
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Groups with the splits they are in ("" for none), and links, smaller id first."""
    ids = [f"g{number}" for number in range(draw(st.integers(2, 7)))]
    held = {group: draw(st.sampled_from(("", *splits))) for group in ids}
    pairs = st.lists(st.sampled_from(ids), min_size=2, max_size=2, unique=True)
    links = draw(st.lists(pairs, max_size=10))
    return held, [(min(pair), max(pair)) for pair in links]


split_rules = st.sampled_from(
    [
        "random",
        "hand",
        "vault",
        "after:2020-05-17",
        "after:2020-05-17/30d",
        "place:north",
        "camera:cam-2",
        "condition:light=night",
        "condition:light=night/3",
    ]
)


@st.composite
def split_sets(draw: st.DrawFn) -> tuple[Split, ...]:
    """Train, val, and up to three test sets by rule."""
    rules = draw(st.lists(split_rules, max_size=3))
    tests = tuple(
        Split(
            name=f"test-{number}",
            kind=SplitKind.TEST,
            rule=rule,
            share=0.1 if rule in ("random", "vault") else 0.0,
            sealed=rule == "vault",
        )
        for number, rule in enumerate(rules)
    )
    return (*SPLITS[:2], *tests)


@st.composite
def split_targets(draw: st.DrawFn, splits: tuple[Split, ...]) -> SplitTargets:
    """Weights, and shares of a class and a condition in one of the splits each."""
    names = st.sampled_from([split.name for split in splits])
    share = st.floats(0.0, 1.0)
    return SplitTargets(
        size=draw(st.sampled_from([0.0, 1.0])),
        class_shares=draw(
            st.dictionaries(
                st.tuples(names, st.sampled_from(CLASS_IDS)), share, max_size=2
            )
        ),
        condition_shares=draw(
            st.dictionaries(
                st.tuples(names, st.just("light"), st.just("night")), share, max_size=1
            )
        ),
    )


@st.composite
def group_links(draw: st.DrawFn, ids: tuple[str, ...]) -> GroupLink:
    """A link between two of the groups."""
    first, second = sorted(
        draw(st.lists(st.sampled_from(ids), min_size=2, max_size=2, unique=True))
    )
    return GroupLink(first=first, second=second, reason="the same picture")


LEDGER_START = origin("a project")


@st.composite
def ledger_lines(draw: st.DrawFn) -> LedgerLine:
    """What a line of the test ledger tells, not yet placed in a chain."""
    return LedgerLine(
        n=0,
        event=draw(st.sampled_from(LedgerEvent)),
        split=draw(st.sampled_from(["test-main", "test-night"])),
        root=f"{draw(st.integers(0, 2**256 - 1)):064x}",
        model=f"{draw(st.integers(0, 2**256 - 1)):064x}",
        version=draw(st.sampled_from(["", "dv-a", "dv-b"])),
        operator=draw(names),
        station=draw(names),
        reason=draw(names),
        at_us=draw(st.integers(0, MICROSECONDS_MAX)),
    )


def ledger_chains(
    *, min_size: int = 0, max_size: int = 8
) -> st.SearchStrategy[tuple[LedgerLine, ...]]:
    """Whole chains of the test ledger, from `LEDGER_START`."""
    return st.lists(ledger_lines(), min_size=min_size, max_size=max_size).map(_chained)


def _chained(told: list[LedgerLine]) -> tuple[LedgerLine, ...]:
    chain: list[LedgerLine] = []
    for line in told:
        chain.append(follow(chain, line, LEDGER_START))
    return tuple(chain)


def augment_recipes() -> st.SearchStrategy[AugmentRecipe]:
    """A recipe for augmentation, from doing nothing to the limits."""
    parts = st.floats(0, 1)
    return st.builds(
        AugmentRecipe,
        seed=st.integers(0, 2**53),
        visibility=parts,
        flip=parts,
        rotate_deg=st.floats(0, 45),
        scale=st.floats(0, 0.9),
        shift=parts,
        brightness=parts,
        contrast=parts,
        saturation=parts,
        hue_deg=st.floats(0, 180),
        blur=parts,
        noise=parts,
    )


def train_rows() -> st.SearchStrategy[list[TrainRow]]:
    """Rows of train: a few groups, two conditions, up to three classes."""
    counts = st.dictionaries(st.sampled_from(CLASS_IDS), st.integers(1, 5), min_size=1)
    row = st.builds(
        TrainRow,
        id=sample_ids,
        group=st.sampled_from(["group-a", "group-b", "group-c"]),
        conditions=st.sampled_from([("light=day",), ("light=night",), ()]),
        boxes=counts.map(lambda found: tuple(sorted(found.items()))),
    )
    return st.lists(row, max_size=30, unique_by=lambda found: found.id)


def sightings(looks: Sequence[Fingerprint]) -> st.SearchStrategy[list[Sighting]]:
    """Samples that look like some of `looks`, of a few sessions, cameras and times.

    A session is of one camera; "" is an import without one.
    """
    cameras = ("", "", "cam-1", "cam-1", "cam-2")

    rows = st.lists(
        st.tuples(
            st.integers(0, len(looks) - 1),
            st.integers(0, 2 * len(cameras) - 1),
            st.integers(1, 60),
        ),
        max_size=12,
    )
    return rows.map(
        lambda found: [
            Sighting(
                sample_id=f"sample-{number:02}",
                session=f"session-{session}",
                camera=cameras[session % len(cameras)],
                captured_us=second * 1_000_000,
                fingerprint=looks[look],
            )
            for number, (look, session, second) in enumerate(found)
        ]
    )


# What a person may do while labeling: a name and two numbers that pick what it is
# done to; which acts there are stands in `tests/labeling/acts.py`.
def labeling_acts(names: Sequence[str]) -> st.SearchStrategy[tuple[str, int, int]]:
    """One act of labeling, to be done to whatever is there."""
    return st.tuples(st.sampled_from(names), st.integers(0, 6), st.integers(0, 6))


def sides() -> st.SearchStrategy[int]:
    """Widths and heights of images and canvases."""
    return st.integers(1, 4000)


@st.composite
def corners_in(
    draw: st.DrawFn, width: int, height: int
) -> tuple[float, float, float, float]:
    """Corners of a box inside of an image, perhaps without an area."""
    x = sorted(draw(st.tuples(*[st.floats(0, width)] * 2)))
    y = sorted(draw(st.tuples(*[st.floats(0, height)] * 2)))
    return x[0], y[0], x[1], y[1]


@st.composite
def proposals(draw: st.DrawFn, origin: BoxOrigin) -> tuple[Proposal, ...]:
    """Proposals on one image, by one proposer; ids are their own."""
    verdicts = [Verdict.MOVED, Verdict.WEAK]
    if origin is BoxOrigin.CARRIED:
        verdicts += [Verdict.STILL, Verdict.LEFT]
    found = []
    for _ in range(draw(st.integers(0, 5))):
        x, y = draw(st.integers(0, 200)), draw(st.integers(0, 200))
        wide, high = draw(st.integers(1, 100)), draw(st.integers(1, 100))
        box = Box(
            id=str(draw(st.uuids(version=4))),
            class_id=draw(st.sampled_from(CLASS_IDS)),
            x0=float(x),
            y0=float(y),
            x1=float(x + wide),
            y1=float(y + high),
            origin=origin,
            score=draw(st.floats(0, 1)),
        )
        found.append(Proposal(box=box, verdict=draw(st.sampled_from(verdicts))))
    return tuple(found)


def class_names() -> st.SearchStrategy[str]:
    """Names that a class may have, the awkward ones as often as not."""
    awkward = st.sampled_from(
        (
            *("=1+1", "+x", "-x", "@x", "'", "''=x", "null", "NaN", "yes", "0", "1e3"),
            *("a,b", 'a"b', "a\\b", "a:b", "a/b", "..", "<b>&amp;]]>", "{x}", "%s"),
            *("螺栓 🔩", "é", "a\u200db", "[x]", "| x |", "`x`", "*x*", "~", "\\n"),
            *("#x", "-->", "!x"),
        )
    )
    free = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
    return st.one_of(awkward, free.filter(_is_class_name)).map(checked_class_name)


def _is_class_name(text: str) -> bool:
    try:
        checked_class_name(text)
    except UsageError:
        return False
    return True


def healths() -> st.SearchStrategy[Health]:
    """How a capture may be."""
    seconds = st.floats(0, 1e7)
    counts = st.integers(0, 10**9)
    return st.builds(
        Health,
        state=st.sampled_from(RunState),
        source=names,
        live=st.booleans(),
        frame_age_s=st.none() | seconds,
        frames=counts,
        kept=counts,
        known=counts,
        refused=st.dictionaries(names, counts, max_size=3),
        dropped=counts,
        reconnects=counts,
        queue=counts,
        free_bytes=st.none() | counts,
        session=st.none() | names,
        uptime_s=seconds,
        last_error=names,
        written_us=st.integers(0, MICROSECONDS_MAX),
        written_s=seconds,
        every_s=st.floats(0.1, 1e5),
    )


def shots() -> st.SearchStrategy[Shot]:
    """Pictures of a card; times may be anything that EXIF can say."""
    folders = st.sampled_from(["DCIM/100TRAIL", "north/DCIM/101TRAIL", "loose"])
    files = st.integers(0, 9999).map(lambda n: f"IMG_{n:04}.JPG") | st.just("x.jpg")
    times = st.just(0) | st.integers(0, 253_000_000_000_000_000)
    return st.builds(
        Shot,
        name=st.tuples(folders, files).map("/".join),
        taken_us=times,
        written_us=times,
        device=st.sampled_from(["", "HC500"]),
    )


def plain_records() -> st.SearchStrategy[dict[str, Any]]:
    """What canonical JSON can hold: texts, whole numbers, truths, None, nested."""
    plain = st.none() | st.booleans() | st.integers() | names
    nested = st.recursive(
        plain,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
        ),
        max_leaves=8,
    )
    return st.dictionaries(names, nested, max_size=5)


@st.composite
def zones(draw: st.DrawFn) -> Zone:
    """A mask zone inside the picture, in parts of width and height."""
    x0, x1 = sorted(
        draw(st.lists(st.floats(0, 1), min_size=2, max_size=2, unique=True))
    )
    y0, y1 = sorted(
        draw(st.lists(st.floats(0, 1), min_size=2, max_size=2, unique=True))
    )
    return x0, y0, x1, y1


@st.composite
def camera_modes(draw: st.DrawFn) -> Mode:
    """A mode as a camera has it; 0.0 and "" are any rate and format."""
    return Mode(
        width=draw(st.integers(1, 8192)),
        height=draw(st.integers(1, 8192)),
        fps=draw(st.sampled_from([0.0, 5.0, 7.5, 15.0, 30.0, 59.94])),
        pixel_format=draw(st.sampled_from(["", "MJPG", "YUYV", "NV12"])),
    )


@st.composite
def control_settings(draw: st.DrawFn) -> ControlSetting:
    """A value, automatic, or locked as it stands."""
    value = draw(st.none() | st.integers(-9999, 9999).map(float))
    return ControlSetting(value=value, is_auto=value is None and draw(st.booleans()))


@st.composite
def control_readings(draw: st.DrawFn, name: str = "gain") -> ControlReading:
    """A control as a camera says it is, or that it has none."""
    if not draw(st.booleans()):
        return ControlReading(name=name, supported=False)
    numbers = st.none() | st.integers(-9999, 9999).map(float)
    return ControlReading(
        name=name,
        value=draw(numbers),
        is_auto=draw(st.none() | st.booleans()),
        minimum=draw(numbers),
        maximum=draw(numbers),
        step=draw(numbers),
        default=draw(numbers),
    )


@st.composite
def camera_readbacks(draw: st.DrawFn) -> CameraReadback:
    """What a camera says of itself, all controls or none."""
    controls = [draw(control_readings(name)) for name in CONTROL_NAMES]
    return CameraReadback(
        mode=draw(st.none() | camera_modes()),
        controls=tuple(controls) if draw(st.booleans()) else (),
        driver=draw(names),
        card=draw(names),
        serial=draw(names),
    )
