"""What a suite of column expectations cannot say by itself.

`rows` judges single rows, which are held back. The others judge the table: each gives a `Finding` where it found
something, from what `gathered` keeps of all rows, shard by shard, in bounded memory. `findings` asks them all.
"""

from pipelines.checks.rows import is_well_decoded, labels_agree, rows_are_new, texts_are_well_decoded
from pipelines.spelling import normal

__all__ = ["is_well_decoded", "labels_agree", "normal", "rows_are_new", "texts_are_well_decoded"]
