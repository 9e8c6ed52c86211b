"""The sentences of reasons: why so many segments, why no test, why a feature does not decide."""

from collections.abc import Callable, Mapping
from typing import Any

from clustomer.customers.features import FEATURES
from clustomer.customers.reason import Number, Reason
from clustomer.insights.facts.writing import write_number, write_share
from clustomer.insights.texts import listed
from clustomer.progress import counted
from clustomer.thresholds import USABLE, VALID, plain, written

_DENSITY_DIP = (
    f"is set apart by a density dip, with {written('APART')} fewer customers between it and its "
    "neighbours"
)
_SHARE = f"at least {written('USABLE')} of the customers"
_STABLE = f"every segment is stable and holds {_SHARE}"
_R2, _DIP = "holdout_r2", "density_dip"

_Numbers = dict[str, Any]

_LABELS = {declared.name: declared.label for declared in FEATURES}


def reason_sentence(reason: Reason) -> str:
    """Return the sentence that a reason makes.

    >>> reason_sentence(Reason("fixed", {"k": 3, "asked": True, "elbow": 2, "silhouette": None}))
    '3 segments, as asked; the elbow is at 2.'
    """
    if reason.kind == "stated":
        return str(reason.numbers["sentence"])
    text = SENTENCES[reason.kind](dict(reason.numbers))
    if "distinct" in reason.numbers:
        n_distinct = reason.numbers["distinct"]
        text += (
            f"; more than {n_distinct} were not possible, since there are only {n_distinct} "
            "different customers"
        )
    if "rare_clusters" in reason.numbers:
        clusters: Any = reason.numbers["rare_clusters"]
        text += f". {_beside_rare(len(clusters))}"
    return f"{text}."


def _beside_rare(clusters: int) -> str:
    """Say that members of rare kinds had no say in the number, and what they are.

    >>> _beside_rare(1)
    '1 more segment is a rare kind, whose members had no say in this number'
    """
    if not clusters:
        return "Members of rare kinds had no say in this number"
    kinds = "segment is a rare kind" if clusters == 1 else "segments are rare kinds"
    return f"{clusters} more {kinds}, whose members had no say in this number"


def certificate_sentence(reason: Reason) -> str:
    """Return what a certificate says of why there was no test, or why it was not passed.

    >>> certificate_sentence(Reason("few customers", {"customers": 60, "least": 100}))
    'There are 60 customers; the test needs at least 100.'
    >>> certificate_sentence(Reason("too small"))
    'it is too small to act on'
    """
    if reason.kind == "stated":
        return str(reason.numbers["sentence"])
    return CERTIFICATE_SENTENCES[reason.kind].format(**_written(reason.numbers))


def left_out_sentences(reasons: Mapping[str, Reason]) -> dict[str, str]:
    """Return why each feature does not decide, without a full stop.

    >>> left_out_sentences({"views": Reason("constant", {"feature": "views"})})
    {'views': '“product views” is the same for everyone'}
    """
    return {name: _left_out(reason) for name, reason in reasons.items()}


def _left_out(reason: Reason) -> str:
    numbers = dict(reason.numbers)
    if reason.kind == "stated":
        return str(numbers["sentence"])
    for key in ("feature", "other"):
        numbers[key] = _LABELS.get(str(numbers.get(key)), numbers.get(key))
    if "correlation" in numbers:
        numbers["correlation"] = write_number(float(str(numbers["correlation"])), 2)
    return LEFT_OUT_SENTENCES[reason.kind].format(**numbers)


def weights_sentence(reason: Mapping[str, Any]) -> str:
    """Return why all features count alike, as a part of a sentence; the reason as a mapping.

    >>> weights_sentence({"kind": "short horizon", "numbers": {"days": 0.25, "least": 7}})
    'what customers did in 0.25 days says too little of what they are like (at least 7 are needed)'
    """
    kind, numbers = reason["kind"], reason["numbers"]
    if kind not in WEIGHTS_SENTENCES:
        return certificate_sentence(Reason(kind, numbers))
    return WEIGHTS_SENTENCES[kind].format(**{name: plain(n) for name, n in numbers.items()})


def full_stop(sentence: str) -> str:
    """Return the full stop that a sentence lacks.

    >>> full_stop("The tests were left out."), full_stop("it is too small to act on")
    ('', '.')
    """
    return "" if sentence.endswith(".") else "."


