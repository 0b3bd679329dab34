"""A source whose decoding runs in a child process, with time limits.

A thread of this process receives messages and leaves them in a mailbox; `read` takes
from there. Everything that can go wrong in the child (an abort, a hang, a wrong word)
ends in one `CameraError` sentence. The thread and the child never outlive `close`, and
the child ends by itself when this process dies, because its input closes.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import asdict
from typing import Self

from dataset.errors import CameraError

from .address import Address
from .answers import Answers
from .controls import ControlSetting, Readback
from .frames import (
    ANSWER_S,
    Frame,
    NoAnswer,
    NoPicture,
    OnEvent,
    SourceInfo,
    ignore_event,
)
from .freshness import STALE_S
from .mailbox import Mailbox
from .reader_process import ReaderDied, ReaderProcess
from .receiver import Receiver
from .wishes import Wishes

OPEN_S = 10.0
LIVE_STALL_S = 3.0
FILE_STALL_S = 15.0


class ChildSource:
    """Pictures from one address, decoded in a child process.

    The constructor starts the child and returns at once; `wait_open` waits for the
    first picture, and so does the first `read`.
    """

    def __init__(
        self,
        address: Address,
        *,
        timeout_s: float = OPEN_S,
        stall_s: float | None = None,
        stale_s: float = STALE_S,
        on_event: OnEvent = ignore_event,
        skip: int = 0,
        wishes: Wishes | None = None,
        patience_s: float = 0.0,
    ) -> None:
        """Start the child.

        Args:
            address: what to open.
            timeout_s: how long opening may take, up to the first picture.
            stall_s: how long a picture may take afterwards; the source is lost then.
            stale_s: a live frame older than this is never given out.
            on_event: told of refusals and size changes, from inside `read`.
            skip: how many of a folder's images to leave out.
            wishes: mode and controls that the camera shall have before its first
                picture.
            patience_s: how long to wait for a camera that is away; `timeout_s` begins
                when it is there again.
        """
        default_s = LIVE_STALL_S if address.live else FILE_STALL_S
        self._address = address
        self._timeout_s = timeout_s
        self._patience_s = patience_s
        self._stall_s = default_s if stall_s is None else stall_s
        self._stale_s = stale_s
        self._on_event = on_event
        self._mailbox = Mailbox(live=address.live)
        self._started_s = time.monotonic()
        self._asked_s = self._started_s
        self._answers = Answers()
        self._child = ReaderProcess(
            address,
            timeout_s,
            skip=skip,
            wishes=wishes or Wishes(),
            patience_s=patience_s,
        )
        self._receiver = Receiver(self._child, address, self._mailbox, self._answers)
        self._finalize = weakref.finalize(
            self, _shut_down, self._child, self._receiver, self._mailbox
        )
        self._receiver.start()

    @property
    def info(self) -> SourceInfo:
        """What is known of the source.

        Raises:
            CameraError: it has not opened yet.
        """
        info = self._mailbox.info
        if info is None:
            raise CameraError(f"The source is not open yet: {self._address.shown}")
        return info

    @property
    def refused(self) -> Mapping[str, int]:
        """How many pictures were not passed on so far, by reason."""
        return self._mailbox.refused

    @property
    def dropped(self) -> int:
        """Frames of a live source that nobody read before a newer one came."""
        return self._mailbox.dropped

    @property
    def pid(self) -> int:
        """The child's process id, for looking at it from outside."""
        return self._child.pid

    @property
    def last_attempt(self) -> tuple[int, str]:
        """Number (1-based) and name of the folder's image that was begun last."""
        return self._receiver.last_attempt

    @property
    def is_open(self) -> bool:
        """Whether a first picture has come."""
        return self._mailbox.info is not None

    def wait_open(self) -> SourceInfo:
        """Wait for the first picture.

        Raises:
            CameraError: none came within the time limit; the child is gone then.
        """
        left_s = self._lost_at_s() - time.monotonic()
        info = self._mailbox.wait_info(max(0.0, left_s))
        if info is None:
            self._give_up()
            info = self._mailbox.wait_info(0.0)
        if info is None:
            raise CameraError(
                f"No usable picture came: {self._address.shown}", hint=self._counts()
            )
        return info

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame (see `CameraSource.read`)."""
        self._asked_s = time.monotonic()
        deadline_s = self._asked_s + timeout_s
        while True:
            limit_s = min(deadline_s, self._lost_at_s())
            try:
                taken = self._mailbox.take(
                    max(0.0, limit_s - time.monotonic()), self._stale_s
                )
            except TimeoutError:
                if time.monotonic() >= self._lost_at_s():
                    self._give_up()
                elif time.monotonic() >= deadline_s:
                    raise NoPicture(
                        f"No picture came within {timeout_s:g} s: {self._address.shown}"
                    ) from None
                continue
            if taken is None or isinstance(taken, Frame):
                return taken
            self._on_event(taken)

    def age_s(self) -> float:
        """Return the age of the newest frame in seconds."""
        return self._mailbox.age_s()

    def set_control(
        self, name: str, setting: ControlSetting, *, timeout_s: float = ANSWER_S
    ) -> Readback:
        """Set a control in the child and read it back (see `CameraSource`)."""
        number = self._answers.expect()
        self._child.ask(
            {
                "type": "set",
                "number": number,
                "name": name,
                "setting": asdict(setting),
            }
        )
        answer = self._answers.wait(number, timeout_s)
        if answer is None:
            raise NoAnswer(
                f"The camera did not say what became of `{name}`: {self._address.shown}"
            )
        return answer

    def close(self) -> None:
        """End the child and join the thread; a second call is free."""
        self._finalize()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close."""
        self.close()

    def _lost_at_s(self) -> float:
        """When to give up waiting, if nothing comes."""
        if not self.is_open:
            there_s = self._mailbox.there_s
            waited_for_s = self._started_s + self._patience_s
            return (waited_for_s if there_s is None else there_s) + self._timeout_s
        newest_s = time.monotonic() - self._mailbox.age_s()
        if not self._address.live:  # it may have waited for us, not we for it
            newest_s = max(newest_s, self._asked_s)
        return newest_s + self._stall_s

    def _give_up(self) -> None:
        shown = self._address.shown
        if self.is_open:
            what = f"The source stopped giving pictures for {self._stall_s:g} s"
        else:
            what = f"The source did not open within {self._timeout_s:g} s"
        self._mailbox.fail(ReaderDied(f"{what}: {shown}", hint=self._counts()))
        self._child.kill()

    def _counts(self) -> str:
        refused = self._mailbox.refused
        return "; ".join(f"{count} refused: {why}" for why, count in refused.items())


def _shut_down(child: ReaderProcess, receiver: Receiver, mailbox: Mailbox) -> None:
    mailbox.close()
    child.leave()
    if receiver.ident is not None and receiver is not threading.current_thread():
        receiver.join()
    child.close_files()
