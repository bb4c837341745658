INSERT INTO alerts (task, kind, text, remedy, at) VALUES ('t1', 'hooks', 'its hooks do not run', NULL, 1795159037000);
