"""A freeze in words: what it would do, and what it did."""

from __future__ import annotations

from dataset.versions.freeze_outlook import Outlook
from dataset.versions.freezing import Frozen

from ..language import tr
from ..views.versions.versions_contract import FreezeOutlook, FreezeResult
from .dataset_desk import finding_rows, verdict_sentence


def outlook_words(found: Outlook) -> FreezeOutlook:
    """Say what freezing would do now."""
    verdict, level = _verdict(found)
    return FreezeOutlook(
        alias=f"v{found.number}",
        verdict=verdict,
        level=level,
        lines=_outlook_lines(found),
        findings=finding_rows(found.split.findings) if found.samples else (),
        may_freeze=found.may_freeze,
    )


def _verdict(found: Outlook) -> tuple[str, str]:
    if not found.samples:
        return tr("There is nothing to freeze: no sample is labeled"), "bad"
    if found.is_refused:
        words = tr("The policy refuses: {verdict}")
        return words.format(verdict=verdict_sentence(found.balance)), "bad"
    if found.balance.reasons:
        return verdict_sentence(found.balance), "warn"
    return tr("Nothing speaks against it"), "ok"


def _outlook_lines(found: Outlook) -> tuple[str, ...]:
    lines = [_policy_line(found)] if found.samples else []
    if found.samples:
        words = tr("Samples to freeze: {count}")
        lines.append(words.format(count=f"{found.samples:,}"))
    if found.split.assigned:
        words = tr("New groups that get their split: {count}")
        lines.append(words.format(count=f"{len(found.split.assigned):,}"))
    lines += [f"{reason}" for reason in found.balance.reasons]
    plan = found.plan
    if plan.left_out:
        words = tr("Left out of train in this version: {count}")
        lines.append(words.format(count=f"{plan.left_out:,}"))
    if plan.lifted:
        words = (
            tr("To be copied in train: {samples} samples, copies: up to {copies}")
            if found.policy == "augment"
            else tr("To be repeated in train: {samples} samples, further: {copies}")
        )
        lines.append(
            words.format(samples=f"{plan.lifted:,}", copies=f"{plan.occurrences:,}")
        )
    change = tr("{name} in train, boxes: {before} would become {after}")
    lines += [
        change.format(name=name, before=f"{before:,}", after=f"{after:,}")
        for _, name, before, after in plan.classes
        if before != after
    ]
    stress = tr("Corrupted copies are made for {name}")
    lines += [stress.format(name=name) for name in found.stress]
    return (*lines, *plan.notes)


def _policy_line(found: Outlook) -> str:
    if found.is_refused:
        return tr("Capture what is missing, or change the policy in fieldset.toml")
    return {
        "refuse": tr("Policy refuse: every target is met"),
        "warn": tr("Policy warn: the version is frozen all the same"),
        "undersample": tr("Policy undersample: train is cut to its level"),
        "repeat": tr("Policy repeat: what is short counts more often in train"),
        "augment": tr("Policy augment: what is short is copied in train"),
    }.get(found.policy, found.policy)


def result_words(frozen: Frozen) -> FreezeResult:
    """Say what freezing did."""
    made = frozen.version
    words = tr("{alias} is frozen: {samples} samples, {boxes} boxes.")
    if frozen.known:
        words = tr("This content is frozen already as {alias}.")
    return FreezeResult(
        alias=made.alias,
        sentence=words.format(
            alias=made.alias, samples=f"{made.samples:,}", boxes=f"{made.boxes:,}"
        ),
        lines=frozen.policy.sentences,
        findings=finding_rows(frozen.split.findings),
    )
