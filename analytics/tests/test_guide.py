"""Each question of docs/analyst-guide.md has the answer that can be counted in world.py."""

from datetime import timedelta
from typing import Any

import pytest

from conftest import Ask
from guide import questions
from world import YESTERDAY, image_id

ANSWERS: dict[str, list[tuple[Any, ...]]] = {
    "What came in yesterday, and from where?": [
        ("web", "image/jpeg", 7, 30.0),
        ("kafka", "image/png", 2, 2.0),
        ("web", None, 1, 0.0),
    ],
    "How does that compare with the day before?": [("kafka", 2, 1), ("web", 8, 2)],
    "Who sends what cannot be processed, and why?": [
        ("user-2", "unsupported_format", 2, 0.5),
        ("user-2", "truncated", 1, 1 / 3),
    ],
    "How long does an image wait until it is processed?": [(10, 2, 60)],
    "When was each stage slowest?": [
        ("decode", YESTERDAY, 6, 300.0),
        ("received to processed", YESTERDAY + timedelta(hours=1), 3, 60_000.0),
    ],
    "Which cameras do images come from?": [("Acme", "One", 4, 80.0), ("Acme", "Two", 1, 20.0)],
    "Which labels do images carry?": [("site", "north", 2), ("site", "south", 1)],
    "Which images are near-duplicates across sources?": [
        (image_id("a"), image_id("k2"), 0, "web", "kafka", "user-1", "darkroom.images"),
        (image_id("a"), image_id("k1"), 2, "web", "kafka", "user-1", "darkroom.images"),
        (image_id("k0"), image_id("a"), 3, "kafka", "web", "darkroom.images", "user-1"),
    ],
    "What is purged in the next 24 hours?": [(1, 4_220_000)],
    "Where does the processing time go?": [
        ("8 to 24 MP", 8, 1.1),
        ("unknown", 3, 0.3),
        ("2 to 8 MP", 2, 0.2),
        ("24 MP and more", 1, 0.1),
    ],
}


def test_every_question_has_an_answer() -> None:
    assert list(questions()) == list(ANSWERS)


@pytest.mark.parametrize("question", ANSWERS)
def test_a_question_is_answered(ask: Ask, question: str) -> None:
    rows = [tuple(row.values()) for row in ask(questions()[question])]
    assert rows == [tuple(map(about, row)) for row in ANSWERS[question]]


def about(value: Any) -> Any:
    """A number with a point is as good as one that hardly differs."""
    return pytest.approx(value) if isinstance(value, float) else value
