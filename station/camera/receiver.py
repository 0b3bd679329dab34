"""The thread that hears the camera's process and leaves what it tells in a mailbox."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from functools import partial

import numpy as np

from dataset.errors import CameraError

from .address import Address
from .answers import Answers
from .delivery import Delivery
from .frames import AccessRefused, CameraEvent, Frame, Refusal, SizeChange, SourceInfo
from .mailbox import Mailbox
from .modes import Mode
from .readback import (
    NOTHING_READ,
    granted_from_json,
    readback_from_json,
)
from .reader_process import ReaderProcess
from .wire import BrokenWire, Message, receive

log = logging.getLogger(__name__)

_NO_PIXELS = np.empty((0, 0, 3), np.uint8)


class Receiver(threading.Thread):
    """Moves messages from the child into the mailbox until the child is gone."""

    def __init__(
        self,
        child: ReaderProcess,
        address: Address,
        mailbox: Mailbox,
        answers: Answers,
    ) -> None:
        super().__init__(name=f"camera {address.kind}", daemon=True)
        self._child = child
        self._address = address
        self._mailbox = mailbox
        self._answers = answers
        self._readback = NOTHING_READ
        self._frames = 0
        self._ended = False
        self.last_attempt = (0, "")

    def run(self) -> None:
        """Receive until the pipe closes."""
        try:
            while (message := receive(self._child.output)) is not None:
                self._take(message)
        except (BrokenWire, KeyError, TypeError, ValueError) as error:
            log.info("camera reader: %s", error)
            self._child.kill()
        self._answers.end()
        if not self._ended and not self._mailbox.is_over:
            self._mailbox.fail(self._child.death(self._frames))

    def _take(self, message: Message) -> None:
        header = message.header
        if message.type == "frame":
            self._take_frame(message)
        elif message.type == "info":
            self._readback = readback_from_json(header["readback"])
            self._mailbox.put_info(
                SourceInfo(
                    address=self._address.shown,
                    kind=self._address.kind,
                    width=int(header["width"]),
                    height=int(header["height"]),
                    fps=float(header["fps"]),
                    live=self._address.live,
                    readback=self._readback,
                    modes=tuple(Mode(**mode) for mode in header["modes"]),
                )
            )
        elif message.type == "readback":
            self._readback = readback_from_json(header["readback"])
            self._mailbox.put_readback(self._readback)
        elif message.type == "answer":
            answer = granted_from_json(header["granted"])
            self._answers.put(int(header["number"]), answer)
        elif message.type == "at":
            self.last_attempt = (int(header["number"]), str(header["name"]))
        elif message.type == "error":
            self._ended = True
            kind = AccessRefused if header["is_refusal"] else CameraError
            self._mailbox.fail(kind(header["message"], hint=header["hint"]))
        elif message.type == "there":
            self._mailbox.put_sign()
        elif message.type == "end":
            self._ended = True
            self._mailbox.end()
        else:
            self._mailbox.put_event(_event(message))

    def _take_frame(self, message: Message) -> None:
        self._frames += 1
        header = message.header
        if message.ticket is not None and self._child.slots is not None:
            self._child.slots.check(message.ticket)
        elif message.pixels is None:
            raise BrokenWire("a frame without pixels")
        # Not later than now: on some systems the two processes' clocks may differ.
        arrived_s = time.monotonic()
        if self._address.live:
            arrived_s = min(arrived_s, float(header["arrived_s"]))
        draft = Frame(
            index=int(header["index"]),
            captured_us=int(header["captured_us"]),
            elapsed_s=float(header["elapsed_s"]),
            pixels=_NO_PIXELS,
            encoded=message.encoded,
            suffix=str(header["suffix"]),
            session=str(header["session"]),
            name=str(header["name"]),
            readback=self._readback,
        )
        self._mailbox.put_frame(
            Delivery(
                arrived_s=arrived_s,
                captured_us=draft.captured_us,
                collect=partial(self._collect, draft, message),
            )
        )

    def _collect(self, draft: Frame, message: Message) -> Frame | None:
        """The frame with pixels of its own; None when they were written over."""
        pixels = message.pixels
        slots = self._child.slots
        if message.ticket is not None and slots is not None:
            pixels = slots.read(message.ticket)
            if not self._address.live:
                self._child.ask({"type": "room"})
        if pixels is None:
            return None
        pixels.flags.writeable = False
        return replace(draft, pixels=pixels)


def _event(message: Message) -> CameraEvent:
    header = message.header
    at_us = int(header["at_us"])
    if message.type == "refused":
        return Refusal(at_us=at_us, reason=str(header["reason"]), name=header["name"])
    if message.type == "size":
        (old_width, old_height), (width, height) = header["old"], header["new"]
        return SizeChange(at_us=at_us, old=(old_width, old_height), new=(width, height))
    raise BrokenWire(f"an unknown message: {message.type}")
