"""Azure Machine Learning, AutoML object detection, going out: JSONL with an MLTable.

    <split>/annotations.jsonl           a line an image, corners from 0 to 1
    <split>/MLTable                     how a job reads it
    images/<split>/<sample id>.<suffix>
    images-data-asset.yaml              the images as a `uri_folder`
    data-asset-<split>.yaml             each split as an `mltable`
    job.yaml                            an AutoML job that takes train and val

Where the images will lie is known only after they were uploaded: every `image_url`
begins with `PLACEHOLDER`, and the dataset card says how to put the real address there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset.records import SplitKind

from ..handover.column_texts import float_texts, grouped, integer_texts, joined
from ..handover.export_folder import ExportFolder
from ..handover.outgoing import OutgoingBatch, OutgoingBox
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport, by_sample
from ..handover.texts import json_lines

PLACEHOLDER: Final = (
    "azureml://subscriptions/SUBSCRIPTION/resourcegroups/GROUP/workspaces/WORKSPACE"
    "/datastores/DATASTORE/paths/FOLDER"
)
_LINES: Final = "annotations.jsonl"
_SCHEMAS: Final = "https://azuremlschemas.azureedge.net/latest"
_JOB_SCHEMA: Final = (
    "https://azuremlsdk2.blob.core.windows.net/preview/0.0.1"
    "/autoMLImageObjectDetectionJob.schema.json"
)
# The service takes at most 30 characters for an asset's version.
_VERSION_LENGTH = 30
_MLTABLE: Final = f"""\
$schema: {_SCHEMAS}/MLTable.schema.json
type: mltable
paths:
- file: ./{_LINES}
transformations:
- read_json_lines:
    encoding: utf8
    invalid_lines: error
    include_path_column: false
- convert_column_types:
  - columns: image_url
    column_type: stream_info
"""
_CARD: Final = f"""\
Each split is an MLTable; `label` holds corners from 0 to 1 of the upright image. Every
`image_url` begins with a placeholder. Upload this folder, then put its address there:

```sh
ADDRESS=azureml://subscriptions/.../paths/dataset
sed -i "s#{PLACEHOLDER}#$ADDRESS#" */{_LINES}
az ml data create --file data-asset-train.yaml     # and so on for the other splits
az ml job create --file job.yaml
```

After that `SHA256SUMS` holds for every file but the `{_LINES}`. Images without a
box have an empty `label`; where a recipe stumbles over them, export with
`--drop-empty`."""


class AzureMlPages(Pages):
    """The JSONL files, their MLTables, the data assets and a job."""

    format: ClassVar[str] = "azureml"
    tolerance_px: ClassVar[float] = 1e-6

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._rows = {split.name: self.rows() for split in plan.splits}
        self._names = {i.id: encode_basestring(i.name) for i in plan.classes}
        self._version = plan.frozen.version.id[:_VERSION_LENGTH].rstrip("-")

    def add_all(self, batch: OutgoingBatch) -> None:
        """Write a line for each image."""
        labels = grouped(_labels(batch, self._names), batch.boxes.bounds, ",")
        width, height = (integer_texts(batch.numbers(s)) for s in ("width", "height"))
        lines = joined(
            *('{"image_details":{"format":"', batch.words("suffix")),
            *('","height":', height, ',"width":', width),
            *(f'}},"image_url":"{PLACEHOLDER}/', batch.image_names),
            *('","label":[', labels, "]}\n"),
        )
        splits = batch.words("split")
        for name in sorted(set(splits.to_pylist())):
            self._rows[name].add_all(lines.filter(pc.equal(splits, name)))

    def finish(self) -> None:
        """Write the lines, the tables and the assets."""
        for name, rows in self._rows.items():
            rows.write(f"{name}/{_LINES}")
            self.folder.write(f"{name}/MLTable", _MLTABLE.encode())
            self.folder.write(f"data-asset-{name}.yaml", self._table_asset(name))
        self.folder.write("images-data-asset.yaml", self._images_asset())
        self.folder.write("job.yaml", self._job().encode())

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """Each line of each split's JSONL file."""
        return by_sample(
            _found(written.root / split.name / _LINES, split.name)
            for split in self.plan.splits
        )

    def card(self) -> str:
        """How the placeholder is filled."""
        return _CARD

    def _table_asset(self, split: str) -> bytes:
        return self._asset(f"fieldset-{split}", split, "mltable", f"./{split}")

    def _images_asset(self) -> bytes:
        return self._asset("fieldset_images", "images", "uri_folder", "./images")

    def _asset(self, name: str, what: str, kind: str, path: str) -> bytes:
        return (
            f"$schema: {_SCHEMAS}/data.schema.json\n"
            f"name: {name}\n"
            f'version: "{self._version}"\n'
            f"type: {kind}\npath: {path}\n"
            f"description: {what} of {self.plan.frozen.version.id}\n"
        ).encode()

    def _job(self) -> str:
        """An AutoML job; it names what a person has to choose in capitals."""
        held = [split.name for split in self.plan.splits]
        data = ""
        if "train" in held:
            data += self._job_data("training_data", "train")
        if "val" in held:
            data += self._job_data("validation_data", "val")
        tests = [s.name for s in self.plan.splits if s.kind is SplitKind.TEST]
        asides = "".join(f"# kept for evaluation: fieldset-{name}\n" for name in tests)
        return (
            f"$schema: {_JOB_SCHEMA}\n"
            "type: automl\nexperiment_name: fieldset\n"
            "compute: azureml:COMPUTE\n"
            "task: image_object_detection\n"
            "primary_metric: mean_average_precision\n"
            f"target_column_name: label\n{data}{asides}"
            "limits:\n  timeout_minutes: 240\n  max_trials: 1\n"
            "  max_concurrent_trials: 1\n"
            "training_parameters:\n  model_name: yolov5\n"
        )

    def _job_data(self, key: str, split: str) -> str:
        path = f"azureml:fieldset-{split}:{self._version}"
        return f"{key}:\n  path: {path}\n  type: mltable\n"


def _labels(batch: OutgoingBatch, names: Mapping[int, str]) -> pa.Array:
    """The object of each box; corners from 0 to 1."""
    boxes = batch.boxes
    width, height = (batch.numbers(s)[boxes.owners] for s in ("width", "height"))
    sides = (width, height, width, height)
    x0, y0, x1, y1 = map(float_texts, boxes.corners / np.stack(sides))
    return joined(
        *('{"bottomX":', x1, ',"bottomY":', y1, ',"isCrowd":0,"label":'),
        *(boxes.said(names), ',"topX":', x0, ',"topY":', y0, "}"),
    )


def _found(path: Path, split: str) -> Iterator[FoundImage]:
    for row in json_lines(path):
        details = row["image_details"]
        yield FoundImage(
            str(row["image_url"]).removeprefix(f"{PLACEHOLDER}/"),
            list(map(_box, row["label"])),
            split,
            (int(details["width"]), int(details["height"])),
            is_relative=True,
        )


def _box(item: dict[str, Any]) -> OutgoingBox:
    return OutgoingBox(
        item["label"], item["topX"], item["topY"], item["bottomX"], item["bottomY"]
    )
