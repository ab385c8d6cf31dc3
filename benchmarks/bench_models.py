"""All figures of what learns: each family against its anchor, the search, the training loop, and learning privately.

    make bench-models, or python benchmarks/bench_models.py PART …

Real data sets are read from FLYWHEEL_DATASETS. The figures of differential privacy are those of `make bench-privacy`.
"""

from parts import run_parts

PARTS = ("text", "auto", "pictures", "language", "loop")

if __name__ == "__main__":
    run_parts("models", PARTS, __doc__, also=("privacy_training",))
