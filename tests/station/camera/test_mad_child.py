"""A child that lost its mind: whatever it sends ends in one sentence."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from dataset.errors import CameraError
from station.camera.source import open_source

from .clips import raw_clip
from .frames_of import PATIENCE_S, all_frames

ROOT = Path(__file__).resolve().parents[3]
INFO = {
    "type": "info",
    "width": 4,
    "height": 4,
    "fps": 10.0,
    "readback": {
        "mode": None,
        "controls": [],
        "driver": "",
        "card": "",
        "serial": "",
    },
    "modes": [],
}
FRAME = {
    "type": "frame",
    "index": 0,
    "captured_us": 0,
    "elapsed_s": 0.0,
    "arrived_s": 0.0,
    "suffix": "",
    "session": "",
    "name": "",
}
TICKET = {"slot": 0, "number": 2, "height": 4, "width": 4}
CHILD = (
    "import ast, sys\n"
    "from station.camera.wire import send\n"
    "sys.stdin.buffer.readline()\n"
    "for message in ast.literal_eval(sys.argv[1]):\n"
    "    send(1, message)\n"
    "sys.stdin.buffer.read()\n"
)


def _playing(messages: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a child that sends these messages in the reader's place."""
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", paths)
    monkeypatch.setattr(
        "station.camera.reader_process._command",
        lambda: [sys.executable, "-c", CHILD, repr(messages)],
    )


@pytest.mark.parametrize(
    "mad",
    [
        {**FRAME, "ticket": {**TICKET, "slot": 99}},
        {**FRAME, "ticket": {**TICKET, "height": 0}},
        {**FRAME, "ticket": {**TICKET, "height": 1 << 20, "width": 1 << 20}},
        {**FRAME, "ticket": "here"},
        {**FRAME, "ticket": {"slot": 0}},
        {**FRAME, "index": "first", "ticket": TICKET},
        {"type": "frame", "ticket": TICKET},
        FRAME,
        {"type": "answer"},
        {"type": "readback", "readback": {"mode": {"width": 0, "height": 0}}},
        {"type": "dance"},
        {"type": "info"},
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="shares memory")
def test_message_that_makes_no_sense_ends_the_source(
    mad: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = tmp_path / "clip.avi"
    clip.write_bytes(raw_clip(4, 4, 1))
    _playing([INFO, mad], monkeypatch)

    with open_source(str(clip)) as source, pytest.raises(CameraError, match="decoder"):
        all_frames(source)


@pytest.mark.skipif(sys.platform != "linux", reason="shares memory")
def test_ticket_of_a_picture_that_was_never_written_gives_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = tmp_path / "clip.avi"
    clip.write_bytes(raw_clip(4, 4, 1))
    _playing([INFO, {**FRAME, "ticket": TICKET}, {"type": "end"}], monkeypatch)

    with open_source(str(clip)) as source:
        frame = source.read(PATIENCE_S)

    assert frame is None
