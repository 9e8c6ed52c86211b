"""What the results cannot tell."""

from collections.abc import Iterator, Mapping

from clustomer.certificates.certificate import Certificates
from clustomer.insights.blocks import Block, Bullets
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.facts import Fact
from clustomer.insights.naming.names import Name
from clustomer.insights.naming.rules import RULES
from clustomer.insights.profiles import Profile
from clustomer.insights.study import Study
from clustomer.thresholds import LONG_WINDOW_DAYS, written

_WEEKS = written("LONG_WINDOW_DAYS")
_TEST_GROUP = (
    " The column test_group of segments.csv has such a group, as large as a test of the segment "
    "needs; it is empty where the segment is too small for one."
)


class Limits(Chapter):
    """What must be kept in mind by whoever acts on the results."""

    name = "limits"
    title = "What these results cannot tell"
    place = "appendix"

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return a list of it, by what the study has."""
        days = study.window_days
        time = _of_defined_names if study.defined else _of_time
        yield Bullets(
            (
                *_of_segments(study.named, study.certificates, halves=not study.given),
                *time(study.named, days),
                *_of_money(study.everyone),
            )
        )


def _of_segments(
    named: Mapping[str, Name], certificates: Certificates | None, *, halves: bool
) -> Iterator[str]:
    """`halves` is whether customers are dealt to test groups; given groups are not."""
    if certificates is not None and certificates.prediction.date is not None:
        yield (
            "Segments describe what customers did in the period. They do not say why. What "
            "customers did next was measured once, at one date; whether it will be so again is "
            "not known."
        )
    else:
        yield (
            "Segments describe what customers did in the period. They do not say why, nor what "
            "they will do next."
        )
    if certificates is not None and certificates.verdict != "not tested":
        yield (
            "A certificate speaks of this shop, these features and this period. It does not say "
            "that an action on a segment will work: only a group that gets nothing can tell."
            f"{_TEST_GROUP if halves else ''}"
        )
    if len(named) > 1:
        yield (
            "Segments shade into one another. A customer near a border could as well belong to the "
            "next segment."
        )


def _of_time(named: Mapping[str, Name], days: float | None) -> Iterator[str]:
    if days is None or days < LONG_WINDOW_DAYS:
        yield (
            f"The data span less than {_WEEKS}, so nobody can be called loyal, lapsed, inactive, "
            "occasional or new."
            if days is not None
            else "The length of the period is not known, so nobody is called loyal, lapsed, "
            "inactive, occasional or new."
        )
    elif _newcomers(named):
        yield (
            '"New" means first seen late in this period. Someone who was a customer before it '
            "began, and came back late in it, looks new here."
        )


def _newcomers(named: Mapping[str, Name]) -> bool:
    keys = {name.rule for name in named.values()}
    return any(rule.of_newcomers and rule.key in keys for rule in RULES)


def _of_defined_names(named: Mapping[str, Name], days: float | None) -> Iterator[str]:
    yield (
        "Scores are relative: there is always a most recent and a least recent fifth, however "
        "well or badly the shop does as a whole."
    )
    if days is None:
        yield (
            "The length of the period is not known, and so not whether customers had the time that "
            "the customary names speak of."
        )
    elif days < LONG_WINDOW_DAYS:
        yield (
            f"The data span less than {_WEEKS}, so the customary names say little here: in so "
            "short a time nobody can become loyal or fall asleep."
        )
    if "new" in named:
        yield (
            '"New customers" are those with a recent last order and few orders in this period. '
            "Someone who bought before it began may be among them."
        )


def _of_money(everyone: Profile) -> Iterator[str]:
    if everyone.revenue is not None:
        yield (
            "Revenue is that of the purchases in the period less that of the returns in it."
            if "returns" in everyone.features
            else "Revenue is that of the purchases in the period; returns are not in the data."
        )
        yield (
            "The cost of a contact is a setting, and so is the margin, unless the log says what "
            "goods cost."
        )
    yield "A customer is a user_id: one person with two accounts counts twice."
