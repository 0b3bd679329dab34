"""What a running `capture` says: to the person, in lines of JSON, and of its health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .capture_coach import CaptureCoach
from .capture_lines import sum_up, tell_event

if TYPE_CHECKING:
    from station.headless.health_watch import HealthWatch
    from station.recorder import Recorder, RecorderEvent


class CaptureTalk:
    """Speaks of one run of a recorder; of a source that never opened it says nothing.

    Attributes:
        error: what ended the run, None where nothing did.
    """

    def __init__(
        self,
        recorder: Recorder,
        watch: HealthWatch,
        coach: CaptureCoach,
        *,
        as_json: bool,
    ) -> None:
        self._recorder = recorder
        self._watch = watch
        self._coach = coach
        self._as_json = as_json
        self._has_begun = False
        self.error: Exception | None = None

    def note(self, event: RecorderEvent) -> None:
        """Tell of an event, and keep the class that a sample was captured for."""
        self._tell(event)
        self._coach.note(event, self._recorder)

    def step(self) -> None:
        """Say what there is to say now and then."""
        if not self._has_begun and self._recorder.status().info is not None:
            self._has_begun = True
            self._coach.speak()
        self._watch.step()

    def end(self, is_late: bool) -> None:
        """Tell what is left and the sum; when it is late, without any waiting."""
        for event in self._recorder.events():
            if is_late:
                self._tell(event)
            else:
                self.note(event)
        self._watch.end()
        is_open = self._recorder.status().info is not None
        if is_open or self._as_json:
            sum_up(self._recorder, self._as_json)
        if is_open and not is_late:
            self._coach.speak()

    @property
    def is_cut_off(self) -> bool:
        """Whether the disk was too slow for all that was chosen, at the end."""
        from station.shutter.run import NOT_STORED

        return NOT_STORED in self._recorder.status().refused

    def _tell(self, event: RecorderEvent) -> None:
        from station.recorder import Ended

        self._watch.note(event)
        if isinstance(event, Ended):
            self.error = event.error
        else:
            tell_event(event, self._as_json, self._recorder.status().refused)
