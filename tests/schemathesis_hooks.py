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


@schemathesis.hook
def map_body(context, body):
    price = body.get("price") if isinstance(body, dict) else None
    if isinstance(price, float) and math.isfinite(price) and price > 0:
        return {**body, "price": round(price, 2)}
    return body
