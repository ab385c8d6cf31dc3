"""Whose ledger it is: that of one data set, from its first use on.

Several machines may share it, and several workspaces of one record; of two records each would take the other's
predictions, answers and turns for its own.
"""

from pipelines.environment import Environment
from pipelines.errors import ParameterError
from pipelines.ledger import Ledger, open_ledger

DATA_SET = "data set"


def open_ledger_of(record: str, environment: Environment) -> Ledger:
    """The ledger of this machine's settings, as that of the data set `record`.

    Raises ParameterError where it is another one's.
    """
    ledger = open_ledger(environment)
    known = ledger.last(DATA_SET)
    if known is None:
        ledger.append_after(DATA_SET, {"record": record}, 0)
    elif known["record"] != record:
        raise ParameterError(
            f"This ledger is that of the data set '{known['record']}', and `record.name` in params.yaml is '{record}'.",
            "Expected a ledger for each data set: its decisions, predictions and answers stand there.",
            "give this workspace its own (another database in FLYWHEEL_LEDGER), or write the name as it was.",
        )
    return ledger
