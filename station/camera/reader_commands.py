"""What the program asks of the camera's process while it runs, and how that is done.

Commands come as lines of JSON over the standard input. When it closes, the program has
let go of us or is dead, and this process ends within half a second whatever a decoder
does. (PDEATHSIG was rejected: it fires when the starting THREAD ends.) Controls are set
by a thread of their own, for a camera may never answer; it also reads them again every
second, since a camera on automatic changes them by itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
import time
from typing import Any

from .camera_controls import CameraControls
from .controls import ControlSetting
from .readback import CameraReadback, granted_to_json, readback_to_json
from .reader_output import Output
from .slots import SLOTS

_GRACE_S = 0.5
_READ_AGAIN_S = 1.0


class Commands:
    """Listens to the program for as long as this process lives."""

    def __init__(self, output: Output) -> None:
        self.stop = threading.Event()
        self._output = output
        self._wishes: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def serve(self, controls: CameraControls, known: CameraReadback) -> None:
        """Set controls from now on; `known` is what was told of them last."""
        threading.Thread(target=self._set, args=(controls, known), daemon=True).start()

    def _listen(self) -> None:
        """Take commands until the input closes, then give the feed a moment and end."""
        for line in sys.stdin.buffer:
            command = json.loads(line)
            if command["type"] == "room":
                self._output.make_room()
            else:
                self._wishes.put(command)
        self.stop.set()
        self._output.make_room(SLOTS)  # whoever waits for room shall see the end
        time.sleep(_GRACE_S)
        os._exit(0)

    def _set(self, controls: CameraControls, known: CameraReadback) -> None:
        """Fulfil wishes, and tell what changed by itself."""
        with contextlib.suppress(BrokenPipeError):
            while True:
                wish = self._next_wish()
                answer = None
                if wish is not None:
                    setting = ControlSetting(**wish["setting"])
                    answer = controls.set(wish["name"], setting)
                now = controls.read()
                if now != known:
                    known = now
                    self._output.tell(
                        {"type": "readback", "readback": readback_to_json(now)}
                    )
                if wish is not None and answer is not None:
                    self._output.tell(
                        {
                            "type": "answer",
                            "number": wish["number"],
                            "granted": granted_to_json(answer),
                        }
                    )

    def _next_wish(self) -> dict[str, Any] | None:
        try:
            return self._wishes.get(timeout=_READ_AGAIN_S)
        except queue.Empty:
            return None
