-- Whether a request's input is not whole.
ALTER TABLE requests ADD COLUMN cut INTEGER NOT NULL DEFAULT 0;
