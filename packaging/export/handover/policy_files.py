"""What the policies of a version tell a trainer, in files beside the format's own.

    repeats.json       {split: {image file name: how often it counts}}, where more than
                       once: the list that the balance policy `repeat` made
    preprocess.json    the recipe for every image, for `preprocess.apply`

Neither is there when the version has nothing to say. Images are never copied twice, and
never preprocessed on their way out.
"""

from __future__ import annotations

import json

from dataset.policies.balancing import repeats_of

from .plan import Plan

REPEATS_NAME = "repeats.json"
PREPROCESS_NAME = "preprocess.json"


def policy_files(plan: Plan) -> tuple[tuple[str, bytes], ...]:
    """The files (name, bytes) of the version's policies; the same bytes anywhere."""
    policy = plan.frozen.policy
    found: list[tuple[str, bytes]] = []
    repeats = repeats_of(policy)
    if repeats:
        named: dict[str, dict[str, int]] = {}
        for sample in plan.images():
            if sample.id in repeats:
                name = f"{sample.id}.{sample.suffix}"
                named.setdefault(sample.split, {})[name] = repeats[sample.id]
        found.append((REPEATS_NAME, _json(named)))
    if "preprocess" in policy:
        found.append((PREPROCESS_NAME, _json(policy["preprocess"])))
    return tuple(found)


def policy_notes(plan: Plan) -> tuple[str, ...]:
    """Sentences on what whoever trains has to do."""
    policy = plan.frozen.policy
    notes = []
    if repeats_of(policy):
        notes.append(
            f"Samples of train are to be seen more than once, see {REPEATS_NAME}"
        )
    if "preprocess" in policy:
        notes.append(
            "Every image is to be preprocessed in training and inference, by "
            f"{PREPROCESS_NAME}"
        )
    return tuple(notes)


def _json(content: object) -> bytes:
    text = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False)
    return text.encode() + b"\n"
