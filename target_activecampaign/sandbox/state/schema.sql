-- The account. Names follow the API. Dates are ISO 8601 text in the account's time zone.
-- `source` columns point to the write that a value came from (table `source`).

create table setting (name text primary key, value text not null) without rowid;

create table source (id integer primary key, label text not null, at text not null);

create table list (
    id integer primary key autoincrement,
    name text not null, stringid text not null, channel text not null default 'email',
    sender_url text not null default '', sender_reminder text not null default '',
    cdate text not null, udate text,
    subscribed integer not null default 0  -- kept by `Lists` and the triggers below
);

-- Which groups of users see a list.
create table list_group (
    id integer primary key, list integer not null, user_group integer not null, unique (list, user_group)
);

create table contact (
    id integer primary key autoincrement,
    email text collate nocase,
    first_name text not null default '', last_name text not null default '',
    phone text not null default '', orgname text not null default '',
    bounced_hard integer not null default 0,
    cdate text not null, udate text not null,
    source integer not null default 0, first_name_source integer not null default 0,
    last_name_source integer not null default 0, phone_source integer not null default 0,
    orgname_source integer not null default 0
);
create unique index contact_email on contact (email);

create table membership (
    id integer primary key,
    contact integer not null, list integer not null,
    status integer not null,  -- 0 unconfirmed, 1 subscribed, 2 unsubscribed, 3 bounced
    sourceid integer not null default 0,
    sdate text, udate text, cdate text not null, source integer not null default 0,
    unique (contact, list)
);
create index membership_list on membership (list, status, contact);

create table field (
    id integer primary key autoincrement,
    title text not null, type text not null, perstag text not null, descript text,
    isrequired integer not null default 0, defval text, visible integer not null default 1,
    ordernum integer not null, cdate text not null, udate text
);
create table field_option (
    id integer primary key autoincrement,
    field integer not null, orderid integer not null, value text not null, label text not null,
    isdefault integer not null default 0
);
create table field_rel (
    id integer primary key autoincrement,
    field integer not null, relid integer not null, cdate text not null,
    unique (field, relid)
);

create table field_value (
    id integer primary key,
    contact integer not null, field integer not null, value text not null,
    cdate text not null, udate text not null, source integer not null default 0,
    unique (contact, field)
);

create table tag (
    id integer primary key autoincrement,
    tag text not null, tag_type text not null default 'contact', description text not null default '',
    cdate text not null, udate text,
    unique (tag, tag_type)
);
create table contact_tag (
    id integer primary key,
    contact integer not null, tag integer not null, cdate text not null, source integer not null default 0,
    unique (contact, tag)
);
create index contact_tag_tag on contact_tag (tag, contact);

create table exclusion (
    id integer primary key autoincrement,
    match_phrase text not null, match_type text not null, channel text not null default 'allEmail',
    lists text not null default '[]'
);

create table import (
    number integer primary key autoincrement,
    batch_id text not null unique,
    contacts integer not null,
    status text not null,       -- open, completed, failed, interrupted
    looks integer not null default 0,
    queued_seconds real not null, queued_at text not null, ended_at text,
    effect text,                -- a fault's word for how this import ends, or null
    success text not null default '[]', failure text not null default '[]',
    reasons text not null default '[]',
    created integer not null default 0, updated integer not null default 0, failed integer not null default 0,
    automations integer not null default 0
);
create index import_open on import (queued_seconds) where status = 'open';
-- The body of an import until it ended.
create table payload (import integer primary key, body blob not null);

-- The record of requests that the page shows, from the sandboxes that ran on this file before.
create table kept_request (id integer primary key, entry text not null);
create table kept_second (
    second integer primary key, requests integer not null, imports integer not null, refused integer not null
);

-- Counts that pages and limits read all the time. The code that inserts rows by the hundred counts them at once;
-- triggers count the deleted rows, since a deletion takes rows of other tables with it.
insert into setting values ('contacts', '0');
create trigger contact_deleted after delete on contact begin
    update setting set value = value - 1 where name = 'contacts';
    delete from membership where contact = old.id;
    delete from field_value where contact = old.id;
    delete from contact_tag where contact = old.id;
end;
create trigger membership_deleted after delete on membership when old.status = 1 begin
    update list set subscribed = subscribed - 1 where id = old.list;
end;
