"""The cheapest way through a row of choices, of which each change has its price."""

import numpy as np


def cheapest_path(costs: np.ndarray, change: np.ndarray) -> list[int]:
    """Choose a column in each row of `costs` (rows, choices), by Viterbi's algorithm.

    `change`: (choices, choices), what it costs to go from one to another in the next row.
    """
    total, came_from = costs[0], []
    for cost in costs[1:]:
        ways = total[:, None] + change
        came_from.append(ways.argmin(0))
        total = ways.min(0) + cost
    path = [int(total.argmin())]
    for back in reversed(came_from):
        path.append(int(back[path[-1]]))
    return path[::-1]


def price(choices: int, cost: float) -> np.ndarray:
    """(choices, choices): any change at the same `cost`."""
    return cost * (1 - np.eye(choices))
