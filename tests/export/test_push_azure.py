from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from dataset.errors import CloudError
from dataset.progress import Cancelled
from dataset.version import read_version
from export.pull import pull_version
from export.push import push_version
from export.stores.azure_store import AzureStore
from export.stores.blob_store import (
    AccessRefused,
    BlobChanged,
    BlobExists,
    BlobMissing,
    Content,
)
from export.stores.credentials import find_access
from tests.export.azure_line import AZURE_QUICK as QUICK
from tests.export.azure_line import Connect, is_sent, names_in, once, sas
from tests.servers.azurite import ACCOUNT, KEY, Azurite
from tests.servers.fault_proxy import Asked, Fault, FaultProxy, Plan, Trouble
from tests.small_projects import StopsAt, files_under
from tests.station.command_line import PROGRAM, Outcome, program
from tests.station.two_versions import freeze_two

CUTS = int(os.environ.get("PUSH_CUTS", "20"))
KILLS = int(os.environ.get("PUSH_KILLS", "4"))
PASSING = (
    Trouble(fault=Fault.CUT),
    Trouble(fault=Fault.HALF_SENT),
    Trouble(fault=Fault.LOST),
    Trouble(fault=Fault.TRUNCATED),
    Trouble(fault=Fault.REFUSED, status=429, code="TooManyRequests"),
    Trouble(fault=Fault.REFUSED, status=500, code="InternalError"),
    Trouble(fault=Fault.REFUSED, status=503, code="ServerBusy"),
    Trouble(delay_s=1.0),
)
CONFLICT = Trouble(fault=Fault.REFUSED, status=409, code="BlobAlreadyExists")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return freeze_two(tmp_path_factory.mktemp("azure-pushes") / "p")


@pytest.fixture
def root(original: Path, tmp_path: Path) -> Path:
    shutil.copytree(original, tmp_path / "p")
    return tmp_path / "p"


class TestStore:
    def test_a_name_is_given_once(self, connect: Connect) -> None:
        store = connect()
        store.put_new("a/b", Content.of(b"first"))

        with pytest.raises(BlobExists):
            store.put_new("a/b", Content.of(b"other"))

        assert b"".join(store.get("a/b")) == b"first"
        assert store.head("a/b") is not None
        assert store.head("a/c") is None
        with pytest.raises(BlobMissing):
            list(store.get("a/c"))

    def test_swap_wants_the_one_that_was_read(self, connect: Connect) -> None:
        store = connect()
        first = store.swap("h", Content.of(b"1"), None)
        store.swap("h", Content.of(b"2"), first.etag)

        with pytest.raises(BlobChanged):
            store.swap("h", Content.of(b"3"), first.etag)
        with pytest.raises(BlobChanged):
            store.swap("h", Content.of(b"3"), None)

        assert b"".join(store.get("h")) == b"2"

    def test_blocks_that_were_there_are_not_sent_again(
        self, connect: Connect, proxy: FaultProxy
    ) -> None:
        data = random.Random(1).randbytes(64 * 1024 * 6)
        store = connect()
        proxy.plan = once(Trouble(fault=Fault.CUT), _commits)
        with pytest.raises(CloudError):
            store.put_new("large", Content.of(data))
        before = proxy.bodies_bytes
        store.put_new("large", Content.of(data))

        assert before > len(data)
        assert proxy.bodies_bytes - before < 64 * 1024
        assert b"".join(store.get("large")) == data


def _commits(asked: Asked) -> bool:
    return asked.method == "PUT" and "comp=blocklist" in asked.path


def test_push_and_pull_prove_every_byte(
    root: Path, tmp_path: Path, connect: Connect, container: ContainerClient
) -> None:
    result = push_version(root, "v1", connect(), QUICK, verify=True)
    pulled = pull_version(connect(), "v1", tmp_path / "got", QUICK)

    assert (result.sent, result.verified, pulled.verified) == (25, 25, 25)
    for sample in read_version(root, "v1").samples:
        got = (tmp_path / "got" / sample.path).read_bytes()
        assert got == (root / sample.path).read_bytes()
    assert all(name.startswith("yard/") for name in names_in(container))


def test_second_push_is_one_request(
    root: Path, connect: Connect, proxy: FaultProxy
) -> None:
    push_version(root, "v1", connect(), QUICK)
    before = proxy.requests

    result = push_version(root, "v1", connect(), QUICK)

    assert (result.sent, result.skipped) == (0, 25)
    assert proxy.requests - before == 1


@pytest.mark.parametrize("trouble", [*PASSING, CONFLICT], ids=str)
def test_one_fault_of_a_push_is_got_over(
    root: Path, connect: Connect, proxy: FaultProxy, trouble: Trouble
) -> None:
    proxy.plan = once(trouble, is_sent)

    result = push_version(root, "v1", connect(), QUICK)

    assert result.sent + result.skipped == 25
    assert proxy.resent == []


