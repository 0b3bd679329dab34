"""The catalogue of formats: what comes in, what goes out, and which one this is."""

from __future__ import annotations

from pathlib import Path

from dataset.errors import BadFile, UsageError

from .card import CardReader
from .contract import Reader
from .formats_out import WRITERS, writer_for
from .readers.azureml import AzureMlReader
from .readers.coco import CocoReader
from .readers.csv_tables import CsvReader
from .readers.custom_vision import CustomVisionReader
from .readers.cvat import CvatReader
from .readers.edge_impulse import EdgeImpulseReader
from .readers.huggingface import HuggingFaceReader
from .readers.huggingface_parquet import ParquetReader
from .readers.image_folder import ImageFolderReader
from .readers.label_studio import LabelStudioReader
from .readers.labelme import LabelmeReader
from .readers.labelme_xml import LabelmeXmlReader
from .readers.tfrecord import TfRecordReader
from .readers.voc import VocReader
from .readers.vott import VottReader
from .readers.webdataset import WebDatasetReader
from .readers.yolo import YoloReader
from .side_car import has_side_car, read_side_car
from .side_car_reader import SideCarReader

__all__ = ["READERS", "WRITERS", "detect_format", "reader_for", "writer_for"]

# In the order in which they are asked: the plainest one takes anything.
READERS: tuple[Reader, ...] = (
    CocoReader(),
    YoloReader(),
    LabelmeXmlReader(),
    VocReader(),
    CvatReader(),
    LabelStudioReader(),
    LabelmeReader(),
    VottReader(),
    EdgeImpulseReader(),
    CustomVisionReader(),
    AzureMlReader(),
    HuggingFaceReader(),
    ParquetReader(),
    WebDatasetReader(),
    TfRecordReader(),
    CsvReader(),
    CardReader(),
    SideCarReader(),
    ImageFolderReader(),
)


def detect_format(path: Path) -> str:
    """The name of the format that a file or folder from elsewhere is in.

    Raises:
        BadFile: there is nothing, or nothing that any reader takes.
    """
    if not path.exists():
        raise BadFile(f"There is no such file or folder: {path}")
    if path.is_dir() and has_side_car(path):
        named = _named_by_side_car(path)
        if any(item.format == named for item in READERS):
            return named
    for item in READERS:
        if item.detect(path):
            return item.format
    known = ", ".join(item.format for item in READERS)
    raise BadFile(
        f"Nothing here is in a format that is taken in ({known}): {path}",
        hint="give the folder that holds the images and their labels",
    )


def _named_by_side_car(path: Path) -> str:
    """The format that a side-car names, "" where it cannot be read."""
    try:
        return read_side_car(path).format.removesuffix("-strict")
    except BadFile:
        return ""


def reader_for(name: str) -> Reader:
    """The reader of that format.

    Raises:
        UsageError: there is none.
    """
    for item in READERS:
        if item.format == name:
            return item
    known = ", ".join(item.format for item in READERS)
    raise UsageError(
        f"No such format comes in: {name}", hint=f"choose one of auto, {known}"
    )
