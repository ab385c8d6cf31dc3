"""What changes the machine and never the model, read once from environment variables at the edge."""

import atexit
import ctypes
import gc
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import ParameterError

# A privacy product phones nobody; offline machines hang on telemetry. Every tool reads its own switch.
SILENCE = {
    "DO_NOT_TRACK": "1",
    "DVC_NO_ANALYTICS": "true",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}
# Never unpickle, never start MLflow's job runner, never mistake a log line for news.
CALM = {
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "false",
    "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # one hash of weights per seed and thread count
}
# The parameter of that name in glibc's malloc.h.
M_MMAP_THRESHOLD = -3


@dataclass(frozen=True)
class Environment:
    """Where this machine keeps keys, runs and models, and who works on it."""

    home: Path
    master_key: str | None
    new_master_key: str | None
    ledger: str
    tracking: str
    flow_run: str | None
    prefect_api: str | None
    actor: str
    operator_token: str | None
    prefect_home: Path
    noise_key: str | None = None
    dask: str | None = None
    fetch_private: tuple[str, ...] = ()
    fetch_largest: int = 64 << 30
    fetch_seconds: float = 3600.0
    source_token: str | None = None
    source_password: str | None = None
    save_every: float = 60.0
    core_watts: float = 10.0
    hour_price: float | None = None


def calm() -> None:
    """Let tools that this process and its children import be silent, safe and repeatable, unless told else."""
    for name, value in {**SILENCE, **CALM}.items():
        os.environ.setdefault(name, value)


def collect_rarely() -> None:
    """Look for garbage rarely from now on, and not at all when this process ends.

    Importing a tool makes hundreds of thousands of objects and no garbage: to look through them again and again
    costs up to a third of the import, and to look a last time at the end costs half a second.
    """
    gc.set_threshold(50_000, 20, 100)
    atexit.register(gc.freeze)


def return_memory() -> None:
    """Let the C library give the memory of large arrays back when they are freed, where it is glibc.

    Each that is freed raises the size from which it does so, up to 32 MB, unless told else: then those of 4 to 32 MB,
    which come and go while rows stream through, leave a heap of holes behind them, of 200 MB for ten million rows.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 4_000_000)


def read_environment(variables: Mapping[str, str], workspace: Path) -> Environment:
    """The machine's settings for `workspace`, from environment `variables` or their embedded defaults."""
    home = Path(variables.get("FLYWHEEL_HOME") or Path(variables.get("HOME", "~")).expanduser() / ".flywheel")
    return Environment(
        home=home,
        master_key=variables.get("FLYWHEEL_MASTER_KEY") or None,
        new_master_key=variables.get("FLYWHEEL_NEW_MASTER_KEY") or None,
        ledger=variables.get("FLYWHEEL_LEDGER") or f"sqlite:///{workspace / '.flywheel' / 'ledger.db'}",
        tracking=variables.get("MLFLOW_TRACKING_URI") or f"sqlite:///{workspace / 'mlruns' / 'mlflow.db'}",
        flow_run=variables.get("FLYWHEEL_FLOW_RUN") or None,
        prefect_api=variables.get("PREFECT_API_URL") or None,
        operator_token=variables.get("FLYWHEEL_OPERATOR_TOKEN") or None,
        actor=variables.get("FLYWHEEL_ACTOR") or f"user {os.getuid()}",
        prefect_home=Path(variables.get("PREFECT_HOME") or Path(variables.get("HOME", "~")) / ".prefect").expanduser(),
        noise_key=variables.get("FLYWHEEL_NOISE_KEY") or None,
        dask=variables.get("FLYWHEEL_DASK") or None,
        fetch_private=tuple(
            part.strip() for part in variables.get("FLYWHEEL_FETCH_PRIVATE", "").split(",") if part.strip()
        ),
        fetch_largest=_number("FLYWHEEL_FETCH_LARGEST", variables.get("FLYWHEEL_FETCH_LARGEST"), 64 << 30),
        fetch_seconds=_number("FLYWHEEL_FETCH_SECONDS", variables.get("FLYWHEEL_FETCH_SECONDS"), 3600),
        source_token=variables.get("FLYWHEEL_SOURCE_TOKEN") or None,
        source_password=variables.get("FLYWHEEL_SOURCE_PASSWORD") or None,
        save_every=_amount("FLYWHEEL_SAVE_EVERY", variables.get("FLYWHEEL_SAVE_EVERY") or "60"),
        core_watts=_amount("FLYWHEEL_CORE_WATTS", variables.get("FLYWHEEL_CORE_WATTS") or "10"),
        hour_price=_amount("FLYWHEEL_HOUR_PRICE", price) if (price := variables.get("FLYWHEEL_HOUR_PRICE")) else None,
    )


def _amount(name: str, value: str) -> float:
    """The amount in `value`. Raises ParameterError where it is none."""
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
        return float(value)
    raise ParameterError(
        f"The environment variable {name} is not an amount.",
        "Expected digits, and a point where there is a fraction, for example 2.5.",
        "correct it, or leave it out.",
    )


def _number(name: str, value: str | None, default: int) -> int:
    """The whole number in `value`. Raises ParameterError where it is none."""
    if not value:
        return default
    if value.isascii() and value.isdigit() and int(value) > 0:
        return int(value)
    raise ParameterError(
        f"The environment variable {name} is not a whole number above 0.",
        f"Expected for example {default}.",
        "correct it, or leave it out.",
    )