@pytest.mark.parametrize("trouble", PASSING, ids=str)
def test_one_fault_of_a_pull_is_got_over(
    root: Path, tmp_path: Path, connect: Connect, proxy: FaultProxy, trouble: Trouble
) -> None:
    push_version(root, "v1", connect(), QUICK)
    proxy.plan = once(trouble, lambda asked: "/blobs/" in asked.path)

    pulled = pull_version(connect(), "v1", tmp_path / "got", QUICK)

    assert pulled.verified == 25
    assert "fieldset.json" in files_under(tmp_path / "got")


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.CUT, Fault.TRUNCATED])
def test_fault_at_the_head_leaves_one_head(
    root: Path,
    connect: Connect,
    proxy: FaultProxy,
    container: ContainerClient,
    fault: Fault,
) -> None:
    proxy.plan = once(
        Trouble(fault=fault),
        lambda asked: asked.method == "PUT" and "/heads/" in asked.path,
    )

    push_version(root, "v1", connect(), QUICK)

    assert len([name for name in names_in(container) if "/heads/" in name]) == 1


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AuthorizationPermissionMismatch", AccessRefused),
        (412, "ConditionNotMet", CloudError),
        (503, "ServerBusy", CloudError),
    ],
)
def test_lasting_refusal_ends_the_push_which_goes_on_later(
    root: Path,
    connect: Connect,
    proxy: FaultProxy,
    status: int,
    code: str,
    kind: type[CloudError],
) -> None:
    lasting = Trouble(fault=Fault.REFUSED, status=status, code=code)
    proxy.plan = lambda asked: lasting if is_sent(asked) and asked.number > 12 else None

    with pytest.raises(kind) as refused:
        push_version(root, "v1", connect(), replace(QUICK, attempts=2))
    proxy.plan = lambda _asked: None
    result = push_version(root, "v1", connect(), QUICK)

    assert refused.value.exit_code == 5
    assert result.sent + result.skipped == 25
    assert result.skipped > 0
    assert proxy.resent == []


@pytest.mark.timeout(1800)
def test_cuts_at_random_moments_lose_and_resend_nothing(
    root: Path, tmp_path: Path, connect: Connect, proxy: FaultProxy
) -> None:
    dice = random.Random(20261127)
    kinds = [Fault.CUT, Fault.HALF_SENT, Fault.LOST, Fault.TRUNCATED]
    cuts = pushes = 0
    expected = 25

    while cuts < CUTS:
        store = connect(prefix=f"round-{pushes}")
        proxy.plan = _random_cuts(dice, kinds)
        met = 0
        while True:
            try:
                push_version(root, "v1", store, replace(QUICK, attempts=1))
                break
            except CloudError:
                met += 1
                store = connect(prefix=f"round-{pushes}")
        proxy.plan = lambda _asked: None
        proven = push_version(root, "v1", store, QUICK, verify=True)
        assert proven.verified == expected
        cuts, pushes = cuts + max(met, 1), pushes + 1

    assert proxy.resent == []
    assert cuts >= CUTS


def _random_cuts(dice: random.Random, kinds: list[Fault]) -> Plan:
    def plan(_asked: Asked) -> Trouble | None:
        return Trouble(fault=dice.choice(kinds)) if dice.random() < 0.04 else None

    return plan


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.timeout(1800)
def test_killed_push_goes_on_and_sends_nothing_twice(
    root: Path, service: Azurite, container: ContainerClient, proxy: FaultProxy
) -> None:
    dice = random.Random(7)
    variables = {"AZURE_STORAGE_CONNECTION_STRING": service.connection(proxy.port)}
    place = f"azure://{container.container_name}/killed"
    command = [
        str(PROGRAM), "push", "v1", place, "--project", str(root), "--parallel", "2",
    ]  # fmt: skip
    proxy.plan = lambda _asked: Trouble(delay_s=0.05)

    for _ in range(KILLS):
        before = proxy.requests
        with subprocess.Popen(
            command, env={**os.environ, **variables}, stderr=subprocess.DEVNULL
        ) as push:
            wanted = before + dice.randrange(1, 12)
            while proxy.requests < wanted and push.poll() is None:
                time.sleep(0.005)
            push.send_signal(signal.SIGKILL)
    outcome = program(*command[1:], "--json", "--verify", **variables)

    assert outcome.code == 0, outcome.err
    assert outcome.json["verified"] == 25
    assert proxy.resent == []


def test_cancelled_push_goes_on(
    root: Path, connect: Connect, container: ContainerClient, proxy: FaultProxy
) -> None:
    with pytest.raises(Cancelled):
        push_version(root, "v1", connect(), QUICK, progress=StopsAt(5))
    headless = not any("/heads/" in name for name in names_in(container))
    result = push_version(root, "v1", connect(), QUICK)

    assert headless
    assert result.skipped >= 5
    assert proxy.resent == []


