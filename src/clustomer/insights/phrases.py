"""How a difference from everyone is put in words: sentences from the words of each feature."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from clustomer.customers.features import FEATURES, Amount, Leaning, Level, Often, Words


@dataclass(frozen=True)
class Phrase:
    """The sentences for one feature.

    `amount` features are compared as ratios of means, `level` features by the two means, and
    `words` without a number. `more` and `fewer` are sentences with `{ratio}`, `{fewer}`,
    `{mean}` and `{whole}`; `short` their forms for a table; `none` is said when the segment's
    mean is 0. Features of one `topic` tell the same story. `visits` marks what makes sense only
    where visits without orders are known.
    """

    topic: str
    kind: Literal["amount", "level", "words"]
    more: str
    fewer: str
    short: tuple[str, str]
    none: tuple[str, str] = ("", "")
    visits: bool = False


def phrase_of(words: Words) -> Phrase:
    """Return the sentences for a feature's words.

    >>> phrase_of(Amount(topic="orders", verb="place", noun="orders")).more
    'They place {ratio} times as many orders as the average customer'
    """
    match words:
        case Amount():
            return _amount(words)
        case Often():
            return _often(words)
        case Level():
            return _level(words)
        case Leaning():
            return _leaning(words)
    raise TypeError(f"There are no sentences for {type(words).__name__}.")


def _amount(words: Amount) -> Phrase:
    many, fewer = ("much", "less") if words.mass else ("many", "fewer")
    verb, noun = words.verb, words.noun
    return Phrase(
        topic=words.topic,
        kind="amount",
        more=f"They {verb} {{ratio}} times as {many} {noun} as the average customer",
        fewer=f"They {verb} {{fewer}} {fewer} {noun} than the average customer",
        short=(f"{{ratio}} times the {noun}", f"{{fewer}} {fewer} {noun}"),
        none=words.none,
        visits=words.visits,
    )


def _often(words: Often) -> Phrase:
    return Phrase(
        topic=words.topic,
        kind="amount",
        more=f"They {words.verb} {{ratio}} times as often as the average customer",
        fewer=f"They {words.verb} {{fewer}} less often than the average customer",
        short=(f"{{ratio}} times the {words.noun}", f"{{fewer}} fewer {words.noun}"),
        none=words.none,
        visits=words.visits,
    )


def _level(words: Level) -> Phrase:
    text = words.statement + ": {mean} on average, against {whole} for everyone"
    short = (words.higher, words.lower)
    return Phrase(words.topic, "level", text, text, short, visits=words.visits)


def _leaning(words: Leaning) -> Phrase:
    return Phrase(
        topic=words.topic,
        kind="words",
        more=f"They {words.more} than the average customer",
        fewer=f"They {words.fewer} than the average customer",
        short=words.short or (words.more, words.fewer),
        visits=words.visits,
    )


PHRASES: Mapping[str, Phrase | None] = {
    declared.name: phrase_of(declared.words) if declared.words is not None else None
    for declared in FEATURES
}
"""Of every declared feature; None where a difference in it is no mark."""
