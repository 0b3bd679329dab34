"""Small disks that can be full or read-only: tmpfs, which only root may mount."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Disk:
    """A mounted tmpfs of a few hundred kilobytes."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def grow(self, kilobytes: int) -> None:
        """Give it another size."""
        self._mount(f"remount,size={kilobytes}k")

    def make_read_only(self) -> None:
        """Refuse every write from now on."""
        self._mount("remount,ro")

    def make_writable(self) -> None:
        """Take writes again."""
        self._mount("remount,rw")

    def mount(self, options: str) -> str:
        """Mount it; gives why it could not be, or ""."""
        self.place.mkdir(parents=True, exist_ok=True)
        try:
            self._mount(options)
        except (OSError, subprocess.CalledProcessError) as error:
            talk = getattr(error, "stderr", "") or str(error)
            return f"a small disk cannot be mounted here: {talk.strip()}"
        return ""

    def unmount(self) -> None:
        """Take it away, whoever still looks at it."""
        command = ["umount", "--lazy", str(self.place)]
        subprocess.run(command, check=True, capture_output=True)

    def _mount(self, options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.place)]
        subprocess.run(command, check=True, capture_output=True, text=True)
