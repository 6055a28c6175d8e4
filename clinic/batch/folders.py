"""A recording's output folder appears whole or not at all."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clinic.errors import SetupError

TEMPORARY_PREFIX = ".tmp-"


@contextmanager
def exclusive(out: Path) -> Iterator[None]:
    """Hold the output folder for one batch; make it if needed and sweep left-overs.

    Raises:
        SetupError: It cannot be written, or another batch holds it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = (out / ".lock").open("w")
    except OSError as error:
        raise SetupError(f"output folder cannot be written: {error.strerror} (out)") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SetupError("another batch writes to this output folder (out)") from error
        for leftover in out.glob(f"{TEMPORARY_PREFIX}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield


@contextmanager
def whole_folder(final: Path) -> Iterator[Path]:
    """Yield a temporary folder that takes the final name once the block has ended well.

    An earlier folder of that name is moved aside first and removed last, so that at every
    moment either the old or the new one is complete.
    """
    temporary = final.parent / f"{TEMPORARY_PREFIX}{final.name}-{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        _sync_tree(temporary)
        aside = temporary.with_name(temporary.name + "-old")
        if final.exists():
            final.replace(aside)
        temporary.replace(final)
        _sync(final.parent)
        shutil.rmtree(aside, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _sync_tree(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
