"""Where customers stand against their own rhythm: new, active, slowing, at risk, lapsed."""

from collections.abc import Iterator, Mapping

import numpy as np

from clustomer.customers.reason import Reason
from clustomer.insights.blocks import (
    Block,
    Bullets,
    Column,
    Folded,
    OfSegment,
    Paragraph,
    Row,
    Section,
    Table,
)
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.facts import Fact, decimals_for, made_of
from clustomer.insights.population import BOTS, EVERYONE
from clustomer.insights.study import Study
from clustomer.insights.texts import listed
from clustomer.lifecycle import RETURNS, STAGES, Lifecycle
from clustomer.thresholds import HARDLY_ANY

_TITLES = {
    "new": "New",
    "active": "Active",
    "returned": "Returned",
    "slowing": "Slowing",
    "at risk": "At risk",
    "lapsed": "Lapsed",
}
_WHO = {
    "new": "have ordered, or come, on one day only so far, and are not yet overdue",
    "active": "come as often as they usually do",
    "returned": "are back after a pause as long as that of the lapsed",
    "slowing": "have been away for longer than {threshold.slowing_part} of the pauses that ended",
    "at risk": "have been away for longer than {threshold.at_risk_part} of the pauses that ended",
    "lapsed": "have been away for longer than {threshold.lapsed_part} of the pauses that ended",
}

_DUE = (
    "Due soon are those whose date, by which half of such pauses are over (expected_on), lies "
    "within {threshold.due_days} after the data: remind them by then. Past due are those whose "
    "date had come when the data ended, and who are not yet late: write to them now. Neither is a "
    "forecast that they order this week."
)
_WHO_IS_DUE = " In segments.csv, due is true of both, and past_due of the latter alone."
_ONLY_RETURNS = (
    " {everyone.lifecycle.returns:customer who only sent goods back has/customers who only sent "
    "goods back have} no order of their own here, and so no stage."
)


class Stages(Chapter):
    """The stage of customers, by segment, and who is due to order."""

    name = "lifecycle"
    title = "Where customers stand"
    short = "Lifecycle"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where no stages are known."""
        return None if isinstance(study.lifecycle, Lifecycle) else "no stages are known"

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `S1.lifecycle.at_risk`, `everyone.lifecycle.due`, `lifecycle.first.lapsed`, ..."""
        assert isinstance(study.lifecycle, Lifecycle)
        table = study.lifecycle.table
        stages = np.asarray(table["stage"].to_pylist(), dtype=object)
        due, past = (table[name].to_numpy(zero_copy_only=False) for name in ("due", "past_due"))
        staged = np.array([stage is not None for stage in stages], dtype=bool)
        for key in (EVERYONE, *study.names):
            rows = study.people.rows(key)
            for stage in STAGES:
                count = int(np.sum(stages[rows] == stage))
                yield _counted(key, stage, "stage", stage, count)
                staying = int(staged[rows].sum())
                yield _shared(key, stage, count / staying if staying else 0.0)
            yield from _due(key, int(due[rows].sum()), int(past[rows].sum()))
        returns = int(np.sum(~staged[study.people.rows(EVERYONE)]))
        if returns:
            yield _counted(EVERYONE, "returns", "basis", RETURNS, returns)
        yield from _usual(study.lifecycle)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return who is where, what the stages mean, and a line for every card."""
        lifecycle = study.lifecycle
        assert isinstance(lifecycle, Lifecycle)
        who = "" if study.given else _WHO_IS_DUE
        returns = _ONLY_RETURNS if "everyone.lifecycle.returns" in facts else ""
        yield Paragraph(f"{_standing(EVERYONE, facts)}. {_DUE}{who}{returns}")
        yield _table(study)
        stages = tuple(f"{_TITLES[stage]}: {_WHO[stage]}." for stage in STAGES)
        known_by = Bullets(tuple(_method(lifecycle, facts)), "How that is known", "note")
        yield Folded("What the stages mean, and how that is known", (Bullets(stages), known_by))
        for key in study.names:
            if key != BOTS:
                line = f"{_standing(key, facts)}."
                yield OfSegment(key, "left", Bullets((line,), "Where they stand"))
        yield Section("Where they stand", (Paragraph(f"{_standing(EVERYONE, facts)}."),), "screen")


class LifecycleLeftOut(Chapter):
    """Why there are no stages."""

    name = "lifecycle-left-out"
    title = "Why nobody is called active or lapsed"
    place = "appendix"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where there are stages, or none were looked for."""
        return None if isinstance(study.lifecycle, Reason) else "nothing was left out"

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `lifecycle.pauses` where too few came back."""
        assert isinstance(study.lifecycle, Reason)
        if study.lifecycle.kind == "few pauses":
            source = _in_run("reason/numbers", "pauses")
            pauses = study.lifecycle.numbers["pauses"]
            assert isinstance(pauses, int)
            yield Fact("lifecycle.pauses", pauses, "customers", 0, None, source)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return the sentence."""
        assert isinstance(study.lifecycle, Reason)
        if study.lifecycle.kind == "short log":
            yield Paragraph(
                "The log covers {run.window_days}. In less than {threshold.long_window_days} "
                "nobody has had the time to come back, to slow down or to stay away."
            )
        else:
            yield Paragraph(
                "{lifecycle.pauses:customer/customers} came back on another day; it takes "
                "{threshold.fewest_pauses} to know how long customers usually stay away."
            )


