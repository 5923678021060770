ALTER TABLE form_tokens DROP COLUMN change_set_id;
