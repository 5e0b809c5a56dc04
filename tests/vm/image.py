"""The machine's disk: a Debian with a kernel, made once and kept; and what changes, brought on a second drive."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
GUEST = Path(__file__).parent / "guest"
SUITE = "bookworm"
PACKAGES = (
    *("systemd", "systemd-sysv", "udev", "dbus", "kmod", "linux-image-amd64", "python3"),
    *("usbutils", "uhubctl", "modemmanager"),
)
TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "qemu-system-x86_64": "qemu-system-x86",
}
"""Programs of the host, and Debian's packages of them."""

_UNIT = """\
[Unit]
Description=Takes commands of the host
After=dev-vdb.device
[Service]
ExecStart=/bin/sh /usr/local/lib/start.sh
Restart=no
[Install]
WantedBy=multi-user.target
"""


_NOT_NEEDED_THERE = (
    *("node_modules", "packages/granian", "packages/pip"),
    *(f"packages/phonenumbers/{each}" for each in ("geodata", "carrierdata", "tzdata")),
)


@dataclass(frozen=True)
class Image:
    """Files that QEMU boots from."""

    disk: Path
    kernel: Path
    initrd: Path


class ImageError(Exception):
    """It can't be made; the text says what is missing."""


def cache() -> Path:
    """Where what takes minutes to make is kept."""
    home = os.environ.get("XDG_CACHE_HOME")
    return Path(home) / "simloft-vm" if home else REPOSITORY / ".build/vm"


def base_image() -> Image:
    """The Debian, from the cache or made now (about two minutes)."""
    missing = sorted(package for program, package in TOOLS.items() if _which(program) is None)
    if missing:
        raise ImageError(f"Needed: sudo apt-get install -y --no-install-recommends {' '.join(missing)}")
    start = (GUEST / "start.sh").read_text()
    mark = hashlib.sha256(" ".join([SUITE, *PACKAGES, _UNIT, start]).encode()).hexdigest()[:12]
    directory = cache() / f"{SUITE}-{mark}"
    image = Image(directory / "disk.ext4", directory / "vmlinuz", directory / "initrd")
    if not image.initrd.exists():
        _make(directory, image, start)
    return image


def _make(directory: Path, image: Image, start: str) -> None:
    if os.geteuid() != 0:
        raise ImageError("The image is made once as root: sudo make test-vm")
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        root = Path(scratch) / "root"
        root.mkdir()
        tar = Path(scratch) / "root.tar"
        print(f"Making a Debian {SUITE} in {directory} (once, about two minutes) ...", flush=True)
        _run("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(tar))
        _run("tar", "-C", str(root), "-xpf", str(tar))
        tar.unlink()
        (root / "usr/local/lib/start.sh").write_text(start)
        unit = root / "etc/systemd/system/host-commands.service"
        unit.write_text(_UNIT)
        wanted = root / "etc/systemd/system/multi-user.target.wants"
        wanted.mkdir(exist_ok=True)
        (wanted / unit.name).symlink_to(f"/etc/systemd/system/{unit.name}")
        (root / "etc/systemd/system/ModemManager.service").symlink_to("/dev/null")
        (wanted / "ModemManager.service").unlink(missing_ok=True)
        shutil.copy(next((root / "boot").glob("vmlinuz-*")), image.kernel)
        _run("mke2fs", "-q", "-t", "ext4", "-m", "0", "-d", str(root), str(image.disk), "1800M")
        shutil.copy(next((root / "boot").glob("initrd.img-*")), image.initrd)


def payload(directory: Path) -> Path:
    """A tar with the program as it is now, the packages that it needs (for Debian's Python), and the guest's files."""
    made = directory / "payload.tar"
    with tarfile.open(made, "w") as tar:
        for name in ("appliance", "udev", "systemd"):
            tar.add(REPOSITORY / name, f"simloft/{name}", filter=_wanted)
        tar.add(GUEST, "guest")
        tar.add(_packages(), "packages", filter=_wanted)
    # A drive is read in whole sectors.
    with made.open("ab") as end:
        end.truncate(-(-made.stat().st_size // 512) * 512)
    return made


def _wanted(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """With what Python has compiled, which saves a minute."""
    return None if any(part in entry.name for part in _NOT_NEEDED_THERE) else entry


def _packages() -> Path:
    locked = REPOSITORY / "requirements/run.txt"
    mark = hashlib.sha256(locked.read_bytes()).hexdigest()[:12]
    packages = cache() / f"packages-{mark}"
    if not packages.exists():
        unfinished = packages.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        platforms = [f"--platform=manylinux{each}_x86_64" for each in ("_2_28", "_2_17", "2014")]
        _run(
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--target", str(unfinished), "--python-version", "3.11", "--only-binary=:all:", *platforms),
            *("--no-deps", "--require-hashes", "-r", str(locked)),
        )
        unfinished.rename(packages)
    return packages


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ImageError(f"{' '.join(command[:4])} … failed:\n{done.stderr[-2000:]}")


def _which(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
