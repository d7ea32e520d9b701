-- What the job `deletions` needs besides: `wal_level = logical` in postgresql.conf, and the plugin wal2json on the server.

-- Else a deletion has the key of its row alone.
ALTER TABLE marketing.customers REPLICA IDENTITY FULL;

-- From now on the server keeps its log until the job has read it: drop the slot when the job is given up.
ALTER ROLE activecampaign REPLICATION;
SELECT pg_create_logical_replication_slot('activecampaign', 'wal2json');
