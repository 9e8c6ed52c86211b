"""Files as shops have them, small, each with its right value: tests and a page read these."""

import gzip
import io
import json
import sqlite3
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq

HEADER = "event_time,event_type,user_id,price"


@dataclass(frozen=True)
class Case:
    """A file, and what it is read as: each customer's revenue, or a message that refuses it.

    `decided` says in one sentence how; `rejected` counts the rows that are not kept; `schema` is
    TOML that the file needs; `said` is in a warning. `beside` are further files, by their names;
    without content, `name` is a folder or a pattern of them.
    """

    kind: str
    content: str | bytes
    decided: str
    revenue: dict[str, str] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    refused: str = ""
    name: str = "log.csv"
    schema: str = ""
    said: str = ""
    beside: dict[str, str | bytes] = field(default_factory=dict)


def log(*rows: str, header: str = HEADER, end: str = "\n") -> str:
    return end.join([header, *rows]) + end


def in_sqlite(rows: tuple[str, ...]) -> bytes:
    """Return a database with the table that is read where no other is named."""
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE ecommerce_behavior ({HEADER})")
    connection.executemany(
        "INSERT INTO ecommerce_behavior VALUES (?, ?, ?, ?)", [row.split(",") for row in rows]
    )
    connection.commit()
    content = connection.serialize()
    connection.close()
    return content


