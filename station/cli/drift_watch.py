"""What `fieldset drift` says of a stream while it is watched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from dataset.errors import FieldsetError

from .output import say

if TYPE_CHECKING:
    from dataset.drift import SampleTable
    from dataset.drift_statistics.live_drift import DriftWatch, LiveDrift
    from dataset.project import Project
    from station.models.onnx_backbone import OnnxBackbone

# One picture that is unlike the others is no news.
_LOOKS: Final = 3


class StreamTalk:
    """Tells of a live stream when its verdict changes, and when its picture goes away.

    Verdicts go into the project's log, too. A clip is compared, not watched.
    """

    def __init__(self, project: Project, name: str, base: SampleTable) -> None:
        self._project = project
        self._name = name
        self._base = base
        self._camera = ""
        self._watch: DriftWatch | None = None
        self._is_away = False
        self._others = 0

    def see(self, camera: str, measures: Mapping[str, float]) -> None:
        """Take the next picture of a live camera."""
        from dataset.drift_statistics.baseline import LEAST_SAMPLES
        from station.drift_watching import log_verdict, watch_of

        self._camera = camera
        if self._watch is None and len(self._base) >= LEAST_SAMPLES:
            self._watch = watch_of(
                self._project, camera, against=self._name, base=self._base
            )
        if self._watch is None:
            return
        before, now = self._watch.now, self._watch.see(measures)
        if not before.metrics and now.metrics:
            say(f"watching {camera} against {self._name}: {_words(now)}")
        if now.verdict is not before.verdict:
            if before.metrics:
                say(_words(now))
            try:
                log_verdict(self._project, camera, before, now)
            except FieldsetError as error:
                say(f"warning: {error.message}")
        self._tell_away(now)

    def with_earlier(
        self, stream: SampleTable, backbone: OnnxBackbone | None = None
    ) -> SampleTable:
        """A camera's stream with what it captured since the base, said aloud."""
        from dataset.drift_statistics.live_drift import joined
        from station.drift_watching import captured_since

        if not self._camera:
            return stream
        earlier = captured_since(
            self._project,
            self._base,
            self._camera,
            name=self._name,
            backbone=backbone,
        )
        if earlier is None:
            return stream
        count = len(set(earlier.sessions))
        say(f"sessions of this camera since {self._name} that count, too: {count}")
        return joined(earlier, stream)

    def _tell_away(self, now: LiveDrift) -> None:
        from dataset.drift_statistics.live_drift import label_of

        self._others = self._others + 1 if bool(now.away) != self._is_away else 0
        if self._others < _LOOKS:
            return
        self._others, self._is_away = 0, bool(now.away)
        if not now.away:
            say("the picture is as usual again")
            return
        first = now.away[0]
        figure = f"{label_of(first.metric)} {first.deviations:+.1f} sd"
        say(f"the picture left the baseline: {figure}")


def _words(now: LiveDrift) -> str:
    return f"{now.verdict.value}: {now.reason}"
