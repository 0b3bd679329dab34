"""What the Explore view says: of the map, of a sample, and where there is nothing."""

from __future__ import annotations

from dataset.sample_map import SampleMap

from ...language import tr
from ..label.label_toolbar import state_words
from .explore_contract import ExploreState
from .map_legend import by_words


def empty_words(
    state: ExploreState | None, *, is_stopped: bool = False
) -> tuple[str, str]:
    """Say why there is no map, and what to do."""
    if state is None and is_stopped:
        return tr("The map was not made"), tr("F5 makes it.")
    if state is None:
        return tr("The map is being made"), tr("The embeddings are read.")
    if state.map.missing:
        return tr("The samples are being measured"), tr(
            "The map comes once it is done."
        )
    return (
        tr("Nothing is captured yet"),
        tr("Samples come onto the map once they are captured or taken in."),
    )


def unmeasured_words() -> tuple[str, str]:
    """Say that nothing can be laid out yet, and what to do."""
    return (
        tr("No sample is measured yet"),
        tr(
            "The map lays pictures out by their looks. For that each one is measured "
            "once, here or when a version is frozen; a run that was stopped goes on "
            "where it was."
        ),
    )


def method_words(found: SampleMap) -> str:
    """Say how the map is made and how much of the pictures it tells."""
    if not len(found):
        return ""
    if len(found) == 1:
        return tr("one sample: a map tells something from two on")
    if not found.varies:
        return tr("all pictures look the same to the measures")
    words = tr("{method} of embeddings, {share} % of variance")
    return words.format(method=found.method, share=f"{100 * found.share:.0f}")


def missing_words(count: int, *, is_measuring: bool) -> str:
    """Say how many samples are not on the map, "" for none."""
    if not count:
        return ""
    if is_measuring:
        return tr("The samples are being measured; you can go on meanwhile.")
    words = tr("{count} samples are not on the map: they are not measured yet.")
    return words.format(count=f"{count:,}")


def head_words(by: str) -> str:
    """Say what the colours stand for."""
    return tr("Colour and shape by {way}").format(way=by_words(by))


def sample_words(found: SampleMap, at: int) -> tuple[str, str]:
    """A sample in two lines: what it holds and where it is, and when it was taken."""
    row = found.samples[at]
    held = found.colouring("class").value_of(at)
    if not held:
        held = tr("closed") if row.closed else state_words(row.state.value)
    else:
        held = f"{held}, {state_words(row.state.value)}"
    session = found.colouring("session").value_of(at)
    return (
        f"{held} · {row.split or tr('no split yet')}",
        f"{session} · {row.id[:8]}",
    )
