"""All figures of data that comes in: at any size, with its traps, and as it drifts."""

from parts import run_parts

PARTS = ("scale", "traps", "drift", "inspect", "sources")

if __name__ == "__main__":
    run_parts("data", PARTS, __doc__)
