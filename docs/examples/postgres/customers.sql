-- What the project beside this file reads. Run it as an administrator of the database, with a password of your own.
CREATE SCHEMA marketing;

CREATE TABLE marketing.customers (
    id bigint PRIMARY KEY,
    email text NOT NULL,
    first_name text,
    last_name text,
    city text,
    newsletter boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A row that changes without this column is not read again by a run that reads what changed.
CREATE FUNCTION marketing.touch() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.updated_at = clock_timestamp(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON marketing.customers FOR EACH ROW EXECUTE FUNCTION marketing.touch();
CREATE INDEX ON marketing.customers (updated_at);

-- The segment: who is in it is on the list.
CREATE VIEW marketing.newsletter AS
    SELECT id, email, first_name, last_name, city FROM marketing.customers WHERE newsletter;

CREATE ROLE activecampaign LOGIN PASSWORD 'secret';
GRANT USAGE ON SCHEMA marketing TO activecampaign;
GRANT SELECT ON ALL TABLES IN SCHEMA marketing TO activecampaign;
