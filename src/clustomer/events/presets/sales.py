"""Presets of marketplaces, payment services and tills: exports of what was sold."""

from typing import Any

from clustomer.events.schema import EventSchema

_SOLD: dict[str, Any] = dict.fromkeys(
    ("delivered", "shipped", "invoiced", "processing", "approved", "created"), "purchase"
)

_PAID: dict[str, Any] = dict.fromkeys(
    (
        "Express Checkout Payment",
        "Website Payment",
        "Web Accept Payment Received",
        "Shopping Cart Payment Received",
        "Mobile Payment",
        "General Payment",
        "Subscription Payment",
        "PreApproved Payment Bill User Payment",
        "eBay Auction Payment",
    ),
    "purchase",
)
_PAID_BACK: dict[str, Any] = dict.fromkeys(
    ("Payment Refund", "Payment Reversal", "Refund"), "return"
)

SALES: tuple[EventSchema, ...] = (
    EventSchema(
        name="olist",
        columns={
            "event_time": "order_purchase_timestamp",
            "event_type": "order_status",
            "product_id": "product_id",
            "category_code": "product_category_name",
            "price": "price",
            "user_id": "customer_unique_id",
            "order_id": "order_id",
        },
        event_types=_SOLD,
        ignored_event_types=("canceled", "unavailable"),
        price_is="unit",
        joins=("order_id", "customer_id", "product_id"),
    ),
    EventSchema(
        name="amazon",
        columns={
            "event_time": "purchase-date",
            "event_type": "order-status",
            "product_id": "sku",
            "price": "item-price",
            "user_id": "buyer-email",
            "quantity": "quantity-purchased",
            "order_id": "order-id",
        },
        event_types=dict.fromkeys(
            ("Shipped", "Unshipped", "PartiallyShipped", "Complete", "Shipping"), "purchase"
        ),
        ignored_event_types=("Cancelled", "Canceled", "Pending"),
        price_is="line",
        product_name="product-name",
    ),
    EventSchema(
        name="etsy",
        columns={
            "event_time": "Sale Date",
            "product_id": "Listing ID",
            "price": "Price",
            "user_id": "Buyer",
            "quantity": "Quantity",
            "order_id": "Order ID",
        },
        event_type="purchase",
        price_is="unit",
        product_name="Item Name",
    ),
    EventSchema(
        name="stripe",
        columns={
            "event_time": "Created (UTC)",
            "event_type": "Status",
            "price": "Amount",
            "user_id": ("Customer Email", "Customer ID"),
            "order_id": "id",
        },
        event_types={"Paid": "purchase", "succeeded": "purchase", "Refunded": "purchase"},
        ignored_event_types=("*",),
        price_is="order",
        amounts_in="major",
        return_time="Refunded date (UTC)",
        return_amount="Amount Refunded",
    ),
    EventSchema(
        name="stripe-api",
        columns={
            "event_time": "created",
            "event_type": "status",
            "price": ("amount_received", "amount_captured", "amount"),
            "user_id": ("customer", "billing_details.email", "receipt_email"),
            "order_id": "id",
        },
        event_types={"succeeded": "purchase"},
        ignored_event_types=("*",),
        price_is="order",
        amounts_in="minor",
        currency="currency",
        return_time="created",
        return_amount="amount_refunded",
    ),
    EventSchema(
        name="paypal",
        columns={
            "event_time": ("Date", "Time"),
            "event_type": "Type",
            "price": "Gross",
            "user_id": "From Email Address",
            "order_id": "Transaction ID",
        },
        event_types=_PAID | _PAID_BACK,
        ignored_event_types=("*",),
        price_is="order",
        returns_are_negative=True,
        return_user_id="To Email Address",
        status="Status",
        done=("Completed", "Refunded", "Partially Refunded", "Reversed"),
    ),
    EventSchema(
        name="square",
        columns={
            "event_time": ("Date", "Time"),
            "event_type": "Event Type",
            "product_id": "Item",
            "category_code": "Category",
            "price": "Net Sales",
            "user_id": "Customer ID",
            "quantity": "Qty",
            "order_id": "Transaction ID",
        },
        event_types={"Payment": "purchase", "Refund": "return"},
        price_is="line",
        returns_are_negative=True,
    ),
)
