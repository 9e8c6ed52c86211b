"""What the simulated shop sells: categories, brands, products and their prices."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PRODUCTS: Final = 12_000
UNCODED_SHARE: Final = 0.33
"""About this share of the events has no `category_code`; 32 % of the events in REES46 data."""
UNBRANDED_SHARE: Final = 0.15
"""About this share of the events has no `brand`; 14 % of the events in REES46 data."""
SALE_SHARE: Final = 0.1
"""Share of products that are reduced in any given week."""

CODES: Final = tuple(
    f"{group}.{name}"
    for group, names in {
        "electronics": "smartphone clocks tablet telephone video.tv audio.headphone "
        "audio.subwoofer camera.photo",
        "appliances.kitchen": "refrigerators washer microwave oven kettle blender hood toster "
        "coffee_machine meat_grinder dishwasher",
        "appliances": "environment.vacuum environment.air_heater environment.water_heater iron "
        "sewing_machine personal.hair_cutter personal.massager",
        "computers": "notebook desktop peripherals.mouse peripherals.keyboard "
        "peripherals.printer peripherals.monitor components.videocards components.cpu",
        "apparel": "shoes shoes.keds shoes.sandals shirt tshirt jeans jacket dress underwear",
        "furniture": "living_room.sofa living_room.cabinet bedroom.bed bedroom.blanket "
        "kitchen.table kitchen.chair bathroom.bath",
        "construction.tools": "drill saw screw light welding generator",
        "auto.accessories": "player alarm compressor videoregister",
        "kids": "toys carriage skates swing",
        "sport": "bicycle ski trainer tennis",
        "accessories": "bag wallet umbrella",
        "stationery": "cartrige paper",
    }.items()
    for name in names.split()
)
UNCODED: Final = 60
"""Further categories that have an id and no code."""

SYLLABLES: Final = (
    *("al", "bo", "ca", "del", "en", "fi", "gor", "ha", "in", "jo", "ka", "lum", "mi"),
    *("nor", "o", "pa", "qui", "ri", "sa", "tor", "u", "vel", "wi", "xen", "yo", "zen"),
)
BRANDS: Final = 400

TASTES: Final = 8
TASTE_STRENGTH: Final = 8.0
"""How many times as much attention a product gets from a taste for its category, for its brand,
and again for itself."""

# Categories and products differ in popularity as ranks do in Zipf's law.
CATEGORY_ZIPF: Final = 1.0
PRODUCT_ZIPF: Final = 1.05


@dataclass(frozen=True)
class Catalogue:
    """Every product, grouped by category and, within it, by falling popularity.

    Attributes:
        table: One row per product: `product` (its index), `product_id`, `category_id`,
            `category_code`, `brand` as the log will show them.
        category: Index of each product's category.
        brand: Index of each product's brand; -1 where it has none.
        price_cents: Usual price in cents.
        price_score: Usual price within the category, in standard deviations of its logarithm.
        popularity: Running sum of the products' shares of attention, for each taste after the
            other: taste `t` runs from `t` to `t + 1`. A shop without tastes has taste 0 alone.
        bounds: Running sum at each category's start and at the last one's end, a row per taste.
    """

    table: pa.Table
    category: Integers
    brand: Integers
    price_cents: Integers
    price_score: Floats
    popularity: Floats
    bounds: Floats

    def draw_categories(self, taste: Integers, rng: np.random.Generator) -> Integers:
        """Draw a category by popularity within each given taste."""
        columns = self.bounds.shape[1]
        at = taste + rng.random(taste.size)
        cell = np.searchsorted(self.bounds.ravel(), at, side="right") - 1
        chosen: Integers = np.minimum(cell - taste * columns, columns - 2)
        return chosen

    def draw_products(
        self, category: Integers, taste: Integers, rng: np.random.Generator
    ) -> Integers:
        """Draw a product by popularity within each given category and taste."""
        low, high = self.bounds[taste, category], self.bounds[taste, category + 1]
        index = np.searchsorted(self.popularity, rng.uniform(low, high), side="right")
        chosen: Integers = np.minimum(index - taste * self.category.size, self.category.size - 1)
        return chosen

    def discount(self, product: Integers, week: Integers) -> Floats:
        """Return by what share each product's price is reduced in each given week."""
        # A fixed hash instead of a table: products times weeks would grow with the days.
        mixed = (product.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= (week.astype(np.uint64) + np.uint64(7)) * np.uint64(0xC2B2AE3D27D4EB4F)
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(32)
        draw = (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
        depth = np.array([0.1, 0.15, 0.2, 0.3, 0.4])[(mixed % np.uint64(5)).astype(np.int64)]
        return np.where(draw < SALE_SHARE, depth, 0.0)


def draw_catalogue(
    rng: np.random.Generator, *, products: int = PRODUCTS, tastes: bool = False
) -> Catalogue:
    """Draw a shop's range of products; the same ones with tastes and without."""
    categories = len(CODES) + UNCODED
    weight: Floats = 1.0 / np.arange(1, categories + 1, dtype=np.float64) ** CATEGORY_ZIPF
    weight /= weight.sum()
    coded = _coded(weight, rng)
    code = np.full(categories, None, dtype=object)
    names = [CODES[0], *rng.permutation(CODES[1:])]
    code[coded] = (names * 2)[: int(coded.sum())]

    sizes = 4 + rng.multinomial(products - 4 * categories, weight**0.7 / (weight**0.7).sum())
    category = np.repeat(np.arange(categories), sizes)
    rank = np.concatenate([np.arange(1, size + 1) for size in sizes])
    share = 1.0 / rank**PRODUCT_ZIPF
    share *= (weight / np.bincount(category, share))[category]
    brand_name = _brand_names(rng)
    brand_level = rng.normal(0.0, 0.6, BRANDS)
    brand_weight = 1.0 / np.arange(1, BRANDS + 1) ** 0.7
    brand = np.empty(category.size, dtype=np.int64)
    for index in range(categories):
        carried = rng.choice(BRANDS, size=12, replace=False, p=brand_weight / brand_weight.sum())
        local = 1.0 / np.arange(1, 13)
        brand[category == index] = rng.choice(carried, size=sizes[index], p=local / local.sum())
    score = brand_level[brand] + rng.normal(0.0, 0.8, category.size)
    middle = np.exp(rng.normal(4.3, 0.9, categories))
    middle[0] = 280.0
    price = np.clip(middle[category] * np.exp(0.6 * score), 0.77, 2_500.0)
    # The little known are the ones without a brand, so fewer events than products lack it.
    missing = np.clip(UNBRANDED_SHARE * (0.7 + 0.5 * np.log10(rank)), 0.0, 0.9)
    brand[rng.random(category.size) < missing] = -1

    product_id = 1_000_000 + np.cumsum(rng.integers(1, 8_000, category.size))
    category_id = 2_053_013_552_259_662_037 + np.cumsum(rng.integers(10**9, 10**15, categories))
    table = pa.table(
        {
            "product": pa.array(np.arange(category.size), pa.int32()),
            "product_id": pa.array(rng.permutation(product_id).astype(str), pa.string()),
            "category_id": pa.array(category_id.astype(str)[category], pa.string()),
            "category_code": pa.array(code[category], pa.string()),
            "brand": pa.array(brand_name[brand], pa.string(), mask=brand < 0),
        }
    )
    liked = _draw_liking(category, brand, rng) if tastes else np.ones((1, category.size))
    popularity = np.cumsum(share * liked, axis=1)
    popularity /= popularity[:, -1:]
    number = np.arange(len(liked), dtype=np.float64)[:, None]
    ends = popularity[:, np.cumsum(sizes) - 1]
    return Catalogue(
        table=table,
        category=category,
        brand=brand,
        price_cents=np.rint(price * 100).astype(np.int64),
        price_score=score,
        popularity=(number + popularity).ravel(),
        bounds=number + np.column_stack([np.zeros(len(liked)), ends]),
    )


def _draw_liking(category: Integers, brand: Integers, rng: np.random.Generator) -> Floats:
    """Return how much more each taste (row) likes each product: by category, brand and itself."""
    # Dealt out in turn, so that every taste has as many favourites, and some among the popular.
    category_home = _deal(int(category.max()) + 1, rng)[category]
    brand_home = np.where(brand < 0, -1, _deal(BRANDS, rng)[brand])
    product_home = _deal(category.size, rng)
    number = np.arange(TASTES)[:, None]
    homes = (category_home, brand_home, product_home)
    hits = np.sum([home == number for home in homes], axis=0)
    liking: Floats = TASTE_STRENGTH ** hits.astype(np.float64)
    return liking


def _deal(size: int, rng: np.random.Generator) -> Integers:
    """Deal out `size` things, most popular first, to the tastes, one each in every round."""
    rounds = -(-size // TASTES)
    return rng.permuted(np.tile(np.arange(TASTES), (rounds, 1)), axis=1).ravel()[:size]


def _coded(weight: Floats, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose the categories that have a code; the largest always has one."""
    coded = np.ones(weight.size, dtype=bool)
    missing = 0.0
    for index in 1 + rng.permutation(weight.size - 1):
        if missing + weight[index] <= UNCODED_SHARE:
            coded[index] = False
            missing += weight[index]
    return coded


def _brand_names(rng: np.random.Generator) -> NDArray[np.object_]:
    """Return invented names, so that no real company appears in a simulated shop."""
    pairs = [a + b for a in SYLLABLES for b in SYLLABLES if a != b]
    return np.array(rng.permutation(pairs)[:BRANDS].tolist(), dtype=object)
