"""What Great Expectations finds: shard by shard where a row is judged by itself, and at once what all rows tell.

The pages are those of one checkpoint. What it found in the shards was added up: counts and places, and never a value.
"""

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.expectations import suite
from pipelines.record import Record

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )
    from great_expectations.expectations.expectation import Expectation

# Values never leave memory: what is kept are counts and the places of rows.
RESULT = {
    "result_format": "COMPLETE",
    "exclude_unexpected_values": True,
    "unexpected_index_column_names": ["row"],
    "return_unexpected_index_query": False,
}
# Expectations that are judged together, in a table of their columns. Great Expectations copies the whole table for each
# of them: of a thousand columns that took a thousand times a thousand.
AT_ONCE = 32
RUNTIME = {"result_format": RESULT}


@dataclass(frozen=True)
class Outcome:
    """How many rows an expectation, the `number`-th of the suite, looked at, found empty, and found at fault."""

    number: int
    rows: int
    missing: int | None
    unexpected: int


def reasons_of(record: Record) -> list[str]:
    """The reason against a row that each expectation of the suite gives; of those about the table none."""
    return [(expectation.meta or {}).get("reason", "") for expectation in suite(record).expectations]


def check_rows(table: pl.DataFrame, record: Record) -> tuple[list[Outcome], dict[int, NDArray[np.int64]]]:
    """What the suite finds in the rows of a shard, each judged by itself; the places at fault by expectation."""
    if not gc.get_freeze_count():
        gc.freeze()  # its classes stay for good: what collects garbage need not look at them for each shard
    expected = suite(record)
    chosen = [number for number, each in enumerate(expected.expectations) if _is_by_row(each, table)]
    outcomes, places = [], {}
    for some in (chosen[start : start + AT_ONCE] for start in range(0, len(chosen), AT_ONCE)):
        found = _judged(table, [expected.expectations[number] for number in some])
        for number, outcome in zip(some, found, strict=True):
            _refuse_exception(outcome)
            result = outcome.result
            told = (result["element_count"], result.get("missing_count"), result["unexpected_count"])
            outcomes.append(Outcome(number, *told))
            places[number] = _places(outcome)
    # Its objects hold each other, and the table: unasked, they stay until many more tables have come.
    found = []
    gc.collect()
    return outcomes, places


def _judged(table: pl.DataFrame, some: list["Expectation"]) -> list["ExpectationValidationResult"]:
    """What Great Expectations finds of `some` expectations, in a table of their columns alone."""
    import great_expectations as gx
    from great_expectations.execution_engine import PandasExecutionEngine
    from great_expectations.validator.validator import Validator

    asked = gx.ExpectationSuite(name="rows", expectations=some)
    # Without a batch from a context: that would hash the whole table, twice, to have a name for it.
    judge = Validator(PandasExecutionEngine(batch_data_dict={"shard": _as_pandas(table, some)}))
    judge.metrics_calculator.show_progress_bars = False
    found: list[ExpectationValidationResult] = judge.graph_validate(
        asked.expectation_configurations, runtime_configuration=RUNTIME
    )
    return found


