"""`fieldset drift`: how far two sets of samples are apart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .drift_watch import StreamTalk
from .exit_codes import ExitCode
from .options import Duration, json_option, opened, project_option
from .output import emit_json, many, one_line, progress, say, table

if TYPE_CHECKING:
    from dataset.drift import DriftReport, MetricDrift

_SAMPLES_SHOWN = 3
_ID_LENGTH = 64


@click.command()
@click.argument("base")
@click.argument("current")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page to FILE.",
)
@click.option("--exit-code", is_flag=True, help="Exit 1 where there is drift.")
@click.option(
    "--for",
    "for_s",
    type=Duration(),
    help="How long a source is looked at, a picture a second; by default 2m.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@project_option
@json_option
def drift(
    base: str,
    current: str,
    html: Path | None,
    exit_code: bool,
    for_s: float | None,
    seed: int,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Compare CURRENT with BASE.

    Each is a version (`v3`), a split of one (`v3:train`), `session:NAME`, a folder
    (each sub-folder a session), or a source. A camera is watched: it is told when its
    verdict changes, which goes into the project's log.jsonl, too, and when its picture
    leaves what BASE shows; what it captured since BASE counts with the stream.
    """
    from dataset.drift import DriftVerdict, compare
    from station.drift_side import side_table
    from station.models.onnx_backbone import project_backbone

    with (
        opened(folder, read_only=True) as project,
        project_backbone(project) as eye,
        progress("measuring") as bar,
    ):
        base_table = side_table(project, base, backbone=eye, progress=bar)
        talk = StreamTalk(project, base, base_table)
        current_table = side_table(
            project, current, backbone=eye, progress=bar, see=talk.see, for_s=for_s
        )
        current_table = talk.with_earlier(current_table, eye)
        settings = project.settings.drift
        names = {one.id: one.name for one in project.catalog.sessions.all()}
        report = compare(
            base_table,
            current_table,
            limits=settings.limits,
            family=settings.family,
            seed=seed,
            progress=bar,
        )
    if html is not None:
        from export.report import DriftSection, ReportInput, write_report

        heading = f"{current} against {base}"
        section = DriftSection(
            heading=heading, report=report, base=base_table, current=current_table
        )
        write_report(html.absolute(), ReportInput(title=heading, drifts=(section,)))
    if as_json:
        emit_json({"base_set": base, "current_set": current, **report.to_json()})
    else:
        _print(report, names)
    is_found = exit_code and report.verdict is DriftVerdict.DRIFT
    return ExitCode.FOUND if is_found else ExitCode.DONE


def _print(report: DriftReport, names: Mapping[str, str]) -> None:
    rows = []
    for metric in report.metrics:
        interval = metric.interval_sd
        rows.append(
            [
                metric.label,
                _sd(metric.effect_sd),
                "-"
                if interval is None
                else f"{_sd(interval[0])} to {_sd(interval[1])}",
                "-" if metric.p_adjusted is None else f"{metric.p_adjusted:.3f}",
                metric.verdict.value,
            ]
        )
    table(["metric", "effect (sd)", "95 % interval", "p (Holm)", "verdict"], rows)
    click.echo()
    if report.further:
        _print_further(report)
    click.echo(f"{report.verdict.value}: {report.summary}")
    for metric in report.drifted:
        _print_behind(metric, names)
    for note in report.notes:
        say(one_line(note))


def _print_behind(metric: MetricDrift, names: Mapping[str, str]) -> None:
    """How far a metric drifted, and the sessions and samples that did most."""
    sessions = (
        f"{names.get(one.session, one.session)} ({many(one.samples, 'sample')})"
        for one in metric.worst_sessions
    )
    samples = (_short(one.sample_id) for one in metric.worst_samples[:_SAMPLES_SHOWN])
    click.echo(one_line(f"{metric.label}: {metric.reason}"))
    for what, listed in (("sessions", sessions), ("samples", samples)):
        told = ", ".join(listed)
        if told:
            click.echo(one_line(f"  {what}: {told}"))


def _short(sample_id: str) -> str:
    """A sample's id cut short, but a file's path whole."""
    is_id = len(sample_id) == _ID_LENGTH and sample_id.isalnum()
    return sample_id[:12] if is_id else sample_id


def _print_further(report: DriftReport) -> None:
    """What is outside of the family: told, and not judged."""
    rows = [
        [metric.label, _mean(metric.base_mean), _mean(metric.current_mean), metric.unit]
        for metric in report.further
    ]
    table(["not judged", "base", "current", "unit"], rows)
    click.echo()


def _mean(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def _sd(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"
