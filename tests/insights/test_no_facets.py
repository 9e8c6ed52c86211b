import pyarrow as pa
import pytest

from clustomer.customers import Reason
from clustomer.facets import Facet, Facets
from clustomer.insights.chapters.no_facets import none_shows

DEGREE = Reason("facet by degree")
NO_VISIT, NO_CATEGORY = (Reason("facet needs", {"need": need}) for need in ("visit", "category"))
FEW = Reason("facet few customers", {"customers": 15, "least": 200})


def said(*, visits: bool = True, **whys: Reason) -> str:
    facets = tuple(Facet(name, why=why) for name, why in whys.items())
    return " ".join(none_shows(Facets(facets, pa.table({"user_id": ["a"]})), visits=visits))


SENTENCES = {
    "all were looked at": (
        said(taste=DEGREE, time=Reason("facet chance"), path=Reason("facet unstable")),
        "As far as the data tell, no groups show in what they buy, or in when and how they come.",
    ),
    "orders without categories": (
        said(taste=NO_CATEGORY, time=DEGREE, path=NO_VISIT, visits=False),
        "What they buy and how they come could not be examined: the source has no categories and "
        "no visits. In when they order, no groups show.",
    ),
    "a small log": (
        said(taste=FEW, time=FEW, path=FEW),
        "What they buy, when they come and how they come could not be examined: too few customers "
        "have enough visits that tell of it.",
    ),
    "one kind of product": (
        said(taste=Reason("facet alike"), time=DEGREE, path=DEGREE),
        "What they buy could not be examined: there are no two kinds of it in the data. In when "
        "they come or how they come, no groups show.",
    ),
    "the same need twice": (
        said(taste=DEGREE, time=NO_VISIT, path=NO_VISIT),
        "When they come and how they come could not be examined: the source has no visits. In what "
        "they buy, no groups show.",
    ),
    "one was asked for": (
        said(time=DEGREE),
        "In when they come, no groups show. Groups in what they buy or how they come were not "
        "looked for.",
    ),
}


@pytest.mark.parametrize(("text", "expected"), SENTENCES.values(), ids=SENTENCES)
def test_what_could_not_be_looked_at_is_not_called_empty(text: str, expected: str) -> None:
    assert text == expected
