-- The agent's working folder when it asked.
ALTER TABLE requests ADD COLUMN folder TEXT;

-- Where a prompt stands among those that wait, once a person has moved one; by id otherwise.
ALTER TABLE prompts ADD COLUMN place INTEGER;