def _written(numbers: Mapping[str, Number]) -> _Numbers:
    """Return numbers as a sentence has them: thousands apart, a day without its midnight."""
    written = {name: write_number(n) if isinstance(n, int) else n for name, n in numbers.items()}
    if "date" in written:
        written["date"] = str(written["date"]).removesuffix(" 00:00:00")
    if "eligible" in written:
        written["eligible_customers"] = counted(int(str(numbers["eligible"])), "customer")
    return written


def _fixed(n: _Numbers) -> str:
    hints = [f"the elbow is at {n['elbow']}"] if n["elbow"] is not None else []
    if n["silhouette"] is not None:
        hints.append(f"the silhouette is highest at {n['silhouette']}")
    why = "as asked" if n["asked"] else "the only number to try"
    return f"{_segments(n['k'])}, {why}" + ("; " + " and ".join(hints) if hints else "")


def _elbow(n: _Numbers) -> str:
    why = f"{_segments(n['k'])}, where the curve of inertia bends (the elbow)"
    if n["silhouette"] is None:
        return why
    return (
        f"{why}; the silhouette is highest at {n['silhouette']} "
        f"({_apart(n['best_height'], n['elbow_height'])} at {n['elbow']}), and where the two "
        "disagree the elbow is taken, unless its silhouette is below half of the best"
    )


def _silhouette(n: _Numbers) -> str:
    why = f"{_segments(n['k'])}, where the silhouette is highest"
    if n["elbow"] is None:
        height = write_number(n["best_height"], 2)
        return f"{why} ({height}); the curve of inertia has no clear elbow"
    return (
        f"{why}; at the elbow, {n['elbow']}, it is less than half of that "
        f"({_apart(n['elbow_height'], n['best_height'])})"
    )


def _first_that_holds(n: _Numbers) -> str:
    if n["rule"] == _DIP:
        return (
            f"{_segments(n['k'])}, the highest number at which every segment is stable, holds "
            f"{_SHARE} and {_DENSITY_DIP}"
        )
    above = " above 2" if n["k"] > 2 else ""
    return (
        f"{_segments(n['k'])}, the highest number whose segments are as clearly apart and as "
        f"surely recovered as those of any number{above} at which all are stable and hold "
        f"{_SHARE}"
    )


def _only_one_qualifies(n: _Numbers) -> str:
    text = f"{_segments(n['k'])}, the only number at which {_STABLE}"
    return text + _runner_up(n)


def _qualifying(n: _Numbers) -> str:
    k, next_k = n["k"], n["runner_up"]
    among = f"{_segments(k)}. With {listed(n['qualifying'], 'or')} segments, {_STABLE}"
    above = " above 2" if k > 2 and 2 in n["qualifying"] else ""
    if n.get("returned"):
        return (
            f"{among}. The whole procedure was repeated on {n['draws']} random draws of the "
            f"customers: it gave {k} in {n['returned']} of them, and the runner-up, {next_k}, in "
            f"{n['runner_up_returned'] or 'none'}"
        )
    if n["rule"] == _R2:
        apart = "Where the gaps between segments are clearest, " if n["groups"] else "Of these "
        tells = "predicts what customers did next as well as the best does, within a standard error"
        what = f"{apart}{k} is the highest number that {tells}"
        if k == 2:
            what = f"2 has the clearest gaps between its segments, and {tells}"
        return (
            f"{among}. {what}; the runner-up is {next_k} "
            f"(holdout R² {_apart(n['runner_up_score'], n['score'])})"
        )
    if n["rule"] == _DIP:
        return (
            f"{among}. Of these {k} is the highest at which every segment {_DENSITY_DIP}; the "
            f"runner-up is {next_k}"
        )
    second = f" (silhouette times stability {_apart(n['runner_up_score'], n['score'])})"
    if next_k == 2:
        second = ", which is taken only where no larger number will do"
    return (
        f"{among}. Of these {k} is the highest{above} whose segments are as clearly apart and "
        f"as surely recovered as any; the runner-up is {next_k}{second}"
    )


def _least_unstable(n: _Numbers) -> str:
    return (
        f"{_segments(n['k'])}, the least unstable number: none from {n['lowest']} to "
        f"{n['highest']} has only segments that are stable and hold {_SHARE}; at {n['k']} "
        f"{_shortfall(n['smallest_share'], n['lowest_jaccard'])}{_runner_up(n)}"
    )


def _density(n: _Numbers) -> str:
    regions = "the one dense region" if n["k"] == 1 else "the dense regions"
    return f"{_segments(n['k'])}: {regions} that {n['label']} found"


def _definition(n: _Numbers) -> str:
    text = f"{_segments(n['k'])}, by definition: those of the RFM grid that have customers"
    return text + (", and those without an order" if n["no_purchase"] else "")


