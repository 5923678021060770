"""What Schemathesis cannot know.

An Idempotency-Key stands for one request, so each request gets a key of its own. A price is exact to the currency's
decimals, which a description in floats cannot say.
"""

import itertools
import math

import schemathesis

numbers = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers or {}
    key = headers.get("Idempotency-Key")
    # A key that is wrong in itself stays wrong.
    if isinstance(key, str) and 1 <= len(key) <= 255 and key.isascii() and key.isprintable():
        headers["Idempotency-Key"] = f"{next(numbers)} {key}"[:255]


def exact(values, names):
    prices = {name: values[name] for name in names if isinstance(values.get(name), float)}
    return values | {name: round(price, 2) for name, price in prices.items() if math.isfinite(price) and price > 0}


@schemathesis.hook
def map_body(context, body):
    return exact(body, ["price"]) if isinstance(body, dict) else body


@schemathesis.hook
def map_query(context, query):
    return exact(query, ["min_price", "max_price"]) if isinstance(query, dict) else query