def write_pages(
    passes: Sequence[pl.Series], height: int, record: Record, shards: Sequence[list[Outcome]], project: Path
) -> dict[int, NDArray[np.int64]]:
    """Run the checkpoint over all rows, add what the `shards` found, and have its pages written in `project`.

    `passes` are the flags of checks across rows; of `height` rows the places at fault by expectation.
    """
    import great_expectations as gx
    from great_expectations.checkpoint import UpdateDataDocsAction

    context = _context("file", project)
    whole = suite(record)
    judged = {outcome.number for outcomes in shards for outcome in outcomes}
    left = [number for number in range(len(whole.expectations)) if number not in judged]
    expected = [whole.expectations[number] for number in left]
    part = context.suites.add(gx.ExpectationSuite(name=record.name, expectations=expected))
    batch = context.data_sources.add_pandas(record.name).add_dataframe_asset("raw")
    rows = batch.add_batch_definition_whole_dataframe("all rows")
    definition = context.validation_definitions.add(gx.ValidationDefinition(name="may pass", data=rows, suite=part))
    checkpoint = gx.Checkpoint(name="arrival", validation_definitions=[definition], result_format=RESULT)
    frame = pl.DataFrame([pl.int_range(height, eager=True).alias("row"), *passes]).to_pandas()
    done = context.checkpoints.add(checkpoint).run(batch_parameters={"dataframe": frame})
    ((place, result),) = done.run_results.items()
    for outcome in result.results:
        _refuse_exception(outcome)
    found = {number: _places(outcome) for number, outcome in zip(left, result.results, strict=True)}
    together = dict(zip(left, result.results, strict=True)) | _added_up(shards, whole)
    _complete(result, [together[number] for number in range(len(whole.expectations))])
    context.validation_results_store.set(place, result)
    part.expectations = whole.expectations
    part.save()
    UpdateDataDocsAction(name="data docs").run(done)
    return found


def _context(mode: Any, project: Path | None = None) -> Any:
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode=mode, **({"project_root_dir": str(project)} if project else {}))
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _is_by_row(expectation: "Expectation", table: pl.DataFrame) -> bool:
    """Whether the rows of a shard, without those of the others, can be judged by it."""
    from great_expectations.expectations.expectation import ColumnMapExpectation

    return isinstance(expectation, ColumnMapExpectation) and expectation.column in table.columns


def _as_pandas(table: pl.DataFrame, some: Sequence["Expectation"]) -> Any:
    columns = {expectation.column for expectation in some}
    rows = pl.int_range(table.height, eager=True).alias("row")
    return pl.DataFrame([rows, *(table[name] for name in sorted(columns))]).to_pandas()


def _places(outcome: "ExpectationValidationResult") -> NDArray[np.int64]:
    found = outcome.result.get("unexpected_index_list") or []
    # Without their values, the failing rows come as one list.
    return np.array([row for each in found for row in each["row"]], dtype=np.int64)


def _refuse_exception(outcome: "ExpectationValidationResult") -> None:
    """An expectation that could not be evaluated has not passed."""
    if (outcome.exception_info or {}).get("raised_exception"):
        raise RuntimeError(f"{outcome.expectation_config.type} could not be evaluated")


def _added_up(
    shards: Sequence[Sequence[Outcome]], whole: "ExpectationSuite"
) -> dict[int, "ExpectationValidationResult"]:
    """What the shards found, as Great Expectations writes it of one table."""
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult

    added = {}
    for same in zip(*shards, strict=True):
        number, rows, unexpected = same[0].number, sum(o.rows for o in same), sum(o.unexpected for o in same)
        result: dict[str, Any] = {"element_count": rows, "unexpected_count": unexpected}
        missing = None if same[0].missing is None else sum(o.missing or 0 for o in same)
        result["unexpected_percent"] = _percent(unexpected, rows - (missing or 0))
        if missing is not None:
            result |= {"missing_count": missing, "missing_percent": _percent(missing, rows)}
            result["unexpected_percent_total"] = _percent(unexpected, rows)
            result["unexpected_percent_nonmissing"] = result["unexpected_percent"]
        added[number] = ExpectationValidationResult(
            success=unexpected == 0, expectation_config=whole.expectations[number].configuration, result=result
        )
    return added


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _complete(result: "ExpectationSuiteValidationResult", outcomes: list["ExpectationValidationResult"]) -> None:
    passed = sum(bool(outcome.success) for outcome in outcomes)
    result.results, result.success = outcomes, passed == len(outcomes)
    result.statistics = {
        "evaluated_expectations": len(outcomes),
        "successful_expectations": passed,
        "unsuccessful_expectations": len(outcomes) - passed,
        "success_percent": _percent(passed, len(outcomes)),
    }
