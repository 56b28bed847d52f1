import os

import numpy as np
import pytest

from ml import crew
from ml.folders import Source

# Readers are known to other processes by their names: each source says what happens to it.


def behave(source):
    if source.path == "deadly":
        os.abort()
    if source.path == "greedy":
        return np.zeros(4 * crew.MOST_MEMORY, np.uint8)
    if source.path == "endless":
        while True:
            pass
    if source.path == "odd":
        return 1 / 0
    return np.array([len(source.path)])


def results(*paths):
    """What is said of each: the number of a good one's letters, or the words."""
    said = crew.read([Source(path, "", "", "") for path in paths], behave)
    return [one if isinstance(one, str) else int(one[0]) for one in said]


def test_few_files_are_read_here(monkeypatch):
    monkeypatch.setattr(crew, "_pool", None)
    assert results("a", "bb") == [1, 2]


def test_a_file_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(crew, "MOST_SECONDS", 0.05)
    assert results("a", "endless", "bb") == [1, crew.TOO_LONG, 2]


def test_a_surprise_is_that_of_one_file():
    assert results("odd", "a") == ["It cannot be read: ZeroDivisionError, division by zero", 1]


def test_a_deadly_file_and_a_greedy_one_leave_the_others_alone(monkeypatch):
    monkeypatch.setattr(crew, "FEW", 0)
    monkeypatch.setattr(crew, "_cores", lambda: 1)
    assert results("deadly", "greedy", "a") == [crew.DEADLY, crew.TOO_LARGE, 1]


def test_death_after_death_is_a_value_error(monkeypatch):
    monkeypatch.setattr(crew, "FEW", 0)
    monkeypatch.setattr(crew, "_cores", lambda: 1)
    monkeypatch.setattr(crew, "MOST_DEATHS", 0)
    with pytest.raises(ValueError, match="ended from outside"):
        results("deadly", "a")
