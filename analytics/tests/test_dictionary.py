"""The data dictionary is what the descriptions say."""

import dictionary
from warehouse import REPOSITORY


def test_the_dictionary_is_up_to_date() -> None:
    written = (REPOSITORY / "docs/data-dictionary.md").read_text()
    assert written == dictionary.page(), "run `make schema`"
