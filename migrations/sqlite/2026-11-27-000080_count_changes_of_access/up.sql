-- How often it has changed who is who and may do what. What is remembered of that is good as long as this stays the same,
-- however much is saved meanwhile.
CREATE TABLE access_revisions (
    id       INTEGER PRIMARY KEY NOT NULL,
    revision BIGINT  NOT NULL
);
INSERT INTO access_revisions (id, revision) VALUES (1, 1);

CREATE TRIGGER users_inserted_revises_access AFTER INSERT ON users BEGIN
    UPDATE access_revisions SET revision = revision + 1;
END;
CREATE TRIGGER users_updated_revises_access AFTER UPDATE ON users BEGIN
    UPDATE access_revisions SET revision = revision + 1;
END;
CREATE TRIGGER users_deleted_revises_access AFTER DELETE ON users BEGIN
    UPDATE access_revisions SET revision = revision + 1;
END;

CREATE TRIGGER user_stores_inserted_revises_access AFTER INSERT ON user_stores BEGIN
    UPDATE access_revisions SET revision = revision + 1;
END;
CREATE TRIGGER user_stores_updated_revises_access AFTER UPDATE ON user_stores BEGIN
    UPDATE access_revisions SET revision = revision + 1;
END;
CREATE TRIGGER user_stores_deleted_revises_access AFTER DELETE ON user_stores BEGIN
    UPDATE access_revisions SET revision = revision + 1;
END;

CREATE TRIGGER sessions_inserted_revises_access AFTER INSERT ON sessions BEGIN
    UPDATE access_revisions SET revision = revision + 1;
END;
CREATE TRIGGER sessions_updated_revises_access AFTER UPDATE ON sessions BEGIN
    UPDATE access_revisions SET revision = revision + 1;
END;
CREATE TRIGGER sessions_deleted_revises_access AFTER DELETE ON sessions BEGIN
    UPDATE access_revisions SET revision = revision + 1;
END;

CREATE TRIGGER api_tokens_inserted_revises_access AFTER INSERT ON api_tokens BEGIN
    UPDATE access_revisions SET revision = revision + 1;
END;
CREATE TRIGGER api_tokens_updated_revises_access AFTER UPDATE ON api_tokens BEGIN
    UPDATE access_revisions SET revision = revision + 1;
END;
CREATE TRIGGER api_tokens_deleted_revises_access AFTER DELETE ON api_tokens BEGIN
    UPDATE access_revisions SET revision = revision + 1;
END;