def in_parquet(times: object) -> bytes:
    """Return a file of two purchases at some times."""
    columns = {"event_time": times, "event_type": ["purchase"] * 2, "user_id": ["k1", "k2"]}
    table = pa.table({**columns, "price": [10.0, 20.0]})
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def zipped(members: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return out.getvalue()


def damaged(content: bytes) -> bytes:
    """Return a file of which all but the first two pages are overwritten."""
    return content[:8_192] + b"\xff" * (len(content) - 8_192)


def with_bad_byte(content: bytes) -> bytes:
    """Return a database in which a text begins with a byte that begins none in UTF-8."""
    return content.replace(b"purchasek0", b"purchase\xff0")


def order_lines(*rows: str) -> str:
    return log(*rows, header="Order Date,Customer ID,Order ID,Product ID,Quantity,Sales")


OF_ORDERS = (
    'event_type = "purchase"\n{}[columns]\nevent_time = "Order Date"\nuser_id = "Customer ID"\n'
    'order_id = "Order ID"\nproduct_id = "Product ID"\nquantity = "Quantity"\nprice = "Sales"\n'
)
NOW = (datetime(2024, 1, 5, 9, tzinfo=UTC), datetime(2024, 1, 20, 9, tzinfo=UTC))
USUAL = [f"2024-01-{1 + i:02d} 10:00:00,purchase,k1,1" for i in range(20)]
K1 = "2024-01-05 09:00:00,purchase,k1,10"
K2 = "2024-01-20 09:00:00,purchase,k2,20"
BOTH = {"k1": "10.00", "k2": "20.00"}
OBJECTS = [dict(zip(HEADER.split(","), row.split(","), strict=True)) for row in (K1, K2)]
NAMED = log(K1.replace("k1", "Jürgen"), K2.replace("k2", "Zoë"))
NAMES = {"Jürgen": "10.00", "Zoë": "20.00"}


CASES = (
    Case(
        "each line in quotes, as a spreadsheet writes a single column",
        "".join(f'"{line}"\n' for line in log(K1, K2).splitlines()),
        "the quotes around lines are left out",
        BOTH,
    ),
    Case(
        "a backslash before a quote, as databases write it",
        log(
            '2024-01-05,purchase,k1,10,"a \\"big\\", red one"',
            "2024-01-20,purchase,k2,20,\\N",
            header=HEADER + ",product",
        ),
        "where lines are rows only so",
        BOTH,
    ),
    Case(
        "a header on two lines, as merged cells leave it",
        log(
            "Who,,What,",
            "user_id,event_time,event_type,price",
            "k1,2024-01-05,purchase,10",
            "k2,2024-01-20,purchase,20",
            header="Report,,,",
        ),
        "the names of the second line, where the first has gaps that it fills",
        BOTH,
    ),
    Case(
        "a line break in a name",
        log(
            "2024-01-05,purchase,k1,10,a",
            "2024-01-20,purchase,k2,20,b",
            header=HEADER + ',"The\nnote"',
        ),
        "a space",
        BOTH,
    ),
    Case(
        "marks that nobody sees, and digits of full width or Arabic",
        log(
            "２０２４/０１/０５,purchase,k1\u00a0,\u200e١٠٫٠٠\u200f",
            "2024-01-20,purchase,\u200bk2,￥20",
        ),
        "marks are left out, and digits are those of English",
        BOTH,
    ),
    Case(
        "ids that a spreadsheet has shortened",
        log(*(f"2024-01-{n:02d},purchase,4.9112{n % 10}E+11,10" for n in range(1, 9)), K1, K2),
        "several customers may have one: rejected, and refused from a share on",
        refused="8 of 10 rows (80.0%) of log.csv could not be read: shortened_customer",
    ),
    Case(
        "customers whose ids differ only in capitals",
        log(K1.replace("k1", "Ann@shop.com"), K2.replace("k2", "ann@shop.com")),
        "kept apart, with a warning; `ids_ignore_case` makes them one, as drafts do for e-mail",
        {"Ann@shop.com": "10.00", "ann@shop.com": "20.00"},
        said="ids_ignore_case = true",
    ),
    Case(
        "rows with a customer and an amount, and no date",
        log(K1, ",purchase,k1,5", ",purchase,k1,5", ",,,", ",,,"),
        "as where a date stands only on the first row of an order: refused from a share on",
        refused="carried_within_order",
    ),
    Case(
        "two numbers in one amount",
        log(K1, K2, "2024-01-07,purchase,k1,12€50", "2024-01-08,purchase,k1,10-20"),
        "neither of the two is the amount: rejected",
        BOTH,
        {"unreadable_price": 2},
    ),
    Case(
        "numbers of pieces with a word",
        log(
            "2024-01-05,purchase,k1,5.00,2 pcs",
            "2024-01-20,purchase,k2,5.00,4 Stk.",
            header=HEADER + ",quantity",
        ),
        "pieces, units and the like in the main languages",
        BOTH,
    ),
    Case(
        "days and months that a spreadsheet has exchanged",
        log(
            *(f"{day}/01/2024,purchase,k1,1" for day in range(13, 20)),
            *(f"{45292 + day},purchase,k1,1" for day in range(7)),
        ),
        "refused: no date that it took for one has a day above 12, and all that it left have",
        refused="A spreadsheet has exchanged days and months",
    ),
    Case(
        "an order whose lines come several times",
        log(
            "2024-01-05,purchase,k1,10,A,1",
            "2024-01-05,purchase,k1,10,A,1",
            "2024-01-20,purchase,k2,20,B,1",
            header=HEADER + ",order_id,order_item_id",
        ),
        "kept, with a warning, where the lines of an order are numbered: it was joined with more",
        {"k1": "20.00", "k2": "20.00"},
        said="`order_item_id` numbers the lines of an order, and comes again within one",
    ),
    Case(
        "a discount that no amount is less by",
        log(
            "2024-01-05,purchase,k1,10,1,0.1",
            "2024-01-20,purchase,k2,20,1,0",
            header=HEADER + ",quantity,Discount",
        ),
        "kept, with a warning that names the column",
        BOTH,
        said="`Discount` has a discount in 1 row, such as '0.1', and no amount is changed by it",
    ),
    Case(
        "a table of customers instead of a log",
        log(*(f"2024-01-{n:02d},purchase,k{n},10" for n in range(1, 22))),
        "kept, with a question, where each has one row and there are at least 20",
        {f"k{n}": "10.00" for n in range(1, 22)},
        said="Is it a table of customers",
    ),
    Case(
        "files whose periods overlap",
        "",
        "kept, with a warning: rows that are equal in all that is read may be two",
        {"k1": "20.00", "k2": "20.00"},
        name="exports",
        beside={"exports/a.csv": log(K1, K2), "exports/b.csv": log(K1)},
        said="exports whose periods overlap count twice",
    ),
    # what a file is
    Case("CSV under another ending", log(K1, K2), "by what it holds", BOTH, name="log.tab"),
    Case(
        "tabs, semicolons or bars",
        log(K1, K2).replace(",", ";"),
        "by what gives most lines the same number of fields",
        BOTH,
    ),
    Case(
        "JSON Lines called `.json`",
        "\n".join(map(json.dumps, OBJECTS)),
        "by its first character, and whether the first line is an object",
        BOTH,
        name="log.json",
    ),
    Case(
        "one JSON array",
        json.dumps(OBJECTS, indent=1),
        "each object is a row",
        BOTH,
        name="log.json",
    ),
    Case(
        "an answer of a service",
        json.dumps({"object": "list", "data": OBJECTS}),
        "the list of objects that is called `data`, `orders`, `results` and the like",
        BOTH,
        name="log.json",
    ),
    Case(
        "a key twice in an object of JSON",
        "\n".join(
            [
                json.dumps(OBJECTS[0]).replace('"k1"', '"k1", "user_id": "k1"'),
                json.dumps(OBJECTS[1]),
                json.dumps(OBJECTS[1]).replace('"k2"', '"k2", "user_id": "k1"'),
            ]
        ),
        "with the same value it counts once; with two nobody knows which one is meant, and it "
        "costs its own line",
        BOTH,
        rejected={"broken_line": 1},
        name="log.jsonl",
    ),
    Case("a web page saved as a table", "<html><table>", "refused by name", refused="a web page"),
    Case("packed text", gzip.compress(log(K1, K2).encode()), "by its first bytes", BOTH),
    Case("a table of SQLite", in_sqlite((K1, K2)), "by its first bytes", BOTH, name="log.db"),
    Case(
        "an archive of several",
        zipped({"a.csv": log(K1), "logs/b.csv": log(K2), "__MACOSX/a.csv": "x"}),
        "every file in it; they must be of one kind",
        BOTH,
        name="log.zip",
    ),
    Case(
        "a folder of folders",
        "",
        "every file in it once, but those whose names begin with a dot or an underscore",
        BOTH,
        name="spark",
        beside={
            "spark/day=1/part-0.csv": log(K1),
            "spark/day=2/part-0.csv": log(K2),
            "spark/_SUCCESS": "",
        },
    ),
    Case(
        "a name that looks like a pattern",
        log(K1, K2),
        "what exists under the very name is meant",
        BOTH,
        name="a[1].csv",
        beside={"a1.csv": log(K1.replace("10", "99"))},
    ),
    Case(
        "a damaged database",
        damaged(in_sqlite((K1, K2) * 400)),
        "refused: nothing is made of a part of a log",
        refused="cannot be read as SQLite",
        name="log.db",
    ),
    Case(
        "a text in a database that is no UTF-8",
        with_bad_byte(in_sqlite((K1, K2, K1.replace("k1", "k0")))),
        "costs its own row",
        BOTH,
        {"broken_line": 1},
        name="log.db",
    ),
    Case(
        "escapes in cells",
        log(K1 + ",\x1b[2J\x1b[31mred", K2 + ",blue", header=HEADER + ",brand"),
        "read as they are, and shown as `\\x1b`",
        BOTH,
    ),
    Case(
        "ids that a spreadsheet would run",
        log(K1.replace("k1", "=1+1"), K2.replace("k2", "@SUM(1)")),
        "read as they are; only CSV files that are written say otherwise",
        {"=1+1": "10.00", "@SUM(1)": "20.00"},
    ),
    # lines
    Case("`sep=;` above the header", "sep=;\n" + log(K1, K2).replace(",", ";"), "left out", BOTH),
    Case(
        "titles and comments above the header",
        "# Orders\nAll of them\n\n" + log(K1, K2),
        "lines with one field above the first with several are left out",
        BOTH,
    ),
    Case(
        "titles and comments with as many fields",
        "Shop:,Mugs\nFrom:,2024-01-01\nTo:,2024-02-01\n// by a tool, a, b, c\n" + log(K1, K2, K2),
        "what most lines have decides; `//`, `# `, `-- ` and `% ` begin comments",
        {"k1": "10.00", "k2": "40.00"},
    ),
    Case(
        "a header with fewer names than rows have values",
        log(K1 + ",x", K2 + ",y"),
        "refused with both numbers",
        refused="has 4 names, and its rows have 5 values",
    ),
    Case(
        "returns alone as line ends",
        log(K1, K2, end="\r"),
        "a return ends a line where what it parts are rows",
        BOTH,
    ),
    Case(
        "line breaks in a cell",
        log('2024-01-05 09:00:00,purchase,k1,10,"a\nb"', K2 + ",c", header=HEADER + ",brand"),
        "quoted text goes on, up to 100 lines",
        BOTH,
    ),
    Case(
        "a quote that does not close",
        log(
            '2024-01-05 09:00:00,purchase,k0,10,"a', K1 + ",b", K2 + ",c", header=HEADER + ",brand"
        ),
        "costs its own line",
        BOTH,
        {"broken_line": 1},
    ),
    Case(
        "the header once more in the middle",
        log(K1, HEADER, K2),
        "costs its own line",
        BOTH,
        {"broken_line": 1},
    ),
    Case(
        "one name for two columns",
        log(K1 + ",x", header=HEADER + ",user_id"),
        "refused where it is needed",
        refused="2 columns called `user_id`: columns 3 and 5",
    ),
    Case(
        "no header line",
        f"{K1}\n{K2}\n",
        "values in the first line are no names, and are not shown as such",
        refused="column_1",
    ),
    Case(
        "a deeply nested line of JSON",
        json.dumps(OBJECTS[0])
        + "\n"
        + json.dumps(OBJECTS[1])
        + '\n{"x": '
        + "[" * 99
        + "]" * 99
        + "}",
        "deeper than 64: costs its own line",
        BOTH,
        {"broken_line": 1},
        name="log.jsonl",
    ),
    # encodings
    Case("UTF-8 with a mark", NAMED.encode("utf-8-sig"), "by the mark", NAMES),
    Case("UTF-16", NAMED.encode("utf-16"), "by the mark, or by every second byte being 0", NAMES),
    Case(
        "Windows-1252 or Latin-1",
        NAMED.encode("cp1252"),
        "where most lines with accents are no UTF-8; `encoding` sets another",
        NAMES,
    ),
    # columns
    Case(
        "names that no list holds",
        log("2024-09-07,o1,Kim,378", header="order_date,order_id,customer,grand_total"),
        "not run without a schema; `clustomer schema` drafts it by words and contents",
        refused="`customer` may be our `user_id`",
    ),
    Case(
        "a customer who is logged in or not",
        '{"at": "2024-01-05", "user": null, "guest": "g1", "paid": 10}\n'
        '{"at": "2024-01-20", "user": "u1", "guest": "g2", "paid": 20}',
        "the first column that is filled",
        {"g1": "10.00", "u1": "20.00"},
        name="log.jsonl",
        schema='event_type = "purchase"\n[columns]\nevent_time = "at"\n'
        'user_id = ["user", "guest"]\nprice = "paid"\n',
    ),
    Case(
        "a date and a time of day in two columns",
        log(
            "5.1.2024,9:00,purchase,k1,10",
            "20.1.2024,21:15,purchase,k2,20",
            header="Datum,Uhrzeit,event_type,user_id,price",
        ),
        "joined, as `clustomer schema` drafts them",
        BOTH,
        schema='name = "t"\n[columns]\nevent_time = ["Datum", "Uhrzeit"]\n'
        'event_type = "event_type"\nuser_id = "user_id"\nprice = "price"\n'
        '[event_types]\npurchase = "purchase"\n',
    ),
    Case(
        "year, month and day in three columns",
        log(
            "2024,1,5,purchase,k1,10",
            "2024,1,20,purchase,k2,20",
            "2024,13,1,purchase,k2,5",
            "2024,,2,purchase,k2,5",
            header="Jahr,Monat,Tag,event_type,user_id,price",
        ),
        "joined, as `clustomer schema` drafts them; what is no date is rejected",
        BOTH,
        rejected={"unreadable_time": 2},
        schema='name = "t"\n[columns]\nevent_time = ["Jahr", "Monat", "Tag"]\n'
        'event_type = "event_type"\nuser_id = "user_id"\nprice = "price"\n'
        '[event_types]\npurchase = "purchase"\n',
    ),
    Case(
        "an id that may be nobody's",
        log(K1, K2.replace("k2", "guest")),
        "kept, and named in a warning with the option that leaves it out",
        {"k1": "10.00", "guest": "20.00"},
        said="--no-customer guest",
    ),
    # times and amounts
    Case(
        "years of two digits",
        log("13/1/24,purchase,k1,10", "14/1/24,purchase,k2,20"),
        "13 is no month, and a log has fewer years than days",
        BOTH,
    ),
    Case(
        "Excel's days with a decimal comma",
        log("45296,375;purchase;k1;10", "45311,5;purchase;k2;20", header=HEADER.replace(",", ";")),
        "the only notation in which they are times of a shop",
        BOTH,
    ),
    Case(
        "microseconds as numbers",
        in_parquet([int(moment.timestamp()) * 1_000_000 for moment in NOW]),
        "the only notation in which they are times of a shop",
        BOTH,
        name="log.parquet",
    ),
    Case(
        "nanoseconds with a zone",
        in_parquet(pa.array(NOW, pa.timestamp("ns", "UTC"))),
        "by the type of the column",
        BOTH,
        name="log.parquet",
    ),
    Case(
        'dates for "never" and "unknown"',
        log(*USUAL, *[f"{day},purchase,k2,1" for day in ("9999-12-31", "1970-01-01")]),
        "no time of a shop, and named in a warning",
        {"k1": "20.00"},
        {"implausible_time": 2},
        said="1970-01-01 (1), 9999-12-31 (1)",
    ),
    Case(
        "nearly all times in words",
        log(K1, *[f"week {i} of 2024,purchase,k2,1" for i in range(20)]),
        "refused: what is left is not this shop",
        refused="What is left is not this shop",
    ),
    Case(
        "month first",
        log("1/13/2024 8:26,purchase,k1,10", "1/4/2024 9:00,purchase,k2,20"),
        "13 is no month",
        BOTH,
    ),
    Case(
        "day or month first",
        log("1/2/2024,purchase,k1,10", "3/4/2024,purchase,k2,20"),
        "refused with both readings",
        refused="time_format",
    ),
    Case(
        "`20240105` as a number",
        log("20240105,purchase,k1,10", "20240120,purchase,k2,20"),
        "year, month and day: 1970 is no time of a shop",
        BOTH,
    ),
    Case(
        "decimal commas",
        log('2024-01-05 09:00:00,purchase,k1,"1.250,00"', '2024-01-20 09:00:00,purchase,k2,"79,2"'),
        "decided over all amounts of the column",
        {"k1": "1250.00", "k2": "79.20"},
    ),
    Case(
        "amounts in several currencies",
        log(K1.replace(",10", ",$10"), K2.replace(",20", ",20 EUR")),
        "never added up: refused with their counts, `--only-currency` and `--rates`",
        refused="EUR (1 row), USD (1 row)",
    ),
    Case(
        "a bar code for a price",
        log(K1, K2, K1.replace(",10", ",4006381333931")),
        "no shop's amount from a million millions on",
        BOTH,
        {"implausible_amount": 1},
    ),
    Case(
        "what a line cost, beside the number of pieces",
        order_lines(
            "2024-01-05,k1,o1,A,3,30.00",
            "2024-01-20,k2,o2,B,1,12.00",
            "2024-02-01,k1,o3,A,5,50.00",
            "2024-03-01,k2,o4,C,2,9.00",
        ),
        "divided by the quantity it repeats for a product: 30.00 for 3",
        {"k1": "80.00", "k2": "21.00"},
        schema=OF_ORDERS.format(""),
    ),
    Case(
        "refunds as amounts below 0",
        order_lines(
            "2024-01-05,k1,o1,A,1,100.00",
            "2024-01-09,k1,o2,A,1,(100.00)",
            "2024-02-10,k2,o3,B,1,25.00",
            "2024-02-12,k2,o4,B,1,-10.00",
        ),
        "returns of that much, where the schema or a draft says so; else asked",
        {"k1": "0.00", "k2": "15.00"},
        schema=OF_ORDERS.format("returns_are_negative = true\n"),
    ),
    Case(
        "more sent back than was bought",
        log(K1, K1.replace("purchase", "return").replace("-05", "-06").replace(",10", ",30"), K2),
        "a return counts at its own time, whatever was bought in the window",
        {"k1": "-20.00", "k2": "20.00"},
    ),
    Case(
        "an order that was sent twice",
        order_lines(
            "2024-01-05 09:00:00,k1,o1,A,1,10.00",
            "2024-01-05 09:00:30,k1,o1,A,1,10.00",
            "2024-01-20 09:00:00,k2,o2,B,1,20.00",
        ),
        "the same lines under the same number and customer count once",
        BOTH,
        {"order_sent_again": 1},
        schema=OF_ORDERS.format('price_is = "unit"\n'),
    ),
    Case(
        "words for nothing",
        log(*[K1.replace("09:00", f"09:{i:02d}") for i in range(20)], K2.replace("k2", "NA")),
        "`NA`, `null`, `undefined`, `(not set)` and the like are no customer",
        {"k1": "200.00"},
        {"missing_customer": 1},
    ),
)
