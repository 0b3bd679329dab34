"""The report of a version: one HTML file that needs nothing beside itself.

No script, no address, no font from elsewhere: the page's own policy forbids them.
Pictures are data URIs or inline SVG. Every name is escaped. The same contents give
the same bytes with the same Matplotlib; there is no clock, host or path in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataset import durable
from dataset.drift import DriftReport, MetricDrift, SampleTable
from dataset.health.version_health import VersionHealth
from dataset.records import LabelClass, Split, Version, VersionSample

from .reports import drift_rows, health_view, page_template, report_text
from .reports import report_view as view
from .reports.report_summary import SampleSummary, shown_classes, split_names, summarise
from .reports.report_text import data_uri

_MAGIC = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}
Cell = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DriftSection:
    """One comparison. With both tables the page shows their histograms as well.

    `is_split` is where splits of one version are compared: they come last.
    """

    heading: str
    report: DriftReport
    base: SampleTable | None = None
    current: SampleTable | None = None
    is_split: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """A table of the caller's; numbers are set to the right.

    Raises:
        ValueError: a row does not have one cell a column.
    """

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row has {len(self.columns)} cells: {row}")

    @property
    def number_columns(self) -> frozenset[int]:
        """The columns that hold numbers only, counted from 0; None is no matter."""
        return frozenset(
            column
            for column in range(len(self.columns))
            if self.rows and not any(isinstance(row[column], str) for row in self.rows)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPicture:
    """A picture with its caption, as the bytes of a JPEG or PNG file.

    Raises:
        ValueError: the bytes are neither.
    """

    caption: str
    data: bytes

    def __post_init__(self) -> None:
        if not any(self.data.startswith(magic) for magic in _MAGIC):
            raise ValueError(f"a picture is JPEG or PNG: {self.data[:8]!r}")

    @property
    def uri(self) -> str:
        """The picture as a data URI."""
        kind = next(k for magic, k in _MAGIC.items() if self.data.startswith(magic))
        return data_uri(kind, self.data)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReportInput:
    """What a report shows; every part may be left out.

    `samples` is read once and may be lazy. `diff` is what `fieldset diff --json`
    gives. `health` is that of the cameras. `embeddings` holds, by sample id, vectors of
    one length for the map; the first few thousand ids in order are drawn. `pictures`
    are those behind a drift, `extremes` the outermost of all samples.
    """

    title: str
    version: Version | None = None
    classes: tuple[LabelClass, ...] = ()
    splits: tuple[Split, ...] = ()
    samples: Sequence[VersionSample] = ()
    diff: Mapping[str, object] | None = None
    drifts: tuple[DriftSection, ...] = ()
    health: VersionHealth | None = None
    embeddings: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    pictures: tuple[ReportPicture, ...] = ()
    extremes: tuple[ReportPicture, ...] = ()
    tables: tuple[ReportTable, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure that matters, and what it counts."""

    figure: str
    caption: str
    tone: str = ""


def write_report(target: Path, content: ReportInput) -> None:
    """Write the report whole or not at all, in place of an earlier one.

    Raises:
        StorageFull: no room; nothing is left behind.
        ReadOnlyProject: the folder cannot be written.
    """
    durable.replace(target, render_report(content).encode("utf-8", "replace"))


def render_report(content: ReportInput) -> str:
    """The report as the text of one HTML file, LF line ends."""
    return page_template.render("report.html.j2", _context(content), ("report.css",))


def _context(content: ReportInput) -> dict[str, object]:
    summary = summarise(content.samples, content.embeddings)
    classes = shown_classes(content.classes, summary)
    splits = split_names(content.splits, summary)
    maps, share = view.map_views(summary, content.embeddings, classes)
    albums = _albums(content)
    heats = view.heat_views(classes, summary)
    return {
        "contents": _contents(
            content,
            albums,
            {
                "classes": ("Boxes by class and split", splits),
                "heat": ("Where the boxes lie", heats),
                "map": ("Map of the samples", maps),
            },
        ),
        "content": content,
        "facts": _facts(content.version),
        "tiles": _tiles(content, summary),
        "changes": _changes(content.diff),
        "sections": [
            _section(section, number) for number, section in enumerate(content.drifts)
        ],
        **health_view.context(content.health),
        "albums": albums,
        "summary": summary,
        "splits": splits,
        "kinds": {split.name: split for split in content.splits},
        "class_rows": view.class_rows(classes, splits, summary),
        "heats": heats,
        "maps": maps,
        "map_share": share,
        "plot_width": view.PLOT_WIDTH,
        "plot_height": view.PLOT_HEIGHT,
    }


def _contents(
    content: ReportInput,
    albums: Sequence[tuple[str, str, object]],
    parts: Mapping[str, tuple[str, object]],
) -> tuple[tuple[str, str], ...]:
    """Anchor and heading of the sections that are there, in their order."""
    drifts = [
        (_anchor(number), f"Drift: {section.heading}", section.is_split)
        for number, section in enumerate(content.drifts)
    ]
    found = [(anchor, words) for anchor, words, is_split in drifts if not is_split]
    found += [(f"pictures-{at}", album[0]) for at, album in enumerate(albums, 1)]
    if content.health is not None:
        found.append(("cameras", "Camera health"))
    found += [(anchor, words) for anchor, (words, part) in parts.items() if part]
    found += [(anchor, words) for anchor, words, is_split in drifts if is_split]
    return tuple(found)


