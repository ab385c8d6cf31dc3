"""Where a download lies while it is read: a folder of our own, which goes with its reader."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
import weakref
from pathlib import Path

# The leak scan looks for folders of this name: a killed reader leaves one behind, with people in the clear.
PREFIX = "flywheel-source-"
# Between making a folder and locking it passes no minute.
SETTLED = 60.0


class Landing:
    """A folder that its owner alone can read, removed by `close`, with the last reference, or at exit.

    One whose owner was killed is removed by the next that is made: the kernel has let go of its lock.
    """

    def __init__(self) -> None:
        sweep(Path(tempfile.gettempdir()))
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = os.open(self.path, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_SH)
        self._end = weakref.finalize(self, _remove, self.path, lock, os.getpid())

    def close(self) -> None:
        """Remove the folder, once."""
        self._end()

    def empty(self) -> None:
        """Remove what lies in the folder."""
        for path in self.path.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def sweep(temporary: Path, age: float = SETTLED) -> list[Path]:
    """Remove the folders in `temporary` whose owners are gone; which they were."""
    removed = []
    for path in temporary.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # another's, or removed meanwhile
            if path.stat().st_uid != os.getuid() or time.time() - path.stat().st_mtime < age:
                continue
            lock = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path)
                removed.append(path)
            finally:
                os.close(lock)
    return removed


def _remove(path: Path, lock: int, owner: int) -> None:
    if os.getpid() != owner:  # a child of the owner's, which holds a copy of this object
        return
    shutil.rmtree(path, ignore_errors=True)
    os.close(lock)
