"""What Schemathesis cannot know: an Idempotency-Key stands for one request, so each request gets a key of its own."""

import itertools

import schemathesis

numbers = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers or {}
    key = headers.get("Idempotency-Key")
    # A key that is wrong in itself stays wrong.
    if isinstance(key, str) and 1 <= len(key) <= 255 and key.isascii() and key.isprintable():
        headers["Idempotency-Key"] = f"{next(numbers)} {key}"[:255]
