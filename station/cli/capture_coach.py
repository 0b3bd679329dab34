"""What `fieldset capture` says of what is wanted, and the class it captures for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .output import one_line, say

if TYPE_CHECKING:
    from dataset.project import Project
    from station.recorder import Recorder, RecorderEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureCoach:
    """Speaks of one project under a session's conditions; `class_id` None for none."""

    project: Project
    conditions: Sequence[tuple[str, str]]
    class_id: int | None = None

    def speak(self) -> None:
        """Say what to capture next, with a warning where the class is full."""
        from dataset.status import advice_of

        advice = advice_of(self.project)
        if line := advice.line_under(self.conditions):
            say(f"capture next: {one_line(line)}")
        if self.class_id is None:
            return
        if warning := advice.warning(self.class_id, self.conditions):
            say(f"warning: {one_line(warning)}")

    def note(self, event: RecorderEvent, recorder: Recorder) -> None:
        """Keep the class that a new sample was captured for."""
        from labeling.intended import Intent, note_intent
        from station.recording import Kept

        if self.class_id is None or not isinstance(event, Kept) or event.known:
            return
        area = recorder.area_of(event.frame)
        intent = Intent(sample_id=event.sample.id, class_id=self.class_id, area=area)
        note_intent(self.project, intent)


def coach_of(
    project: Project, class_name: str | None, conditions: Sequence[tuple[str, str]]
) -> CaptureCoach:
    """The coach of a session that is captured for a class, or for none.

    Raises:
        NotFound: there is no such class.
    """
    class_id = None
    if class_name is not None:
        class_id = project.catalog.classes.by_name(class_name).id
    return CaptureCoach(project=project, conditions=conditions, class_id=class_id)
