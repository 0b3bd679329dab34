"""What the dialog of class work asks of its desk, and the values it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dataset.records import LabelClass
from labeling.class_work import ClassAct


@dataclass(frozen=True, slots=True, kw_only=True)
class ActPreview:
    """What an act would touch, in sentences; `refusal` says why it cannot be done."""

    act: ClassAct
    sentences: tuple[str, ...]
    refusal: str = ""


class ClassDesk(Protocol):
    """Works on the classes of a project; every act is saved when it returns."""

    def all(self) -> tuple[LabelClass, ...]:
        """Give all classes, the retired ones too, by id."""

    def preview(self, act: ClassAct) -> ActPreview:
        """Say what an act would touch; nothing is written."""

    def do(self, act: ClassAct) -> str:
        """Do an act, and give the sentence on what was done."""
