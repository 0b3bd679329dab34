"""`fieldset drift`: how far two sets of samples are apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exit_codes import ExitCode
from .options import json_option, opened, project_option
from .output import emit_json, one_line, progress, say, table

if TYPE_CHECKING:
    from dataset.drift import DriftReport


@click.command()
@click.argument("base")
@click.argument("current")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page to FILE.",
)
@click.option("--exit-code", is_flag=True, help="Exit 1 where there is drift.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@project_option
@json_option
def drift(
    base: str,
    current: str,
    html: Path | None,
    exit_code: bool,
    seed: int,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Compare CURRENT with BASE.

    Each is a version (`v3`), a split of one (`v3:train`), `session:NAME`, a folder
    (each sub-folder a session), or a source.
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
        current_table = side_table(project, current, backbone=eye, progress=bar)
        settings = project.settings.drift
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
        _print(report)
    is_found = exit_code and report.verdict is DriftVerdict.DRIFT
    return ExitCode.FOUND if is_found else ExitCode.DONE


def _print(report: DriftReport) -> None:
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
    for note in report.notes:
        say(one_line(note))


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
