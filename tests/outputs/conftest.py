import pytest
from stories import Story, draw_all, tell

from clustomer.outputs import Figure


@pytest.fixture(scope="session")
def story() -> Story:
    return tell()


@pytest.fixture(scope="session")
def figures(story: Story) -> tuple[Figure, ...]:
    return draw_all(story)
