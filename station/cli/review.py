"""`fieldset review`: second passes, their agreement, disputes, and odd boxes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exit_codes import ExitCode
from .options import json_option, opened, project_option
from .output import emit_json, many, progress, say, table
from .person import acting_person

if TYPE_CHECKING:
    from dataset.project import Project
    from labeling.second_opinion.settling import OpenDispute

_SHORT = 12
_NOTHING = "-"


@click.group()
def review() -> None:
    """Second passes over labeled samples, and boxes unlike their class.

    A second pass is labeled on the Review page of the window; here it is begun,
    measured and settled. Its boxes are kept apart: nothing counts or exports them.
    """


@review.command()
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.1,
    help="How much of each session, 0.1 where nothing is said.",
)
@click.option("--seed", type=int, default=1, help="The same seed, the same samples.")
@click.option(
    "--way",
    type=click.Choice(["random", "doubtful", "disputed"]),
    default="random",
    help="At random or the least sure first, a share of each session; or those with "
    "an open dispute.",
)
@click.option("--blind/--open", default=True, help="Hide or show the first boxes.")
@click.option("--operator", help="Who begins it; by default the user.")
@project_option
@json_option
def begin(
    share: float,
    seed: int,
    way: str,
    blind: bool,
    operator: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Begin a second pass over a share (0 to 1) of each session."""
    from labeling.second_opinion.second_pass import PassChoice, Way, begin_pass

    choice = PassChoice(way=Way(way), share=share, seed=seed, blind=blind)
    with opened(folder) as project:
        line = begin_pass(project, choice, person=acting_person(operator).operator)
    if as_json:
        emit_json({"pass": line.n, "samples": line.waiting, "way": way, "seed": seed})
        return
    say(f"begun with {many(line.waiting, 'sample')}; label them on the Review page")


@review.command()
@click.option("--pass", "pass_n", type=int, help="One pass only; by default all.")
@project_option
@json_option
def agreement(pass_n: int | None, folder: Path | None, as_json: bool) -> None:
    """Show how far two passes drew the same boxes."""
    from labeling.second_opinion.settling import agreement_of

    with opened(folder, read_only=True) as project:
        found = agreement_of(project, pass_n)
        names = _names(project)
    if as_json:
        emit_json({"agreement": None if found is None else found.to_json(names)})
        return
    if found is None:
        click.echo("Nothing was labeled twice yet: `fieldset review begin`")
        return
    click.echo(
        f"{many(found.samples, 'sample')} labeled twice: {found.first} boxes first, "
        f"{found.second} second, {found.matched} matched"
    )
    click.echo(
        f"Mean IoU {_figure(found.mean_iou)}, F1 {_figure(found.f1)} at IoU 0.5 and "
        f"{_figure(found.f1_strict)} at 0.7, kappa {_figure(found.kappa)}"
        + (f" ({found.kappa_note})" if found.kappa_note else "")
    )
    click.echo()
    seconds = sorted({b for _, b in found.confusion})
    table(
        ["first \\ second", *(names[b] for b in seconds), "missed", "extra", "F1"],
        [
            [
                names[row.class_id],
                *(found.confusion.get((row.class_id, b), 0) for b in seconds),
                found.only_first.get(row.class_id, 0),
                found.only_second.get(row.class_id, 0),
                _figure(row.f1),
            ]
            for row in found.classes
        ],
    )


@review.command()
@click.option("--exit-code", is_flag=True, help="Exit with 1 where one is open.")
@project_option
@json_option
def disputes(exit_code: bool, folder: Path | None, as_json: bool) -> int:
    """List where two passes differ and nobody settled it."""
    from labeling.second_opinion.settling import open_disputes, settled_disputes

    with opened(folder, read_only=True) as project:
        found = open_disputes(project)
        settled = settled_disputes(project)
        names = _names(project)
    rows = [_dispute_json(n, one, names) for n, one in enumerate(found, start=1)]
    if as_json:
        emit_json(
            {
                "disputes": rows,
                "settled": [
                    {
                        "sample": one.sample_id,
                        "verdict": one.verdict.value,
                        "person": one.person,
                        "at_us": one.at_us,
                    }
                    for one in settled
                ],
            }
        )
    else:
        head = ["", "sample", "kind", "first", "second", "IoU"]
        cells: list[list[object]] = [
            [
                row["number"],
                row["sample"][:_SHORT],
                row["kind"],
                row["first"] or _NOTHING,
                row["second"] or _NOTHING,
                f"{row['iou']:.2f}",
            ]
            for row in rows
        ]
        table(head, cells)
        say(f"{many(len(rows), 'dispute')} open, {len(settled)} settled")
    return ExitCode.FOUND if exit_code and rows else ExitCode.DONE


