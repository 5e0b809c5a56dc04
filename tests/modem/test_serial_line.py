"""Opening, losing and closing a line: what the kernel says, as states."""

from __future__ import annotations

import asyncio
import errno
import os
import pty
import termios
import tty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import serial

from appliance.modem.at.trace import Trace
from appliance.modem.at.transport import SerialLine, _line_error
from appliance.modem.session import LineError, LineLost, ModemEvent, ModemSession, PortState
from tests.modem.scripted_modem import in_loop


@pytest.fixture
def pair() -> Iterator[tuple[int, str]]:
    """The master of a pty and the path of its other end, which somebody keeps open."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    yield master, os.ttyname(slave)
    for descriptor in (slave, master):
        with suppress(OSError):
            os.close(descriptor)


def opened(device: str | Path, baud: int = 115_200) -> SerialLine:
    return SerialLine.open(str(device), baud=baud, trace=Trace(1000))


@in_loop
async def test_there_is_nothing_at_the_path(tmp_path: Path) -> None:
    with pytest.raises(LineError) as error:
        opened(tmp_path / "ttyUSB9")
    assert error.value.state is PortState.ABSENT
    assert error.value.args_for_person == {
        "device": str(tmp_path / "ttyUSB9"),
        "detail": "No such file or directory",
    }


@in_loop
async def test_what_is_there_is_no_serial_line(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB9").write_bytes(b"")
    with pytest.raises(LineError) as error:
        opened(tmp_path / "ttyUSB9")
    assert (error.value.state, error.value.args_for_person["detail"]) == (
        PortState.ABSENT,
        "Inappropriate ioctl for device",
    )


@pytest.mark.parametrize(
    ("number", "state"),
    [
        (errno.ENOENT, PortState.ABSENT),
        (errno.ENODEV, PortState.ABSENT),
        (errno.EIO, PortState.ABSENT),
        (errno.EACCES, PortState.NO_PERMISSION),
        (errno.EBUSY, PortState.IN_USE),
        (errno.EAGAIN, PortState.IN_USE),
    ],
)
def test_what_the_kernel_says_as_a_state(number: int, state: PortState) -> None:
    error = serial.SerialException(number, "could not open port")
    assert _line_error("/dev/ttyUSB0", error).state is state


@pytest.fixture
def nobody() -> Iterator[None]:
    """Not root for a while, who may open anything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    yield
    os.seteuid(before)


@pytest.fixture
def forbidden(pair: tuple[int, str]) -> str:
    Path(pair[1]).chmod(0)
    return pair[1]


@pytest.mark.usefixtures("nobody")
@in_loop
async def test_permission_is_missing(forbidden: str) -> None:
    with pytest.raises(LineError) as error:
        opened(forbidden)
    assert error.value.state is PortState.NO_PERMISSION


@in_loop
async def test_another_program_holds_it(pair: tuple[int, str]) -> None:
    first = opened(pair[1])
    with pytest.raises(LineError) as error:
        opened(pair[1])
    assert error.value.state is PortState.IN_USE
    first.close()
    opened(pair[1]).close()


@in_loop
async def test_a_speed_that_is_none(pair: tuple[int, str]) -> None:
    with pytest.raises(LineError):
        opened(pair[1], baud=-1)


@in_loop
async def test_what_arrived_before_opening_is_read(pair: tuple[int, str]) -> None:
    """pyserial would throw it away, and with it the report for which a killed predecessor waited."""
    os.write(pair[0], b"\r\n+CMGS: 9\r\n\r\nOK\r\n")
    line = opened(pair[1])
    got: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    line.start(got.set_result, lambda _: None)
    assert await asyncio.wait_for(got, 30) == b"\r\n+CMGS: 9\r\n\r\nOK\r\n"
    line.close()


@in_loop
async def test_dtr_is_kept_and_no_data_is_not_the_end(pair: tuple[int, str]) -> None:
    line = opened(pair[1])
    attributes = termios.tcgetattr(line._fd)
    assert not attributes[2] & termios.HUPCL
    assert attributes[6][termios.VMIN] in (1, b"\x01")
    lost: list[str] = []
    line.start(lambda _: None, lost.append)
    line._read()  # nothing is there
    assert lost == []
    line.close()


@in_loop
async def test_the_device_goes(pair: tuple[int, str]) -> None:
    line = opened(pair[1])
    lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    line.start(lambda _: None, lost.set_result)
    os.close(pair[0])
    assert await asyncio.wait_for(lost, 30) in ("Input/output error", "end of file")
    line.write(b"AT\r")
    assert line.withdraw() == 3
    line.close()


@in_loop
async def test_a_full_line_takes_the_rest_later_and_in_order(pair: tuple[int, str]) -> None:
    line = opened(pair[1])
    line.start(lambda _: None, lambda _: None)
    sent = bytes(range(256)) * 400
    for at in range(0, len(sent), 1000):
        line.write(sent[at : at + 1000])
    got = b""
    while len(got) < len(sent):
        try:
            got += os.read(pair[0], 65536)
        except BlockingIOError:
            await asyncio.sleep(0)
    assert got == sent
    assert line.withdraw() == 0
    line.close()


@in_loop
async def test_what_is_withdrawn_is_never_written(pair: tuple[int, str]) -> None:
    line = opened(pair[1])
    line.start(lambda _: None, lambda _: None)
    while not line._unwritten:
        line.write(b"x" * 1000)
    line.write(b"END")
    assert line.withdraw() > 3
    got = b""
    for _ in range(50):
        try:
            got += os.read(pair[0], 65536)
        except BlockingIOError:
            await asyncio.sleep(0.001)
    assert b"END" not in got
    line.close()


@in_loop
async def test_a_line_that_babbles_is_read_no_faster_than_any_modem_speaks(
    pair: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.modem.at.transport.MAX_OCTETS_PER_S", 8192)
    line = opened(pair[1])
    read = 0

    def count(octets: bytes) -> None:
        nonlocal read
        read += len(octets)

    line.start(count, lambda _: None)
    loop = asyncio.get_running_loop()
    begun_at = loop.time()
    while loop.time() < begun_at + 0.5:
        with suppress(BlockingIOError):
            os.write(pair[0], b"\xff" * 1000)
        await asyncio.sleep(0)
    assert 0 < read <= 8192 + 4096
    line.close()


@in_loop
async def test_no_event_comes_after_closing(pair: tuple[int, str]) -> None:
    events: list[ModemEvent] = []
    session = await ModemSession.open(pair[1], on_event=events.append)
    await session.close()
    os.write(pair[0], b'\r\n+CMTI: "SM",1\r\n')
    os.close(pair[0])
    await asyncio.sleep(0.02)
    assert events == []
    with pytest.raises(LineError) as error:
        await session.check()
    assert error.value.state is PortState.LINE_LOST
    await session.close()


@in_loop
async def test_the_loss_is_told_once(pair: tuple[int, str]) -> None:
    events: list[ModemEvent] = []
    session = await ModemSession.open(pair[1], on_event=events.append)
    os.close(pair[0])
    with pytest.raises(LineError):
        await session.check()
    with pytest.raises(LineError):
        await session.check()
    assert [type(event) for event in events] == [LineLost]
    await session.close()
