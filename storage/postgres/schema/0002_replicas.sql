-- Several servers over one database: a row for each that lives, or did a while ago. It lives as long as renewed_at, which is the
-- database's clock, is not more than three seconds ago.
CREATE TABLE replicas (
  id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,   -- a server that was taken for dead comes back with another
  address    TEXT NOT NULL,                                     -- HOST:PORT, for the others
  secret     TEXT NOT NULL,                                     -- random: who knows it has read this table
  renewed_at TIMESTAMPTZ NOT NULL,
  leaving    SMALLINT NOT NULL CHECK (leaving IN (0, 1)),       -- takes no study any more
  load       DOUBLE PRECISION NOT NULL                          -- calls a second for the studies that it owns
);

-- Whose a study is: replicas.id; 0: nobody's. It changes with the epoch only.
ALTER TABLE study_owners ADD COLUMN owner BIGINT NOT NULL DEFAULT 0;
CREATE INDEX study_owners_owner ON study_owners (owner);
