DROP TRIGGER users_mark_access ON users;
DROP TRIGGER user_stores_mark_access ON user_stores;
DROP TRIGGER sessions_mark_access ON sessions;
DROP TRIGGER api_tokens_mark_access ON api_tokens;
DROP FUNCTION mark_access();
DROP TABLE access_marks;
