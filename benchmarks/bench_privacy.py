"""All figures of privacy: each part measured in a process of its own, pinned to one core, peers beside it."""

from parts import run_parts

PARTS = ("sealing", "text", "chinese", "tables", "leaks", "erasure", "training", "proof")

if __name__ == "__main__":
    run_parts("privacy", PARTS, __doc__)