def _runner_up(n: _Numbers) -> str:
    if n["runner_up"] is None:
        return ""
    shortfall = _shortfall(n["runner_up_smallest_share"], n["runner_up_lowest_jaccard"])
    return f"; the runner-up is {n['runner_up']}, where {shortfall}"


def _shortfall(share: float, lowest: float | None) -> str:
    """Say what keeps a number of segments from qualifying."""
    if not share >= USABLE:
        return f"the smallest segment holds only {write_share(share, 1)}"
    if lowest is None:
        return "the least stable segment could not be tested"
    return f"the least stable segment is recovered only to {write_number(lowest, 2)} of {VALID}"


SENTENCES: Mapping[str, Callable[[_Numbers], str]] = {
    "alike": lambda n: "1 segment, since all customers are the same",
    "nothing differs": lambda n: (
        "1 segment, since the customers differ in nothing that can be clustered"
    ),
    "too few": lambda n: "1 segment, since there are not two customers to tell apart",
    "no density": lambda n: (
        f"1 segment, since {n['label']} found no region that is denser than what is around it"
    ),
    "no structure": lambda n: (
        f"1 segment, since no structure was found: the best division, into {n['best_k']}, did "
        "not hold"
    ),
    "density": _density,
    "definition": _definition,
    "given number": lambda n: f"{counted(n['k'], 'group')}, as given",
    "fixed": _fixed,
    "elbow": _elbow,
    "silhouette": _silhouette,
    "agreement": lambda n: f"{_segments(n['k'])}, since the elbow and the silhouette agree",
    "first that holds": _first_that_holds,
    "only one qualifies": _only_one_qualifies,
    "qualifying": _qualifying,
    "least unstable": _least_unstable,
}


CERTIFICATE_SENTENCES: Mapping[str, str] = {
    "one moment": "the whole log is of one moment",
    "few eligible": (
        "only {eligible_customers} had an event before {date}, and {least} in each half are needed"
    ),
    "few returned": (
        "only {returned} of the {eligible} customers with an event before {date} bought or visited "
        "again after it, and {least} in each half are needed"
    ),
    "left out": "The tests were left out.",
    "one segment": "There is one segment only.",
    "given groups": "The groups were given: nothing says by which rule a customer gets into one.",
    "defined in advance": "The segments are defined in advance, not found in the data.",
    "no feature of events": (
        "`{feature}` is not made from events, so that no shop can be simulated with it."
    ),
    "few customers": "There are {customers} customers; the test needs at least {least}.",
    "no orders before": "nobody had ordered at the holdout date",
    "one segment before": "at the holdout date everyone is in one segment",
    "nobody alike before": "at the holdout date nobody was like its customers",
    "no match before": "the segments of the holdout date hold none that is nearly the same",
    "few to validate": "fewer than {least} customers of the validation half are in it",
    "too small": "it is too small to act on",
    "no short rule": "no short rule tells its customers from others",
    "imprecise rule": "its short rule names too many others",
    "incomplete rule": "its short rule misses too many of its customers",
}


LEFT_OUT_SENTENCES: Mapping[str, str] = {
    "undefined": "“{feature}” is undefined for everyone",
    "constant": "“{feature}” is the same for everyone",
    "near copy": "“{feature}” says almost the same as “{other}” (correlation {correlation})",
}


WEIGHTS_SENTENCES: Mapping[str, str] = {
    "equal as asked": "that was asked for",
    "given": "their weights were given",
    "no holdout": "there was no earlier date from which to watch customers",
    "short horizon": (
        "what customers did in {days} days says too little of what they are like (at least "
        "{least} are needed)"
    ),
    "nothing followed": "after the earlier date all customers did the same",
    "one feature": "there were not two to compare at the earlier date",
    "no difference": "the differences in what they told are no larger than chance makes",
}


def _apart(value: float, other: float) -> str:
    """Return two numbers with as many digits as it takes to tell them apart, 2 to 4.

    >>> _apart(0.061, 0.058)
    '0.061 against 0.058'
    """
    for digits in (2, 3, 4):
        texts = write_number(value, digits), write_number(other, digits)
        if texts[0] != texts[1]:
            return " against ".join(texts)
    return " against ".join((write_number(value, 2), write_number(other, 2)))


def _segments(k: int) -> str:
    """Return a number of segments in words.

    >>> _segments(1), _segments(4)
    ('1 segment', '4 segments')
    """
    return counted(k, "segment")
