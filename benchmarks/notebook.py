"""The notebook method: what many do by hand, rendered in pandas and scikit-learn.

Load, group by customer, log, scale, KMeans for K = 2 to 10 with ten starts, and the
silhouette of each, on all customers or on a sample. It is what `clustomer run` is
compared with; it draws and writes nothing.

    python benchmarks/notebook.py shop.db [--sample 10000] [--k 6]
"""

import argparse
import sqlite3
import time
from contextlib import closing

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler


def customer_features(events: pd.DataFrame) -> pd.DataFrame:
    """Group events by customer, as the notebooks do."""
    events = events.copy()
    events["event_time"] = pd.to_datetime(
        events["event_time"], format="%Y-%m-%d %H:%M:%S UTC", errors="coerce", utc=True
    )
    events["price"] = pd.to_numeric(events["price"], errors="coerce")
    events = events.dropna(subset=["event_time", "user_id", "user_session", "price"])
    # without this, the one row of 2099 would make recency the same for everyone
    events = events[
        events["event_time"] < events["event_time"].quantile(0.999) + pd.Timedelta("1D")
    ]
    end = events["event_time"].max()
    bought = events[events["event_type"] == "purchase"]
    by_user = events.groupby("user_id")
    counts = events.groupby(["user_id", "event_type"]).size().unstack(fill_value=0)
    features = pd.DataFrame(
        {
            "recency": (end - by_user["event_time"].max()).dt.total_seconds() / 86_400,
            "frequency": by_user.size(),
            "sessions": by_user["user_session"].nunique(),
            "products": by_user["product_id"].nunique(),
            "categories": by_user["category_id"].nunique(),
            "brands": by_user["brand"].nunique(),
            "average_price": by_user["price"].mean(),
        }
    )
    features["monetary"] = bought.groupby("user_id")["price"].sum()
    for kind in ("view", "cart", "purchase"):
        features[f"{kind}s"] = counts.get(kind, 0)
    features["cart_ratio"] = features["carts"] / features["frequency"]
    return features.fillna(0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database")
    parser.add_argument("--sample", type=int, default=None, help="customers for the silhouette")
    parser.add_argument("--k", type=int, default=None, help="one number of clusters only")
    arguments = parser.parse_args()

    clock = time.perf_counter()

    def lap(what: str) -> None:
        nonlocal clock
        now = time.perf_counter()
        print(f"{now - clock:8.1f} s  {what}", flush=True)
        clock = now

    with closing(sqlite3.connect(arguments.database)) as connection:
        events = pd.read_sql("SELECT * FROM ecommerce_behavior", connection)
    lap(f"read {len(events):,} rows")
    features = customer_features(events)
    lap(f"{len(features):,} customers, {features.shape[1]} features")
    scaled = StandardScaler().fit_transform(np.log1p(features.clip(lower=0)))
    for k in range(2, 11) if arguments.k is None else [arguments.k]:
        model = KMeans(n_clusters=k, n_init=10, random_state=0).fit(scaled)
        lap(f"K = {k}: fit, inertia {model.inertia_:,.0f}")
        score = silhouette_score(
            scaled, model.labels_, sample_size=arguments.sample, random_state=0
        )
        lap(f"K = {k}: silhouette {score:.3f}")


if __name__ == "__main__":
    main()
