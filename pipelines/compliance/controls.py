"""All 27 controls, by number."""

from pipelines.compliance import accountability, lawfulness, learning, minimisation, protection, rights
from pipelines.compliance.control import Control

GROUPS = (lawfulness, minimisation, protection, accountability, learning, rights)
CONTROLS: tuple[Control, ...] = tuple(
    sorted((control for group in GROUPS for control in group.CONTROLS), key=lambda control: control.number)
)
