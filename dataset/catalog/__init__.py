"""The catalog: the one truth about samples, boxes, groups, splits and versions.

All SQL of fieldset is in this package and in `dataset.migrations`; each noun has a
file. Every public method is one transaction, and joins the one that is open.
"""

from .box_features import BoxFeature, BoxFilter, BoxLine
from .catalog import Catalog
from .changed import Mark
from .claims import Holder
from .class_acts import ClassUse
from .classes import checked_class_name, folded_name
from .journal import Decision, JournalEntry
from .labels import Turned
from .looks import Decided, Look
from .places import Place
from .provenance import KeptLink
from .queue_order import Wanted
from .second_looks import (
    Candidate,
    Draft,
    PassLine,
    SecondLook,
    Settlement,
)
from .tables import ClassSplitCount, GroupLine, SplitCount

__all__ = [
    "BoxFeature",
    "BoxFilter",
    "BoxLine",
    "Candidate",
    "Catalog",
    "ClassSplitCount",
    "ClassUse",
    "Decided",
    "Decision",
    "Draft",
    "GroupLine",
    "Holder",
    "JournalEntry",
    "KeptLink",
    "Look",
    "Mark",
    "PassLine",
    "Place",
    "SecondLook",
    "Settlement",
    "SplitCount",
    "Turned",
    "Wanted",
    "checked_class_name",
    "folded_name",
]
