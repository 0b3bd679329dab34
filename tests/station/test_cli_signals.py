from __future__ import annotations

import signal
import threading

import pytest

from station.cli.signals import ending_as_ctrl_c, held_signals


def test_a_signal_comes_when_the_block_is_over() -> None:
    told: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda *_: told.append("signal"))

    with held_signals():
        signal.raise_signal(signal.SIGTERM)
        told.append("block")

    signal.signal(signal.SIGTERM, before)
    assert told == ["block", "signal"]


def test_handlers_are_given_back() -> None:
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]

    with held_signals():
        pass

    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_fault_inside_is_not_hidden_and_gives_handlers_back() -> None:
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(ValueError, match="inside"), held_signals():
        raise ValueError("inside")

    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_that_is_ignored_does_not_hide_the_one_behind_it() -> None:
    def hang_up_and_terminate() -> None:
        with ending_as_ctrl_c(), held_signals():
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGTERM)

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with pytest.raises(KeyboardInterrupt):
        hang_up_and_terminate()

    assert signal.signal(signal.SIGHUP, before) == signal.SIG_IGN


def test_sigterm_ends_the_work_as_ctrl_c_does() -> None:
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt), ending_as_ctrl_c():
        signal.raise_signal(signal.SIGTERM)

    assert signal.getsignal(signal.SIGTERM) == before


def test_another_thread_is_let_through() -> None:
    done = []

    def work() -> None:
        with held_signals():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert done == [True]
