UPDATE prompts SET documents = '[{"path":"PLAN.md","version":"ce013625030ba8dba906f756967f9e9ca394464a"}]';
