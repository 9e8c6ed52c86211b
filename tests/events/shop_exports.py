"""Exports as shop systems, services and spreadsheets write them, each with its right value.

Small files of our own making in the folder `exports`, in the columns and notations of what they
stand for. A page and a test read this list.
"""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "exports"


@dataclass(frozen=True)
class Export:
    """An export: its file, what it stands for, and what it adds up to.

    `asked` is the setting that the file does not tell, with the `answer` that is right.
    """

    name: str
    kind: str
    revenue: str
    customers: int
    first: str
    last: str
    asked: str = ""
    answer: str = ""


JAN, FEB = "2024-01-05", "2024-02-20"

EXPORTS = (
    # the classics, in American and in European notation
    Export("superstore-us.csv", "Superstore", "1798.35", 3, "2015-10-21", "2016-11-08"),
    Export("superstore-eu.csv", "Superstore, European", "1798.35", 3, "2015-10-21", "2016-11-08"),
    Export("sample-orders-us.csv", "orders of an RFM tutorial", "1172.00", 4, "2011-01-29",
           "2011-09-07"),
    Export("sample-orders-eu.csv", "orders of an RFM tutorial, European", "1172.50", 4,
           "2011-01-29", "2011-09-07"),
    Export("online-retail-us.csv", "Online Retail", "101.89", 3, "2010-12-01", "2010-12-13"),
    Export("online-retail-eu.csv", "Online Retail, European", "101.89", 3, "2010-12-01",
           "2010-12-13"),
    Export("bank-us.csv", "a bank's transactions", "28483.50", 2, "2016-08-02", "2016-08-30"),
    Export("bank-eu.csv", "a bank's transactions, European", "28483.00", 2, "2016-08-02",
           "2016-08-30"),
    Export("bank-de.csv", "a German bank statement", "1260.00", 2, JAN, "2024-02-21"),
    # shop systems
    Export("squarespace.csv", "Squarespace orders", "65.00", 2, JAN, "2024-02-05"),
    Export("woo-analytics.csv", "WooCommerce analytics", "1250.00", 2, JAN, "2024-02-05"),
    Export("magento.csv", "Magento orders", "1270.00", 2, JAN, "2024-02-05"),
    Export("shopware6.csv", "Shopware 6 orders", "65.00", 2, JAN, "2024-02-08"),
    Export("presta-en.csv", "PrestaShop orders", "1270.00", 2, JAN, "2024-02-05"),
    Export("presta-fr.csv", "PrestaShop orders, French", "1270.00", 2, JAN, "2024-02-05"),
    Export("bigcommerce.csv", "BigCommerce orders", "65.00", 2, "2024-01-15", "2024-02-06"),
    Export("wix.csv", "Wix orders", "65.00", 2, "2024-01-15", "2024-02-05"),
    Export("ebay.csv", "eBay sales", "50.00", 2, JAN, "2024-02-05"),
    Export("rakuten.csv", "Rakuten orders, in Shift-JIS", "8420.00", 2, JAN, "2024-02-06"),
    Export("mercadolibre.csv", "Mercado Libre sales, with two lines of names", "1310.00", 2, JAN,
           "2024-02-06"),
    Export("shopify-api.json", "Shopify's orders as JSON", "65.00", 2, JAN, "2024-02-05"),
    Export("lightspeed-retail.csv", "sales lines of a till", "50.00", 2, JAN, "2024-02-05",
           "price_is", "line"),
    Export("woo-lines.csv", "WooCommerce order lines, with the total of the order on each", "66.00",
           2, JAN, "2024-02-05"),
    Export("total-lines.csv", "order lines, and a line with their total", "60.00", 2, JAN,
           "2024-02-05"),
    Export("sumup.csv", "SumUp sales, with what each line cost", "47.60", 2, JAN, "2024-02-05",
           "price_is", "line"),
    Export("ta-feng.csv", "Ta-Feng's transactions, whose amount is a number of pieces", "242.00", 3,
           "2000-11-01", "2000-11-14"),
    Export("xero.csv", "Xero invoices and credit notes with their states", "40.00", 2, JAN,
           "2024-02-27"),
    Export("quickbooks.csv", "invoices beside the payments for them", "150.00", 2, JAN,
           "2024-02-05"),
    # payments
    Export("stripe.csv", "Stripe payments with a refund in part", "1265.00", 2, JAN,
           "2024-01-26"),
    Export("stripe-api.json", "Stripe's charges as JSON, in cents", "30.50", 2, JAN, "2024-01-06"),
    Export("stripe-intents.json", "Stripe's payment intents as JSON", "20.00", 1, JAN, JAN),
    Export("cents.csv", "a shop's own table, in cents", "36.49", 2, JAN, "2024-02-05"),
    Export("paypal.csv", "PayPal with a refund and a denied payment", "1215.00", 2, "2024-01-15",
           "2024-02-05"),
    # trackers
    Export("ga4-flat.csv", "GA4 with items as rows", "65.00", 2, JAN, "2024-02-05"),
    Export("ga4-dashed.csv", "GA4 exploration", "65.00", 2, JAN, "2024-02-05"),
    Export("klaviyo.csv", "Klaviyo events", "60.00", 2, JAN, "2024-02-05"),
    Export("klaviyo-api.json", "Klaviyo's events as JSON", "65.00", 2, JAN, "2024-02-05"),
    Export("klaviyo-lifecycle.jsonl", "Klaviyo events that tell of each order several times",
           "54.00", 2, JAN, "2024-01-25"),
    Export("segment-resent.jsonl", "Segment events, of which one was sent twice", "84.00", 2, JAN,
           "2024-02-05"),
    Export("mixpanel.jsonl", "Mixpanel events", "65.00", 2, JAN, "2024-02-05"),
    Export("amplitude.json", "Amplitude events", "65.00", 2, JAN, "2024-02-05"),
    Export("tracker.csv", "a tracker with prices of views and revenue of orders", "54.00", 2, JAN,
           "2024-02-05"),
    # spreadsheets of Europe
    Export("de-excel.csv", "a German spreadsheet", "1280.50", 2, JAN, FEB),
    Export("de-line.csv", "a German spreadsheet of order lines", "1290.50", 3, JAN, "2024-02-21"),
    Export("fr-excel.csv", "a French spreadsheet", "1280.50", 2, JAN, FEB),
    Export("es-excel.csv", "a Spanish spreadsheet", "1280.50", 2, JAN, FEB),
    Export("it-excel.csv", "an Italian spreadsheet", "1280.50", 2, JAN, FEB),
    Export("nl-excel.csv", "a Dutch spreadsheet", "1280.50", 2, JAN, FEB),
    Export("pl-excel.csv", "a Polish spreadsheet in Windows-1250", "1280.50", 2, JAN, FEB),
    Export("pt-excel.csv", "a Portuguese spreadsheet", "1280.50", 2, JAN, FEB),
    Export("sv-excel.csv", "a Swedish spreadsheet", "1280.50", 2, JAN, FEB),
    Export("cs-excel.csv", "a Czech spreadsheet in Windows-1250", "1280.50", 2, JAN, FEB),
    Export("ru-1251.csv", "a Russian spreadsheet in Windows-1251", "1280.50", 2, JAN, FEB),
    Export("swiss.csv", "Swiss amounts (1'250.00)", "1265.50", 2, JAN, FEB),
    Export("india.csv", "Indian amounts (₹1,25,000.00)", "125015.50", 2, JAN, FEB),
    Export("sap.csv", "amounts with the minus behind them", "1260.00", 2, JAN, "2024-02-21"),
    Export("totals-row.csv", "titles above and a total below", "65.00", 2, JAN, "2024-02-05"),
    Export("month-totals.csv", "a total behind each month", "175.00", 2, JAN, "2024-02-05"),
    Export("subtotals.csv", "a subtotal behind each customer", "85.00", 2, JAN, "2024-02-05"),
    Export("order-total-lines.csv", "the order's total on each line", "426.00", 4, "2024-01-01",
           "2024-01-12"),
    Export("weights.csv", "kilograms and a price for each", "14.00", 2, JAN, "2024-02-05"),
    Export("returns-status.csv", "orders of which one came back", "70.00", 2, JAN, "2024-01-07"),
    Export("discount-de.csv", "German order lines with abbreviated names and a discount in percent",
           "23.00", 2, JAN, "2024-02-06"),
    Export("erp-de.csv", "a German trade's invoices and credit notes, with discounts", "1309.20", 2,
           JAN, "2024-02-21"),
    Export("fr-spaces.csv", "a French trade's lines, with narrow spaces in amounts", "1280.50", 2,
           JAN, "2024-02-21"),
    Export("us-credits.csv", "American invoices with credits in brackets", "9470.00", 2, JAN,
           "2024-02-05"),
    Export("magento-items.csv", "Magento's order items", "90.00", 2, JAN, "2024-02-06"),
    Export("till-de.csv", "receipts of a till with their sums", "80.00", 2, JAN, "2024-01-25"),
    # times
    Export("three-columns.csv", "year, month and day in three columns", "60.00", 2, JAN,
           "2024-02-05"),
    Export("ampm.csv", "times with AM and PM", "65.00", 2, "2024-01-15", "2024-02-05"),
    Export("weekday.csv", "dates with their weekday", "65.00", 2, JAN, "2024-02-05"),
    Export("rfc.csv", "times as in an e-mail", "65.00", 2, JAN, "2024-02-05"),
    Export("js-date.csv", "times as JavaScript writes them", "65.00", 2, JAN, "2024-02-05"),
    Export("month-de.csv", "German names of months", "65.00", 2, JAN, "2024-03-20"),
    Export("month-fr.csv", "French names of months", "65.00", 2, JAN, FEB),
)  # fmt: skip
