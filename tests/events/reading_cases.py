"""Files as shops have them, small, each with its right value: tests and a page read these."""

import gzip
import json
import sqlite3
from dataclasses import dataclass, field

HEADER = "event_time,event_type,user_id,price"


@dataclass(frozen=True)
class Case:
    """A file, and what it is read as: each customer's revenue, or a message that refuses it.

    `decided` says in one sentence how; `rejected` counts the rows that are not kept; `schema` is
    TOML that the file needs.
    """

    kind: str
    content: str | bytes
    decided: str
    revenue: dict[str, str] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    refused: str = ""
    name: str = "log.csv"
    schema: str = ""


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


K1 = "2024-01-05 09:00:00,purchase,k1,10"
K2 = "2024-01-20 09:00:00,purchase,k2,20"
BOTH = {"k1": "10.00", "k2": "20.00"}
OBJECTS = [dict(zip(HEADER.split(","), row.split(","), strict=True)) for row in (K1, K2)]
NAMED = log(K1.replace("k1", "Jürgen"), K2.replace("k2", "Zoë"))
NAMES = {"Jürgen": "10.00", "Zoë": "20.00"}


CASES = (
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
    Case("a web page saved as a table", "<html><table>", "refused by name", refused="a web page"),
    Case("packed text", gzip.compress(log(K1, K2).encode()), "by its first bytes", BOTH),
    Case("a table of SQLite", in_sqlite((K1, K2)), "by its first bytes", BOTH, name="log.db"),
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
    # times and amounts
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
        "words for nothing",
        log(*[K1.replace("09:00", f"09:{i:02d}") for i in range(20)], K2.replace("k2", "NA")),
        "`NA`, `null`, `undefined`, `(not set)` and the like are no customer",
        {"k1": "200.00"},
        {"missing_customer": 1},
    ),
)
