-- A form can be sent once: its token is kept with what came of it.
CREATE TABLE form_tokens (
    token      TEXT      PRIMARY KEY NOT NULL,
    body_hash  TEXT      NOT NULL, -- SHA-256 of what was typed
    location   TEXT      NOT NULL, -- where the first sending led
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX form_tokens_created_at ON form_tokens (created_at);
