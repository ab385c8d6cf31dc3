"""A compliance.yaml to begin with: what a program can know is filled in, what a person must say stands as `TODO`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.compliance.gathering import fingerprint
from pipelines.compliance.protection import PURPOSES
from pipelines.compliance.surroundings import remotes
from pipelines.record import Record
from pipelines.versions import describe
from pipelines.workspace import RAW

TEXT = """\
# What no program can find out about this data set; `flywheel comply` checks it and everything else.
owner: TODO                     # who answers for the data
contact: TODO                   # where people can ask
purpose: TODO                   # what the model is for, in a few words
lawful_basis: {basis}           # consent, contract, legal obligation, vital interests, public task,
                                # legitimate interests, or no personal data
retention_days: TODO            # rows that are older by their time column leave at the next run, and the keys of people
                                # with no other row are destroyed: no version opens their rows again, for anybody
location: TODO                  # the region in which the data lie, as EU or CN
recipients: []                  # e.g. {{name: Cloud, location: EU, mechanism: standard contract}}
inputs:                         # the purposes that each may serve; the one above must be among them
  source: [TODO]
  feedback: [TODO]
minimum: [{columns}]
access: [{access}]
sensitive: {{}}                   # a sensitive column -> the column that holds its own consent
storage: {{{storage}}}
consent: {{notice: TODO, channel: TODO}}
sources:
  - {{name: "{source}", licence: TODO, inspected: 0, illegal: 0}}   # and `date: 2026-01-31` of the inspection
impact_assessment: null         # {{file: docs/dpia.md, date: 2026-01-31, fingerprint: {fingerprint}}}
breach: null                    # {{contact: TODO, authority: TODO, drilled: 2026-01-31}}
limits: {{k: 10, l: 2, t: 0.5, membership_auc: 0.55, membership_tpr: 0.03, exposure_bits: 10}}
"""


def template(workspace: Path, record: Record, anonymise: Mapping[str, Any]) -> str:
    """The text of a compliance.yaml for `workspace`; `anonymise` is that section of params.yaml."""
    version = describe(workspace / RAW)
    return TEXT.format(
        basis="consent" if record.with_role("consent") else "TODO",
        columns=", ".join(record.names),
        access=", ".join(sorted(PURPOSES)),
        storage=", ".join(f"{name}: TODO" for name in remotes(workspace)),
        source=(version[1].get("source") if version else None) or "TODO",
        fingerprint=fingerprint(record, None, anonymise),
    )
