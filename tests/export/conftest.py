"""What the tests of this room share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from azure.storage.blob import ContainerClient

from dataset.cloud_settings import CloudSettings
from dataset.versions.frozen_version import FrozenVersion
from export.formats import writer_for
from export.stores.azure_store import AzureStore
from export.stores.blob_store import BlobStore
from export.stores.credentials import find_access
from tests.export.azure_line import AZURE_QUICK, Connect
from tests.export.small_version import fitting, small_version, stored_samples
from tests.servers.azurite import Azurite, running_azurite
from tests.servers.fault_proxy import FaultProxy

FORMATS = Path(__file__).resolve().parents[1] / "data" / "formats"


@pytest.fixture
def formats() -> Path:
    """The miniature data sets in the formats of other programs."""
    return FORMATS


@pytest.fixture
def frozen_for(tmp_path: Path) -> Iterator[Callable[[str], FrozenVersion]]:
    """Makes a small version with images of kinds that a format's target takes."""
    with ExitStack() as opened:

        def make(format_name: str) -> FrozenVersion:
            root = tmp_path / "project"
            samples = fitting(stored_samples(root), format_name)
            return opened.enter_context(small_version(root, samples))

        yield make


@pytest.fixture
def frozen(
    request: pytest.FixtureRequest, frozen_for: Callable[[str], FrozenVersion]
) -> FrozenVersion:
    """A small version with its images, for the test's `writer` where it has one."""
    known = getattr(request.node, "callspec", None)
    writer = known.params.get("writer") if known is not None else None
    return frozen_for("" if writer is None else writer.format)


@pytest.fixture
def export(
    frozen_for: Callable[[str], FrozenVersion], tmp_path: Path
) -> Callable[[str], Path]:
    """Writes the small version in a format, and gives the folder."""

    def write(name: str) -> Path:
        return writer_for(name).write(frozen_for(name), tmp_path / name).path

    return write


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """A blob service on loopback, shared by the tests of this process."""
    with running_azurite(tmp_path_factory.mktemp("azurite")) as azurite:
        yield azurite


@pytest.fixture
def container(service: Azurite) -> Iterator[ContainerClient]:
    """An empty container in it."""
    with service.container(f"t-{uuid4().hex[:16]}") as client:
        yield client


@pytest.fixture
def proxy(service: Azurite) -> Iterator[FaultProxy]:
    """A bad line to it, on which nothing is wrong yet."""
    with FaultProxy(("127.0.0.1", service.port)) as proxy:
        yield proxy


@pytest.fixture
def connect(
    service: Azurite, container: ContainerClient, proxy: FaultProxy
) -> Iterator[Connect]:
    """Opens the container through the proxy, as whom the environment says."""
    opened: list[AzureStore] = []

    def open_store(
        settings: CloudSettings = AZURE_QUICK, prefix: str = "yard", **environment: str
    ) -> BlobStore:
        environment = environment or {
            "AZURE_STORAGE_CONNECTION_STRING": service.connection(proxy.port)
        }
        access = find_access(environment, settings)
        store = AzureStore(access, container.container_name, prefix, settings)
        opened.append(store)
        return store

    yield open_store
    for store in opened:
        store.close()