def test_two_stations_race_for_one_head(
    root: Path, connect: Connect, container: ContainerClient, proxy: FaultProxy
) -> None:
    other = connect()

    def plan(asked: Asked) -> Trouble | None:
        if asked.method == "PUT" and "/heads/" in asked.path:
            proxy.plan = lambda _asked: None
            push_version(root, "v1", other, QUICK)
        return None

    proxy.plan = plan
    result = push_version(root, "v1", connect(), QUICK)

    assert result.sent + result.skipped == 25
    assert proxy.resent == [f"/{ACCOUNT}/{container.container_name}/{_head(container)}"]


def _head(container: ContainerClient) -> str:
    return next(name for name in names_in(container) if "/heads/" in name)


class TestAccess:
    def test_sas_of_the_container_is_enough(
        self,
        root: Path,
        connect: Connect,
        container: ContainerClient,
        proxy: FaultProxy,
    ) -> None:
        endpoint = f"http://127.0.0.1:{proxy.port}/{ACCOUNT}"

        result = push_version(
            root,
            "v1",
            connect(
                FIELDSET_AZURE_ENDPOINT=endpoint,
                AZURE_STORAGE_SAS_TOKEN=sas(container, "rcwl"),
            ),
            QUICK,
        )

        assert result.sent == 25

    def test_expired_sas_is_told_and_a_new_one_goes_on(
        self,
        root: Path,
        connect: Connect,
        container: ContainerClient,
        proxy: FaultProxy,
    ) -> None:
        endpoint = f"http://127.0.0.1:{proxy.port}/{ACCOUNT}"
        expired, fresh = sas(container, "rcwl", seconds=-60), sas(container, "rcwl")

        store = connect(
            FIELDSET_AZURE_ENDPOINT=endpoint, AZURE_STORAGE_SAS_TOKEN=expired
        )

        with pytest.raises(AccessRefused) as refused:
            push_version(root, "v1", store, QUICK)
        store = connect(FIELDSET_AZURE_ENDPOINT=endpoint, AZURE_STORAGE_SAS_TOKEN=fresh)
        result = push_version(root, "v1", store, QUICK)

        assert "goes on" in refused.value.hint
        assert result.sent == 25

    def test_right_that_lacks_is_told_without_the_signature(
        self,
        root: Path,
        connect: Connect,
        container: ContainerClient,
        proxy: FaultProxy,
    ) -> None:
        token = sas(container, "rl")
        store = connect(
            FIELDSET_AZURE_ENDPOINT=f"http://127.0.0.1:{proxy.port}/{ACCOUNT}",
            AZURE_STORAGE_SAS_TOKEN=token,
        )

        with pytest.raises(AccessRefused) as refused:
            push_version(root, "v1", store, QUICK)

        told = f"{refused.value!r} {refused.value.hint} {refused.value.__cause__!r}"
        assert "sig=" not in told

    def test_secret_is_nowhere_afterwards(
        self,
        root: Path,
        service: Azurite,
        container: ContainerClient,
        proxy: FaultProxy,
    ) -> None:
        place = f"azure://{container.container_name}/secret"
        wrong = "c2VjcmV0LXRoYXQtbm9ib2R5LW1heS1zZWU="
        outcomes: list[Outcome] = []

        for key in (KEY, wrong):
            connection = service.connection(proxy.port).replace(KEY, key)
            outcomes.append(
                program(
                    "push", "v1", place, "--project", root, "--json",
                    AZURE_STORAGE_CONNECTION_STRING=connection,
                )
            )  # fmt: skip
            proxy.plan = lambda _asked: Trouble(
                fault=Fault.REFUSED, status=403, code="AuthenticationFailed"
            )

        assert [outcome.code for outcome in outcomes] == [0, 5]
        said = "".join(outcome.out + outcome.err for outcome in outcomes)
        home = Path(os.environ["HOME"])
        kept = b"".join(
            (folder / name).read_bytes()
            for folder in (root, home)
            for name in files_under(folder)
        )
        logs = [name for name in files_under(home) if "log" in name]
        assert logs
        for secret in (KEY, wrong):
            assert secret not in said
            assert secret.encode() not in kept


def test_container_that_is_not_there_is_a_sentence(
    root: Path, service: Azurite, proxy: FaultProxy
) -> None:
    access = find_access(
        {"AZURE_STORAGE_CONNECTION_STRING": service.connection(proxy.port)}, QUICK
    )

    with (
        closing(AzureStore(access, "nosuch", "", QUICK)) as store,
        pytest.raises(CloudError, match="no such container"),
    ):
        push_version(root, "v1", store, QUICK)
