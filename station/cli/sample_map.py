"""`fieldset map`: where the samples lie by their looks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exit_codes import ExitCode
from .options import json_option, opened, project_option
from .output import emit_json, many, progress, say, table, tell_finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataset.findings import Finding
    from dataset.measuring import Backbone
    from dataset.progress import Progress
    from dataset.project import Project
    from dataset.sample_map import Colouring, SampleMap

Corners = tuple[float, float, float, float]


class Rectangle(click.ParamType):  # type: ignore[type-arg]  # generic in newer click
    """Two opposite corners `X0,Y0,X1,Y1` of a rectangle on the map."""

    name = "x0,y0,x1,y1"

    def convert(
        self,
        value: Any,  # noqa: ANN401  (what click hands over)
        param: click.Parameter | None,  # noqa: ARG002  (click's own signature)
        ctx: click.Context | None,  # noqa: ARG002
    ) -> Corners:
        """The four numbers."""
        if isinstance(value, tuple):
            return value
        try:
            x0, y0, x1, y1 = (float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"a rectangle is written X0,Y0,X1,Y1: {value}")
        return x0, y0, x1, y1


@click.command("map")
@click.option(
    "--by",
    default="class",
    metavar="WHAT",
    help="Sort by class, split, session, state, or condition:KEY (as condition:light).",
)
@click.option(
    "--inside",
    type=Rectangle(),
    help="Only the samples in this rectangle of the map, as a lasso in the window.",
)
@click.option("--measure", is_flag=True, help="First measure what is not measured yet.")
@click.option("--ids", is_flag=True, help="Print only ids, one a line, by session.")
@project_option
@json_option
def sample_map(
    by: str,
    inside: Corners | None,
    measure: bool,
    ids: bool,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Lay all samples out by their looks: what is alike lies together.

    Places are the two main directions (PCA) of the embeddings that the measures of
    drift keep. The ids go on to `fieldset label --only -` or `fieldset testset pick
    NAME --from -`.

    With --json: method, share (of the variance that the two directions show),
    samples[{id,x,y,class,split,session,state,conditions}], missing[] (not measured).
    """
    from dataset.findings import has_errors
    from dataset.sample_map import read_map
    from station.models.onnx_backbone import project_backbone

    findings: tuple[Finding, ...] = ()
    with (
        opened(folder, read_only=not measure) as project,
        project_backbone(project) as backbone,
        progress("mapping") as bar,
    ):
        if measure:
            findings = _measured(project, backbone, bar)
        found = read_map(project, backbone=backbone, progress=bar)
        mask = _mask(found, inside)
        if as_json:
            emit_json(_json(found, mask, project))
        elif ids:
            for row in found.chosen(mask):
                click.echo(row.id)
        else:
            _print(found, mask, _colouring(found, by))
    for finding in findings:
        tell_finding(finding)
    if found.missing and not measure:
        say(f"{many(len(found.missing), 'sample')} not measured yet")
        say("hint: fieldset map --measure")
    return ExitCode.PROJECT if has_errors(findings) else ExitCode.DONE


def _measured(
    project: Project, backbone: Backbone | None, bar: Progress
) -> tuple[Finding, ...]:
    from dataset.mapping.map_measuring import measure_missing
    from dataset.sample_map import unmeasured

    missing = unmeasured(project, backbone=backbone)
    done = measure_missing(project, missing, backbone=backbone, progress=bar)
    return done.findings


def _mask(found: SampleMap, inside: Corners | None) -> Any:  # noqa: ANN401  (a mask)
    import numpy as np

    from dataset.mapping.lasso import within_rectangle

    if inside is None:
        return np.ones(len(found), np.bool_)
    return within_rectangle(found.places, inside)


def _colouring(found: SampleMap, by: str) -> Colouring:
    from dataset.errors import UsageError

    names = [one.by for one in found.colourings]
    if by not in names:
        raise UsageError(
            f"The map cannot be sorted so: {by}", hint=f"--by is {', '.join(names)}"
        )
    return found.colouring(by)


def _json(found: SampleMap, mask: Any, project: Project) -> dict[str, Any]:  # noqa: ANN401
    conditions = {
        session.id: dict(session.conditions)
        for session in project.catalog.sessions.all()
    }
    samples = []
    for row in found.chosen(mask):
        at = found.index[row.id]
        x, y = found.places[at].tolist()
        samples.append(
            {
                "id": row.id,
                "x": round(x, 5),
                "y": round(y, 5),
                "class": found.colouring("class").value_of(at) or None,
                "split": row.split or None,
                "session": found.colouring("session").value_of(at),
                "state": row.state.value,
                "conditions": conditions.get(row.session_id, {}),
            }
        )
    return {
        "method": found.method,
        "share": round(found.share, 6),
        "samples": samples,
        "missing": [row.id for row in found.missing],
    }


def _print(found: SampleMap, mask: Any, colouring: Colouring) -> None:  # noqa: ANN401
    rows: list[Sequence[object]] = []
    for code, value in enumerate(colouring.values):
        inside = mask & (colouring.codes == code)
        count = int(inside.sum())
        if count:
            x, y = found.places[inside].mean(axis=0).tolist()
            rows.append([value or "none", count, round(x, 2), round(y, 2)])
    if rows:
        table([colouring.by, "samples", "middle x", "middle y"], rows)
    say(
        f"{many(int(mask.sum()), 'sample')}; {found.method} of the embeddings, two "
        f"directions show {100 * found.share:.0f} % of the variance"
    )
