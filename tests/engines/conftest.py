"""A small shop's clean events and its customers, which every engine must agree on."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from facet_views import facets_seen

from clustomer.customers import Customers, customer_features
from clustomer.events import read_events
from clustomer.lifecycle import Lifecycle, lifecycle_stages
from clustomer.simulate import simulate


@dataclass(frozen=True)
class Shop:
    events: pa.Table
    customers: Customers
    lifecycle: Lifecycle
    seen: dict[str, tuple[tuple[str, ...], pa.Table]]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    path = tmp_path_factory.mktemp("shop") / "shop.parquet"
    simulate(path, events=6_000, random_state=3)
    rows = pq.read_table(path)
    # some sales come back, so that every feature is there
    sold = rows.filter(pa.compute.equal(rows["event_type"], "purchase")).slice(0, 9)
    place = sold.schema.get_field_index("event_type")
    returned = sold.set_column(place, "event_type", pa.array(["return"] * sold.num_rows))
    events = read_events(pa.concat_tables([rows, returned]), time_zone="America/New_York")
    customers = customer_features(events)
    assert not customers.unavailable
    lifecycle = lifecycle_stages(events)
    assert isinstance(lifecycle, Lifecycle)
    clean = events.to_arrow()
    seen = facets_seen(events.engine, customers.window)
    events.close()
    return Shop(clean, customers, lifecycle, seen)
