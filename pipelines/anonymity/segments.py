"""Classes while they are cut: each is one stretch of every column's order, the same stretch in all of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Segments:
    """Rows that may still be cut. `orders` (columns, rows) lists them, segment by segment, by each column's codes."""

    orders: Integers
    starts: Integers

    @property
    def ends(self) -> Integers:
        """The last place of each segment."""
        return np.append(self.starts[1:], self.orders.shape[1]) - 1

    @property
    def owner(self) -> Integers:
        """The segment of each place."""
        return np.repeat(np.arange(len(self.starts)), self.ends - self.starts + 1)

    def running(self, amounts: Integers) -> Integers:
        """The sum of `amounts` from the start of its segment up to each place."""
        total = np.cumsum(amounts)
        before = total[self.starts] - amounts[self.starts]
        return np.asarray(total - before[self.owner], dtype=np.int64)

    def without(self, finished: Flags) -> "Segments":
        """The segments that are not `finished`."""
        stays = ~finished[self.owner]
        lengths = (self.ends - self.starts + 1)[~finished]
        return Segments(self.orders[:, stays], np.cumsum(lengths) - lengths)

    def cut(self, right: Flags) -> "Segments":
        """Each segment in two: the rows that are not `right` (by row, not by place), then those that are."""
        owner, starts = self.owner, self.starts
        sides = right[self.orders]
        rights = np.add.reduceat(sides[0].astype(np.int64), starts)
        lefts = self.ends - starts + 1 - rights
        orders = np.empty_like(self.orders)
        for column, (order, side) in enumerate(zip(self.orders, sides, strict=True)):
            before = self.running(side.astype(np.int64))  # how many go right, up to and with this place
            places = np.arange(len(order))
            orders[column, np.where(side, (starts + lefts)[owner] + before - 1, places - before)] = order
        return Segments(orders, np.column_stack([starts, starts + lefts]).ravel())
