"""The errors that fieldset raises on purpose.

    FieldsetError                 the world's fault; exit code 3 unless said otherwise
    ├── UsageError                2    the call itself is wrong
    ├── ProjectError              3    the project or a file is not as it must be
    │   ├── NotAProject           3    the folder holds no project
    │   ├── NewerProject          3    written by a newer fieldset
    │   ├── ReadOnlyProject       3    the project cannot be written
    │   ├── StorageFull           3    no space is left
    │   ├── SettingsError         3    fieldset.toml is not valid
    │   ├── BadImage              3    bytes that are no usable image
    │   ├── BadFile               3    another file that cannot be read
    │   └── NotFound              3    a name that nothing answers to
    ├── PolicyRefusal             4    balance, leak or a sealed test said no
    └── DeviceError               5    camera, network or cloud
        ├── CameraError           5
        └── CloudError            5

Anything else that escapes is a bug of ours and exits with 70. A message is one
sentence with the offending value last; `hint` is the next step, without a full stop.
"""

from __future__ import annotations

from typing import ClassVar


class FieldsetError(Exception):
    """Something outside fieldset is not as it must be."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(FieldsetError):
    """The command or the call was given arguments that do not fit."""

    exit_code = 2


class ProjectError(FieldsetError):
    """The project or one of its files is not as it must be."""


class NotAProject(ProjectError):
    """The folder holds no fieldset project."""


class NewerProject(ProjectError):
    """The project was written by a newer fieldset than this one."""


class ReadOnlyProject(ProjectError):
    """The project's folder or catalog cannot be written."""


class StorageFull(ProjectError):
    """The disk has no room for what was to be written."""


class SettingsError(ProjectError):
    """A settings file is not valid."""


class BadImage(ProjectError):
    """The bytes are not an image that fieldset can take in."""


class BadFile(ProjectError):
    """A file from elsewhere cannot be read as what it claims to be."""


class NotFound(ProjectError):
    """A sample, class, session, version or split of that name does not exist."""


class PolicyRefusal(FieldsetError):
    """A policy of the project (balance, leak, sealed test) refuses the step."""

    exit_code = 4


class DeviceError(FieldsetError):
    """A camera, the network or the cloud failed."""

    exit_code = 5


class CameraError(DeviceError):
    """A camera or clip cannot be opened or stopped giving pictures."""


class CloudError(DeviceError):
    """A blob store refused or did not answer."""