def _standing(key: str, facts: Mapping[str, Fact]) -> str:
    """Return the stages of a group that hold more than hardly any of it, in a sentence."""
    large = [
        stage
        for stage in STAGES
        if float(facts[f"{key}.lifecycle.{_slug(stage)}_share"].value or 0) > HARDLY_ANY
    ]
    parts = [f"{{{key}.lifecycle.{_slug(stage)}_share}} {stage}" for stage in large]
    soon, past = (f"{key}.lifecycle.{name}" for name in ("due_soon", "past_due"))
    due = f"{{{soon}}} {{{soon}?is/are}} due soon and {{{past}}} {{{past}?is/are}} past due"
    if not (facts[soon].value or facts[past].value):
        due = "nobody is due soon or past due"
    sentence = listed(parts) if parts else "no stage holds more than a few"
    return f"{sentence}; {due}"


def _table(study: Study) -> Table:
    columns = (
        Column("Segment", "name"),
        *(Column(_TITLES[stage]) for stage in STAGES),
        Column("Due soon"),
        Column("Past due"),
    )
    keys = [(key, name) for key, name in study.names.items() if key != BOTS]
    rows = [Row((name, *_cells(key)), key) for key, name in keys]
    rows.append(Row(("Everyone", *_cells(EVERYONE)), chosen=True))
    return Table("Segments by stage", columns, tuple(rows))


def _cells(key: str) -> tuple[str, ...]:
    return tuple(f"{{{key}.lifecycle.{_slug(name)}}}" for name in (*STAGES, "due_soon", "past_due"))


def _method(lifecycle: Lifecycle, facts: Mapping[str, Fact]) -> Iterator[str]:
    bases = _bases(lifecycle)
    if len(bases) > 1:
        yield (
            "Customers who have ordered are known by the days on which they ordered, the others by "
            "the days on which they came."
        )
    elif bases == ["visits"]:
        yield "Nobody has ordered; customers are known by the days on which they came."
    for basis in bases:
        if basis == "visits" and lifecycle.rhythms["visits"] == lifecycle.rhythms["orders"]:
            yield (
                "Too few customers without an order came back to tell how long they stay away; "
                "they are held against those who ordered."
            )
            continue
        yield _first(basis, facts)
        yield _further(basis, facts)
    yield (
        "The usual gap is the mean of a customer's own gaps, drawn towards everyone's where they "
        "are few. The next order is expected by the date at which half of the pauses are over of "
        "customers who ordered as often and whose gaps are as long, interpolated between groups "
        "of such customers; where fewer than half were "
        "seen to end, no date is given. Nobody is late before that date, and nobody at risk or "
        "lapsed who has come back after as long a pause before."
    )
    yield (
        "Slowing begins where {threshold.slowing_part} of the pauses that ended were shorter, at "
        "risk where {threshold.at_risk_part} were, lapsed where {threshold.lapsed_part} were, by "
        "the product-limit estimate of Kaplan and Meier, in which pauses that still go on count. "
        "Lengths above {threshold.observed_part} of the period are not taken from first pauses: "
        "it is too short to have seen many of them."
    )


