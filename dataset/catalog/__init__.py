"""The catalog: the one truth about samples, boxes, groups, splits and versions.

All SQL of fieldset is in this package and in `dataset.migrations`; each noun has a
file. Every public method is one transaction, and joins the one that is open.
"""

from .catalog import Catalog
from .changed import Mark
from .classes import checked_class_name, folded_name
from .journal import JournalEntry
from .looks import Decided, Look
from .tables import ClassSplitCount, GroupLine, SplitCount

__all__ = [
    "Catalog",
    "ClassSplitCount",
    "Decided",
    "GroupLine",
    "JournalEntry",
    "Look",
    "Mark",
    "SplitCount",
    "checked_class_name",
    "folded_name",
]