def _anchor(number: int) -> str:
    return f"comparison-{number}"


def _albums(
    content: ReportInput,
) -> tuple[tuple[str, str, tuple[ReportPicture, ...]], ...]:
    """The groups of pictures: heading, what they are, and the pictures."""
    sealed = "Sealed test sets are not shown."
    albums = (
        (
            "Behind the drift",
            "The current samples that lie furthest out in a metric that drifted; what "
            f"the number is, of which session, in which comparison. {sealed}",
            content.pictures,
        ),
        (
            "The outermost samples",
            "The samples of this version with the smallest and the greatest value of a "
            f"measure: a look at what the limits of the data are. {sealed}",
            content.extremes,
        ),
    )
    return tuple(album for album in albums if album[2])


def _facts(version: Version | None) -> tuple[tuple[str, str], ...]:
    """Name and value of what identifies the version."""
    if version is None:
        return ()
    frozen = datetime.fromtimestamp(version.created_us / 1_000_000, tz=UTC)
    facts = [
        ("version", version.alias),
        ("id", version.id),
        ("parent", version.parent or "none"),
        ("frozen", frozen.strftime("%d %b %Y, %H:%M UTC")),
        ("by", version.author),
        ("message", version.message),
    ]
    return tuple((name, value) for name, value in facts if value)


def _tiles(content: ReportInput, summary: SampleSummary) -> tuple[Tile, ...]:
    tiles: list[Tile] = []
    if content.version is not None or summary.samples:
        known = content.version
        samples = known.samples if known else sum(summary.samples.values())
        boxes = known.boxes if known else sum(summary.boxes.values())
        tiles.append(Tile(figure=f"{samples:,}", caption="samples"))
        tiles.append(Tile(figure=f"{boxes:,}", caption="boxes"))
    if content.diff is not None:
        tiles += _diff_tiles(content.diff)
    for section in content.drifts:
        drifted = len(section.report.drifted)
        tiles.append(
            Tile(
                figure=f"{drifted} of {len(section.report.metrics)}",
                caption=f"metrics drifted, {section.heading}",
                tone=view.tone(section.report.verdict),
            )
        )
    if content.health is not None and content.health.cameras:
        tiles.append(_health_tile(content.health))
    return tuple(tiles)


def _health_tile(health: VersionHealth) -> Tile:
    return Tile(
        figure=f"{len(health.faults)} of {len(health.cameras)}",
        caption="cameras with a fault",
        tone=health_view.tone(health.verdict),
    )


def _diff_tiles(diff: Mapping[str, object]) -> list[Tile]:
    def count(part: str, name: str) -> int:
        inner = diff.get(part)
        return report_text.amount(inner.get(name)) if isinstance(inner, Mapping) else 0

    added, removed = count("samples", "added"), count("samples", "removed")
    more, fewer = count("boxes", "added"), count("boxes", "removed")
    moved_tests = count("splits", "test_moved")
    return [
        Tile(figure=_both(added, removed), caption="samples added, removed"),
        Tile(figure=_both(more, fewer), caption="boxes added, removed"),
        Tile(figure=f"{count('boxes', 'moved'):,}", caption="boxes moved"),
        Tile(figure=f"{count('boxes', 'relabelled'):,}", caption="boxes relabelled"),
        Tile(
            figure=f"{moved_tests:,}",
            caption="test members moved",
            tone="bad" if moved_tests else "",
        ),
    ]


def _both(added: int, removed: int) -> str:
    return f"+{added:,} \N{MINUS SIGN}{removed:,}"


def _changes(
    diff: Mapping[str, object] | None,
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The parts of a diff that are worth a table: classes and taxonomy."""
    found = []
    for name in ("classes", "taxonomy"):
        part = (diff or {}).get(name)
        rows = view.change_rows(part) if isinstance(part, Mapping) else ()
        if rows:
            found.append((name, rows))
    return tuple(found)


def _section(section: DriftSection, number: int) -> dict[str, object]:
    rows = view.metric_rows(section.report)
    pictures: tuple[tuple[MetricDrift, str], ...] = ()
    if section.base is not None and section.current is not None:
        pictures = view.histograms(
            section.report, section.base, section.current, f"drift-{number}"
        )
    return {
        "anchor": _anchor(number),
        "is_split": section.is_split,
        "heading": section.heading,
        "report": section.report,
        "tone": view.tone(section.report.verdict),
        "rows": rows,
        "drifted": [row for row in rows if row.tone == "bad"],
        "open": [row for row in rows if row.tone == "warn"],
        "classes": drift_rows.class_shift_rows(section.report),
        "picture": drift_rows.picture_line(section.report),
        "histograms": pictures,
        "plain": report_text.plain,
    }
