"""The catalogue of the formats that go out."""

from __future__ import annotations

from dataset.errors import UsageError

from .contract import Writer
from .handover.delivery import FormatWriter
from .writers.azureml import AzureMlPages
from .writers.coco import CocoPages
from .writers.csv_tables import CsvPages
from .writers.custom_vision import CustomVisionPages
from .writers.cvat import CvatPages
from .writers.edge_impulse import EdgeImpulsePages
from .writers.huggingface import HuggingFacePages
from .writers.huggingface_parquet import ParquetPages
from .writers.label_studio import LabelStudioPages
from .writers.tfrecord import TfRecordPages
from .writers.voc import StrictVocPages, VocPages
from .writers.webdataset import WebDatasetPages
from .writers.yolo import YoloPages

WRITERS: tuple[Writer, ...] = tuple(
    FormatWriter(pages)
    for pages in (
        CocoPages,
        YoloPages,
        VocPages,
        StrictVocPages,
        AzureMlPages,
        CustomVisionPages,
        EdgeImpulsePages,
        HuggingFacePages,
        ParquetPages,
        WebDatasetPages,
        TfRecordPages,
        CvatPages,
        LabelStudioPages,
        CsvPages,
    )
)


def writer_for(name: str) -> Writer:
    """The writer of that format.

    Raises:
        UsageError: there is none.
    """
    for item in WRITERS:
        if item.format == name:
            return item
    known = ", ".join(item.format for item in WRITERS)
    raise UsageError(f"No such format goes out: {name}", hint=f"choose one of {known}")
