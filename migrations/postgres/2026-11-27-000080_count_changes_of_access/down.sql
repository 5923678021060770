DROP TRIGGER users_revise_access ON users;
DROP TRIGGER user_stores_revise_access ON user_stores;
DROP TRIGGER sessions_revise_access ON sessions;
DROP TRIGGER api_tokens_revise_access ON api_tokens;
DROP FUNCTION revise_access();
DROP TABLE access_revisions;
