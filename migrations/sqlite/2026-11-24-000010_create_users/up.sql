-- People who may sign in. Nobody is deleted: a person who may not come in any more is disabled, and history keeps the name.
CREATE TABLE users (
    id             INTEGER   PRIMARY KEY AUTOINCREMENT NOT NULL,
    email          TEXT      NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    email_key      TEXT      NOT NULL, -- the address, case-folded: what people sign in with
    name           TEXT      NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    password_hash  TEXT      NOT NULL, -- Argon2id, in PHC form
    role           TEXT      NOT NULL CHECK (role IN ('viewer', 'editor', 'administrator')),
    all_stores     BOOLEAN   NOT NULL, -- or those in user_stores
    totp_secret    TEXT,               -- the second factor in Base32, if it is on
    totp_last_step BIGINT    NOT NULL DEFAULT 0, -- a code is good once: those of earlier steps are spent
    version        BIGINT    NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at     TIMESTAMP NOT NULL,
    updated_at     TIMESTAMP NOT NULL,
    disabled_at    TIMESTAMP,
    CHECK (role <> 'administrator' OR all_stores)
);
CREATE UNIQUE INDEX users_email_key ON users (email_key);

-- The stores of those who may not see all of them.
CREATE TABLE user_stores (
    user_id  BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    store_id BIGINT NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, store_id)
);
CREATE INDEX user_stores_store ON user_stores (store_id);

-- Codes that each stand in once for the second factor.
CREATE TABLE recovery_codes (
    user_id   BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT   NOT NULL, -- SHA-256
    PRIMARY KEY (user_id, code_hash)
);

-- Where people are signed in. The cookie itself is nowhere but in the browser.
CREATE TABLE sessions (
    id            INTEGER   PRIMARY KEY AUTOINCREMENT NOT NULL,
    token_hash    TEXT      NOT NULL, -- SHA-256 of the cookie
    user_id       BIGINT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    awaits_factor BOOLEAN   NOT NULL, -- the password was right, the second factor is still to come
    created_at    TIMESTAMP NOT NULL,
    last_seen_at  TIMESTAMP NOT NULL,
    address       TEXT      NOT NULL,
    browser       TEXT      NOT NULL  -- as it calls itself
);
CREATE UNIQUE INDEX sessions_token_hash ON sessions (token_hash);
CREATE INDEX sessions_user ON sessions (user_id);

-- Failed attempts to sign in, by account and by where they came from. They slow down whoever guesses.
CREATE TABLE sign_in_attempts (
    email_key    TEXT      NOT NULL,
    address      TEXT      NOT NULL, -- of IPv6, the network
    failures     BIGINT    NOT NULL,
    failed_at    TIMESTAMP NOT NULL,
    succeeded_at TIMESTAMP,          -- whoever got in from here is not slowed down by guesses from elsewhere
    PRIMARY KEY (email_key, address)
);
CREATE INDEX sign_in_attempts_address ON sign_in_attempts (address, failed_at);
CREATE INDEX sign_in_attempts_failed_at ON sign_in_attempts (failed_at);

-- What programs show instead of a password.
CREATE TABLE api_tokens (
    id           INTEGER   PRIMARY KEY AUTOINCREMENT NOT NULL,
    user_id      BIGINT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT      NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    token_hash   TEXT      NOT NULL, -- SHA-256
    role         TEXT      NOT NULL CHECK (role IN ('viewer', 'editor', 'administrator')),
    created_at   TIMESTAMP NOT NULL,
    expires_at   TIMESTAMP,
    last_used_at TIMESTAMP
);
CREATE UNIQUE INDEX api_tokens_token_hash ON api_tokens (token_hash);
CREATE INDEX api_tokens_user ON api_tokens (user_id);

-- Links with which somebody new can come in, once.
CREATE TABLE invitations (
    id          INTEGER   PRIMARY KEY AUTOINCREMENT NOT NULL,
    token_hash  TEXT      NOT NULL, -- SHA-256
    label       TEXT      NOT NULL CHECK (length(label) BETWEEN 1 AND 100), -- whom it is for
    role        TEXT      NOT NULL CHECK (role IN ('viewer', 'editor', 'administrator')),
    all_stores  BOOLEAN   NOT NULL,
    created_by  BIGINT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at  TIMESTAMP NOT NULL,
    expires_at  TIMESTAMP NOT NULL,
    CHECK (role <> 'administrator' OR all_stores)
);
CREATE UNIQUE INDEX invitations_token_hash ON invitations (token_hash);

CREATE TABLE invitation_stores (
    invitation_id BIGINT NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    store_id      BIGINT NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    PRIMARY KEY (invitation_id, store_id)
);
CREATE INDEX invitation_stores_store ON invitation_stores (store_id);

-- What was done about who may come in, and what went out. Never changed, never deleted.
CREATE TABLE audit_events (
    id      INTEGER   PRIMARY KEY AUTOINCREMENT NOT NULL,
    at      TIMESTAMP NOT NULL,
    who     TEXT      NOT NULL, -- the person, or the address that somebody tried
    event   TEXT      NOT NULL,
    detail  TEXT      NOT NULL,
    address TEXT      NOT NULL  -- where from; empty at the command line
);
CREATE TRIGGER audit_events_are_never_updated BEFORE UPDATE ON audit_events BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_events_are_never_deleted BEFORE DELETE ON audit_events BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- Who did it, where a person is known.
ALTER TABLE change_sets ADD COLUMN user_id BIGINT;

-- The change set that the sample data came with, while that is there.
CREATE TABLE sample_data (
    change_set_id BIGINT NOT NULL PRIMARY KEY
);
