-- Why a task runs unisolated although that was not asked for.
ALTER TABLE tasks ADD COLUMN isolation_reason TEXT;
