"""Ports that are named by paths and patterns of paths."""

from __future__ import annotations

import os
import pty
from pathlib import Path

from appliance.modem.discovery.named import scan


def test_two_names_of_one_device_are_one_port(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    device = os.ttyname(slave)
    (tmp_path / "by-path-1").symlink_to(device)
    (tmp_path / "by-id-1").symlink_to(device)
    by_path, by_id = f"{tmp_path}/by-path*", f"{tmp_path}/by-id*"
    assert list(scan([by_path, by_id])) == [f"{tmp_path}/by-path-1"]
    assert list(scan([by_id, by_path])) == [f"{tmp_path}/by-id-1"]
    assert list(scan([f"{tmp_path}/*"])) == [f"{tmp_path}/by-id-1"]
    known = f"{tmp_path}/by-path-1"
    assert list(scan([by_id, by_path], [known])) == [known], "what is in service keeps its name"
    os.close(master)
    os.close(slave)


def test_paths_are_ports_even_when_absent_and_globs_only_when_there(tmp_path: Path) -> None:
    assert scan([f"{tmp_path}/tty0", f"{tmp_path}/tty*"]) == {f"{tmp_path}/tty0": None}


def test_a_dangling_link_is_an_absent_port(tmp_path: Path) -> None:
    (tmp_path / "tty1").symlink_to(tmp_path / "nothing")
    assert scan([f"{tmp_path}/tty*"]) == {f"{tmp_path}/tty1": None}


def test_names_go_in_the_order_in_which_people_count(tmp_path: Path) -> None:
    masters = []
    for number in (10, 2, 1):
        master, slave = pty.openpty()
        masters += [master, slave]
        (tmp_path / f"ttyUSB{number}").symlink_to(os.ttyname(slave))
    assert [Path(name).name for name in scan([f"{tmp_path}/*"])] == ["ttyUSB1", "ttyUSB2", "ttyUSB10"]
    for each in masters:
        os.close(each)


def test_a_link_that_is_made_anew_is_another_device(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    link = tmp_path / "tty1"
    link.symlink_to(os.ttyname(slave))
    before = scan([str(link)])
    link.unlink()
    link.symlink_to(os.ttyname(slave))
    assert scan([str(link)]) != before
    os.close(master)
    os.close(slave)


def test_a_directory_is_no_port(tmp_path: Path) -> None:
    (tmp_path / "tty1").mkdir()
    assert scan([f"{tmp_path}/tty1"]) == {f"{tmp_path}/tty1": None}
