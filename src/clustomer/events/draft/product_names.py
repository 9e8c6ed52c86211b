"""Which column has the names of products, as far as its name and its contents tell."""

from collections.abc import Mapping

from clustomer.engines import DuckDB, quoted
from clustomer.events.draft.contents import SAMPLE_ROWS, Content
from clustomer.events.draft.words import names, words_in
from clustomer.events.schema import EventSchema, Paths, paths_of
from clustomer.events.sources import Source

# in the languages of `words`
_DESCRIPTIONS = (
    "description desc bezeichnung beschreibung artikelbezeichnung produktbezeichnung designation "
    "libelle descripcion denominacion descrizione denominazione descricao omschrijving beskrivning "
    "beskrivelse benaemning opis popis nazev kuvaus megnevezes denumire aciklama название "
    "наименование описание"
)
_NAMES = (
    "name title titel titre titulo titolo nom nombre nome naam nazwa namn navn nimi nev adi "
    "produktname artikelname productname itemname"
)
_AGAINST = (
    "customer user buyer client kunde kunden cliente klant klient kund seller vendor brand marke "
    "marque category kategorie categorie categoria kategoria shipping billing address city country "
    "company firma first last sur surname vorname nachname event campaign store shop status "
    "payment page url discount coupon tax file sheet contact recipient ship bill variant state "
    "region option note notes comment"
)
_WORDS = {
    kind: frozenset(words.split())
    for kind, words in (
        ("description", _DESCRIPTIONS),
        ("name", _NAMES),
        ("against", _AGAINST),
    )
}
_PER_PRODUCT = 2
"""A product has no more different names than this, on average."""


def column_of_names(
    engine: DuckDB, source: Source, schema: EventSchema, contents: Mapping[str, Content]
) -> str | None:
    """Return the column with the names of products, beside the one with their ids.

    A mere `name` or `title` is that of a product where it goes with products, not with customers.
    """
    taken = {path for theirs in schema.paths.values() for path in theirs}
    scores = {
        column: score
        for column, content in contents.items()
        if column not in taken and _is_text(content) and (score := _score(column)) > 0
    }
    product, user = (schema.columns.get(ours) for ours in ("product_id", "user_id"))
    for column in sorted(scores, key=lambda name: -scores[name]):
        if not isinstance(product, str) or product not in source.columns:
            return None
        if _goes_with(engine, source, column, product, user if isinstance(user, str) else None):
            return column
    return None


def product_by_name(roles: Mapping[str, Paths], contents: Mapping[str, Content]) -> str | None:
    """Return the column that names products, where no column has ids of them.

    Only names that come again are those of products: others may say anything of a row.
    """
    taken = {path for theirs in roles.values() for path in paths_of(theirs)}
    scores = {
        column: score
        for column, content in contents.items()
        if column not in taken
        and _is_text(content)
        and content.different < content.filled
        and (score := _score(column)) > 1
    }
    return max(scores, key=lambda column: scores[column], default=None)


def _is_text(content: Content) -> bool:
    return (
        content.filled > 0
        and content.numbers < 0.5
        and content.times < 0.5
        and content.addresses < 0.5
    )


def _score(column: str) -> int:
    """Return how surely a column's name speaks of a product's name; 0 where it does not."""
    words = words_in(column)
    if _WORDS["against"] & {*words}:
        return 0
    of_product = names("product_id", words) > 0
    if _WORDS["description"] & {*words}:
        return 3 + of_product - ("long" in words or "html" in words)
    if _WORDS["name"] & {*words}:
        return 4 if of_product else 1
    # an article beside its number
    return 2 if of_product and len(words) == 1 else 0


def _goes_with(engine: DuckDB, source: Source, column: str, product: str, user: str | None) -> bool:
    columns = [column, product, *([user] if user in source.columns else [])]
    listed = [
        f"CAST({quoted(name)} AS VARCHAR) AS {place}"
        for name, place in zip(columns, "npu", strict=False)
    ]
    by_user = "COUNT(DISTINCT (u, n))" if len(columns) > 2 else "NULL"
    with source.opened():
        rows, products, pairs, of_users = engine.rows(
            f"SELECT COUNT(*), COUNT(DISTINCT p), COUNT(DISTINCT (p, n)), {by_user} FROM "
            f"(SELECT {', '.join(listed)} FROM {source.reading(columns)} LIMIT {SAMPLE_ROWS}) "
            "WHERE n IS NOT NULL AND p IS NOT NULL",
            source.parameters,
        )[0]
    if not rows or pairs > _PER_PRODUCT * products:
        return False
    return _score(column) > 1 or (of_users is not None and pairs < of_users)
