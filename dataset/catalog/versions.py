"""The catalog's list of frozen versions; their content lies in `versions/`."""

from __future__ import annotations

from dataset.records import Version, VersionRoots

from .connection import Connection

_COLUMNS = (
    "id, number, parent, created_us, message, author, samples, boxes, "
    "images_root, labels_root, splits_root"
)


class Versions:
    """The frozen versions that a catalog knows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, version: Version) -> bool:
        """Keep a version; False where its id or its number is known already."""
        with self._connection.writing():
            added = self._connection.run(
                f"INSERT INTO versions ({_COLUMNS}) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                [
                    version.id,
                    version.number,
                    version.parent,
                    version.created_us,
                    version.message,
                    version.author,
                    version.samples,
                    version.boxes,
                    version.roots.images,
                    version.roots.labels,
                    version.roots.splits,
                ],
            )
        return added > 0

    def all(self) -> tuple[Version, ...]:
        """Every version, oldest first."""
        rows = self._connection.rows(f"SELECT {_COLUMNS} FROM versions ORDER BY number")
        return tuple(
            Version(
                id=str(row[0]),
                number=int(row[1]),
                parent=None if row[2] is None else str(row[2]),
                created_us=int(row[3]),
                message=str(row[4]),
                author=str(row[5]),
                samples=int(row[6]),
                boxes=int(row[7]),
                roots=VersionRoots(
                    images=str(row[8]), labels=str(row[9]), splits=str(row[10])
                ),
            )
            for row in rows
        )
