-- Under which change set a form was saved: the same form, corrected, may be saved over that.
ALTER TABLE form_tokens ADD COLUMN change_set_id BIGINT;
