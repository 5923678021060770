-- A mark of who is who and may do what: another one after each change of it. What is remembered of that is good as long as
-- the mark is the same, however much is saved meanwhile. At random, so that none comes back with a database that is restored.
CREATE TABLE access_marks (
    id   INTEGER PRIMARY KEY NOT NULL,
    mark BIGINT  NOT NULL
);
INSERT INTO access_marks (id, mark) VALUES (1, random());

CREATE TRIGGER users_inserted_mark_access AFTER INSERT ON users BEGIN
    UPDATE access_marks SET mark = random();
END;
CREATE TRIGGER users_updated_mark_access AFTER UPDATE ON users BEGIN
    UPDATE access_marks SET mark = random();
END;
CREATE TRIGGER users_deleted_mark_access AFTER DELETE ON users BEGIN
    UPDATE access_marks SET mark = random();
END;

CREATE TRIGGER user_stores_inserted_mark_access AFTER INSERT ON user_stores BEGIN
    UPDATE access_marks SET mark = random();
END;
CREATE TRIGGER user_stores_updated_mark_access AFTER UPDATE ON user_stores BEGIN
    UPDATE access_marks SET mark = random();
END;
CREATE TRIGGER user_stores_deleted_mark_access AFTER DELETE ON user_stores BEGIN
    UPDATE access_marks SET mark = random();
END;

CREATE TRIGGER sessions_inserted_mark_access AFTER INSERT ON sessions BEGIN
    UPDATE access_marks SET mark = random();
END;
CREATE TRIGGER sessions_updated_mark_access AFTER UPDATE ON sessions BEGIN
    UPDATE access_marks SET mark = random();
END;
CREATE TRIGGER sessions_deleted_mark_access AFTER DELETE ON sessions BEGIN
    UPDATE access_marks SET mark = random();
END;

CREATE TRIGGER api_tokens_inserted_mark_access AFTER INSERT ON api_tokens BEGIN
    UPDATE access_marks SET mark = random();
END;
CREATE TRIGGER api_tokens_updated_mark_access AFTER UPDATE ON api_tokens BEGIN
    UPDATE access_marks SET mark = random();
END;
CREATE TRIGGER api_tokens_deleted_mark_access AFTER DELETE ON api_tokens BEGIN
    UPDATE access_marks SET mark = random();
END;
