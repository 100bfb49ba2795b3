"""Every grant is one that is meant."""

from conftest import PROJECT

import grants
from resources import Resources


def test_what_is_granted_is_what_is_declared(made: Resources) -> None:
    found = grants.differences(made, PROJECT)
    assert not found, "\n".join(found)