def _bases(lifecycle: Lifecycle) -> list[str]:
    return sorted(set(lifecycle.table["basis"].to_pylist()) - {RETURNS})


def _first(basis: str, facts: Mapping[str, Fact]) -> str:
    key = f"lifecycle.{basis}.first"
    what = "day with an order" if basis == "orders" else "day"
    parts = [
        f"{stage} after {{{key}.{_slug(stage)}}}"
        for stage in ("slowing", "at risk", "lapsed")
        if f"{key}.{_slug(stage)}" in facts
    ]
    rest = "" if len(parts) == 3 else "; the log is too short to say more"
    return (
        f"After the only {what} customers count as {listed(parts)}{rest}: an estimated "
        f"{{{key}.come_back}} of all come back within the time that the log shows, pauses that "
        "still go on counted."
        if parts
        else f"How long customers stay away after their only {what}, the log is too short to say."
    )


def _further(basis: str, facts: Mapping[str, Fact]) -> str:
    key = f"lifecycle.{basis}.further"
    parts = [
        f"{stage} after {{{key}.{_slug(stage)}}}"
        for stage in ("slowing", "at risk", "lapsed")
        if f"{key}.{_slug(stage)}" in facts
    ]
    what = "ordered" if basis == "orders" else "came"
    return (
        f"Customers who {what} on several days count as {listed(parts)} times their usual gap; "
        f"everyone's is {{lifecycle.{basis}.usual_gap_days}}."
        if parts
        else f"Of customers who {what} on several days too little is known."
    )


def _usual(lifecycle: Lifecycle) -> Iterator[Fact]:
    """Make `lifecycle.orders.first.lapsed` and the like of the bases that occur."""
    document = lifecycle.to_json()
    for basis in _bases(lifecycle):
        for kind, unit in (("first", "days"), ("further", "ratio")):
            limits = document[basis][kind]
            for name in ("slowing", "at_risk", "lapsed"):
                if limits[name] is not None:
                    source = _in_run(f"{basis}/{kind}", name)
                    value, decimals = float(limits[name]), decimals_for(float(limits[name]), unit)
                    fact = f"lifecycle.{basis}.{kind}.{name}"
                    yield Fact(fact, value, unit, decimals, None, source)
        share = document[basis]["first"]["come_back"]
        source = _in_run(f"{basis}/first", "come_back")
        fact = f"lifecycle.{basis}.first.come_back"
        yield Fact(fact, share, "share", decimals_for(share, "share"), None, source)
        usual = document[basis]["usual_gap_days"]
        source = _in_run(basis, "usual_gap_days")
        fact = f"lifecycle.{basis}.usual_gap_days"
        yield Fact(fact, usual, "days", decimals_for(usual, "days"), None, source)


def _due(key: str, due: int, past: int) -> Iterator[Fact]:
    """Make `S1.lifecycle.due`, `.past_due` and `.due_soon`, which is the rest."""
    yield _counted(key, "due", "due", "true", due)
    yield _counted(key, "past_due", "past_due", "true", past)
    ids = f"{key}.lifecycle.due {key}.lifecycle.past_due"
    segment = None if key == EVERYONE else key
    name = f"{key}.lifecycle.due_soon"
    yield made_of(name, due - past, "customers", ids, "difference", segment_id=segment)


def _slug(stage: str) -> str:
    return stage.replace(" ", "_")


def _counted(key: str, name: str, column: str, value: str, count: int) -> Fact:
    source = {
        "table": "lifecycle",
        "key": key,
        "column": column,
        "aggregate": f'count_of("{value}")',
    }
    segment = None if key == EVERYONE else key
    return Fact(f"{key}.lifecycle.{_slug(name)}", count, "customers", 0, segment, source)


def _shared(key: str, stage: str, share: float) -> Fact:
    source = {
        "table": "lifecycle",
        "key": key,
        "column": "stage",
        "aggregate": f'share_of("{stage}")',
    }
    segment = None if key == EVERYONE else key
    fact = f"{key}.lifecycle.{_slug(stage)}_share"
    return Fact(fact, share, "share", decimals_for(share, "share"), segment, source)


def _in_run(way: str, name: str) -> dict[str, str]:
    return {"table": "run", "key": f"lifecycle/{way}", "column": name, "aggregate": "value"}
