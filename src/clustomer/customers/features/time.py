"""When customers are active: how long ago, for how long, and at which hours."""

from clustomer.customers.features.declaration import DAY_S, Feature, Rate
from clustomer.customers.features.words import Bound, Leaning, Level
from clustomer.thresholds import BUSIEST_DAY, BUSIEST_HOUR

FEATURES: tuple[Feature, ...] = (
    Feature(
        name="recency_days",
        family="engagement",
        label="days since the last activity",
        unit="days",
        definition="Time from the customer's last event to the cutoff, in days and fractions.",
        grain="customer",
        sql=f"CAST(shop.cutoff_s - last_s AS DOUBLE) / {DAY_S}",
        clustering=True,
        # the active span ends where the recency begins: two views of one moment share a vote
        weight=round(2**-0.5, 4),
        place=1,
        words=Level(
            topic="recency",
            statement="The time since they were last seen",
            higher="away for longer",
            lower="seen more recently",
            visits=True,
        ),
        bound=Bound(before="last seen", after="ago"),
    ),
    Feature(
        name="tenure_days",
        family="engagement",
        label="days since the first activity",
        unit="days",
        definition="Time from the customer's first event in the window to the cutoff.",
        grain="customer",
        sql=f"CAST(shop.cutoff_s - first_s AS DOUBLE) / {DAY_S}",
        power=0.5,
        place=2,
        words=Level(
            topic="tenure",
            statement="The time since they first appear in the data",
            higher="first seen longer ago",
            lower="first seen more recently",
        ),
        bound=Bound(before="first seen", after="ago"),
    ),
    Feature(
        name="active_span_days",
        family="engagement",
        label="days from the first to the last activity",
        unit="days",
        definition="Time from the customer's first to the last event in the window; 0 where there "
        "is only one.",
        grain="customer",
        sql=f"CAST(last_s - first_s AS DOUBLE) / {DAY_S}",
        clustering=True,
        replaces="tenure_days",
        power=0.5,
        place=3,
        words=Level(
            topic="tenure",
            statement="The time from their first to their last activity",
            higher="active for longer",
            lower="active for a shorter time",
        ),
        bound=Bound(before="active for", after="from first to last"),
    ),
    Feature(
        name="weekend_share",
        family="engagement",
        label="share of activity at the weekend",
        unit="share",
        definition="Events on a Saturday or Sunday, in the shop's time zone, over all events, "
        "shrunk to the shop's rate.",
        grain="customer",
        rate=Rate(numerator="weekend_events", denominator="timed_events"),
        words=Leaning(
            topic="weekend",
            more="are active more at weekends",
            fewer="are active less at weekends",
        ),
    ),
    Feature(
        name="night_share",
        family="engagement",
        label="share of activity at night",
        unit="share",
        definition="Events from 22:00 to 06:00, in the shop's time zone, over all events, shrunk "
        "to the shop's rate.",
        grain="customer",
        rate=Rate(numerator="night_events", denominator="timed_events"),
        needs=("time of day",),
        words=Leaning(
            topic="night",
            more="are active more at night",
            fewer="are active less at night",
        ),
    ),
    Feature(
        name="busiest_hour_events",
        family="engagement",
        label="interactions in the busiest hour",
        unit="events",
        definition="Views, cart additions and removals in the busiest clock hour.",
        grain="hours",
        sql="MAX(interactions)",
        needs=("visit", "time of day"),
        power=0.5,
    ),
    Feature(
        name="busiest_day_events",
        family="engagement",
        label="interactions on the busiest day",
        unit="events",
        definition="Views, cart additions and removals on the busiest calendar day.",
        grain="days",
        sql="MAX(interactions)",
        needs=("visit",),
        power=0.5,
    ),
)

SUSPECTED_BOT = f"busiest_hour_events > {BUSIEST_HOUR} OR busiest_day_events > {BUSIEST_DAY}"
"""More than one interaction every five seconds for a whole hour, or every thirty
seconds round the clock: a rate that no human reaches. SQL over the customer table."""