@review.command()
@click.argument("sample")
@click.argument("verdict", type=click.Choice(["first", "second"]))
@click.option("--operator", help="Who decides; by default the user.")
@project_option
@json_option
def settle(
    sample: str, verdict: str, operator: str | None, folder: Path | None, as_json: bool
) -> None:
    """Settle all disputes of SAMPLE: keep the first pass or take the second."""
    from labeling.second_opinion.disputes import Verdict
    from labeling.second_opinion.settling import settle_all

    person = acting_person(operator).operator
    with opened(folder) as project:
        wanted = project.catalog.samples.get(sample).id
        count = settle_all(project, wanted, Verdict(verdict), person=person)
    if as_json:
        emit_json({"sample": wanted, "verdict": verdict, "settled": count})
        return
    say(f"settled {many(count, 'dispute')} of {wanted[:_SHORT]}")


@review.command()
@click.option("--class", "name", help="One class only.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="How many boxes are named.",
)
@project_option
@json_option
def odd(name: str | None, limit: int, folder: Path | None, as_json: bool) -> None:
    """List the boxes that are least like their class: look there for wrong labels."""
    from dataset.catalog import BoxFilter
    from labeling.second_opinion.odd_boxes import odd_boxes

    with opened(folder) as project, progress("look at the boxes") as watching:
        class_id = None if name is None else project.catalog.classes.by_name(name).id
        found = odd_boxes(project, watching)
        wanted = BoxFilter(class_id=class_id)
        features = project.catalog.box_features
        lines = features.lines(wanted, features.count(wanted))
        names = _names(project)
    scored = [
        (found.scores[line.sample_id, line.box.id], line)
        for line in lines
        if (line.sample_id, line.box.id) in found.scores
    ]
    scored.sort(key=lambda pair: -pair[0])
    few = sorted(names[one] for one in found.few)
    if as_json:
        emit_json(
            {
                "boxes": [
                    {
                        "sample": line.sample_id,
                        "box": line.box.id,
                        "class": names[line.box.class_id],
                        "odd": score,
                    }
                    for score, line in scored[:limit]
                ],
                "too_few": few,
                "unread": found.unread,
            }
        )
        return
    table(
        ["odd", "class", "sample", "box"],
        [
            [
                f"{score:.2f}",
                names[line.box.class_id],
                line.sample_id[:_SHORT],
                line.box.id,
            ]
            for score, line in scored[:limit]
        ],
    )
    if few:
        say(f"too few boxes to say: {', '.join(few)}")
    if found.unread:
        say(f"{many(found.unread, 'box')} without a picture that can be read")


def agreement_json(project: Project) -> dict[str, Any] | None:
    """The agreement in the shape of `status --json`; None without a second pass."""
    from labeling.second_opinion.settling import agreement_of, open_disputes

    found = agreement_of(project)
    if found is None:
        return None
    return {
        "samples": found.samples,
        "mean_iou": found.mean_iou,
        "f1": found.f1,
        "f1_strict": found.f1_strict,
        "kappa": found.kappa,
        "disputes": len(open_disputes(project)),
    }


def _names(project: Project) -> dict[int, str]:
    known = project.catalog.classes.all(include_retired=True)
    return {one.id: one.name for one in known}


def _figure(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.2f}"


def _dispute_json(
    number: int, found: OpenDispute, names: dict[int, str]
) -> dict[str, Any]:
    dispute = found.dispute
    return {
        "number": number,
        "sample": found.sample.id,
        "kind": dispute.kind.value,
        "first": None if dispute.first is None else names[dispute.first.class_id],
        "second": None if dispute.second is None else names[dispute.second.class_id],
        "iou": dispute.iou,
        "by": found.by,
        "at_us": found.at_us,
    }
