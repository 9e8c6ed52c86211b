"""Presets of logs and of shop systems' exports."""

from typing import Any

from clustomer.events.schema import COLUMNS, EVENT_TYPES, EventSchema

_OURS: dict[str, Any] = {kind: kind for kind in EVENT_TYPES}

SHOPS: tuple[EventSchema, ...] = (
    EventSchema(
        name="rees46",
        columns={column: column for column in COLUMNS},
        event_types=_OURS,
        product_name="product_name",
    ),
    EventSchema(
        name="order-lines",
        columns={
            "event_time": "InvoiceDate",
            "user_id": "CustomerID",
            "product_id": "StockCode",
            "price": "UnitPrice",
            "quantity": "Quantity",
            "order_id": "InvoiceNo",
        },
        event_type="purchase",
        product_name="Description",
        return_prefix="C",
        returns_are_negative=True,
        not_products="POST|DOT|M|C2|D|S|B|BANK CHARGES|AMAZONFEE|CRUK|ADJUST2?|TEST00[0-9]|gift_.*",
    ),
    EventSchema(
        name="transactions",
        columns={"event_time": "date", "user_id": "customer_id", "price": "dollar_value"},
        event_type="purchase",
        row_is_order=True,
    ),
    EventSchema(
        name="retailrocket",
        columns={
            "event_time": "timestamp",
            "event_type": "event",
            "product_id": "itemid",
            "user_id": "visitorid",
            "order_id": "transactionid",
        },
        event_types={"view": "view", "addtocart": "cart", "transaction": "purchase"},
    ),
    EventSchema(
        name="taobao",
        columns={
            "event_time": "timestamp",
            "event_type": "behavior_type",
            "product_id": "item_id",
            "category_id": "category_id",
            "user_id": "user_id",
        },
        event_types={"pv": "view", "cart": "cart", "buy": "purchase"},
        ignored_event_types=("fav",),
        header=False,
        names=("user_id", "item_id", "category_id", "behavior_type", "timestamp"),
    ),
    EventSchema(
        name="shopify",
        columns={
            "event_time": "Created at",
            "event_type": "Financial Status",
            "product_id": "Lineitem name",
            "brand": "Vendor",
            "price": "Lineitem price",
            "user_id": "Email",
            "quantity": "Lineitem quantity",
            "order_id": "Name",
        },
        event_types=dict.fromkeys(
            (
                "paid",
                "partially_paid",
                "pending",
                "authorized",
                "partially_refunded",
                "refunded",
                "voided",
            ),
            "purchase",
        ),
        ignored_event_types=("expired",),
        carried_within_order=("event_time", "event_type", "user_id"),
        return_time="Cancelled at",
    ),
    EventSchema(
        name="woocommerce",
        columns={
            "event_time": "Order Date",
            "event_type": "Order Status",
            "product_id": "Item Name",
            "price": "Item Cost",
            "user_id": "Email (Billing)",
            "quantity": "Quantity",
            "order_id": "Order Number",
        },
        event_types={
            f"{prefix}{status}": "purchase"
            for prefix in ("", "wc-")
            for status in ("completed", "processing", "on hold", "on-hold", "refunded")
        },
        ignored_event_types=tuple(
            f"{prefix}{status}"
            for prefix in ("", "wc-")
            for status in (
                "pending payment",
                "pending",
                "cancelled",
                "failed",
                "draft",
                "checkout-draft",
                "trash",
            )
        ),
        carried_within_order=("event_time", "event_type", "user_id"),
        no_customer=("0",),
    ),
)
