-- A POST under an Idempotency-Key is done once: the key is kept with its answer.
CREATE TABLE idempotency_keys (
    key         TEXT      PRIMARY KEY NOT NULL,
    fingerprint TEXT      NOT NULL, -- SHA-256 of the path and the body
    status      INTEGER   NOT NULL,
    body        TEXT      NOT NULL,
    location    TEXT      NOT NULL, -- where the new object is
    created_at  TIMESTAMP NOT NULL
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
