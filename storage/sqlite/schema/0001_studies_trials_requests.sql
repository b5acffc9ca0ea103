-- The first schema. docs/storage.md explains it for people who look into a file.
--
-- Types and checks are strict, so that PRAGMA integrity_check finds what a flipped bit has made of them.
--
-- Times are microseconds since the Unix epoch, UTC; 0 means "not yet". JSON texts are kept byte for byte as they were given.
-- Doubles in JSON are the shortest text that reads back to the same bits; non-finite ones are the strings "Infinity",
-- "-Infinity" and "NaN" ("NaN(fff8000000000000)" for another NaN than the usual one).

-- What there is one of: file_id (random, made with the file), opens (how often a server has opened the file).
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value ANY NOT NULL
) WITHOUT ROWID, STRICT;

-- AUTOINCREMENT: the id of a deleted study is never used again, so neither are the ids of its trials.
CREATE TABLE studies (
  id                 INTEGER PRIMARY KEY AUTOINCREMENT,
  uid                INTEGER NOT NULL UNIQUE,      -- random 64 bits, shown as a signed number
  name               TEXT UNIQUE,                  -- NULL: deleted, its rows are being removed in the background
  definition         TEXT NOT NULL,                -- JSON: directions, space, sampler, pruner, limits
  definition_version INTEGER NOT NULL,
  state              INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),  -- active, paused, finished
  created_at         INTEGER NOT NULL,
  revision           INTEGER NOT NULL              -- as last written with the study itself; trials may have later ones
) STRICT;

-- The definitions a study had before its present one, so that old trials can be explained.
CREATE TABLE past_definitions (
  study_id   INTEGER NOT NULL REFERENCES studies (id),
  version    INTEGER NOT NULL,
  definition TEXT NOT NULL,
  PRIMARY KEY (study_id, version)
) WITHOUT ROWID, STRICT;

-- Fitted sampler state; apart from `studies`, since it is large and rarely read.
CREATE TABLE sampler_states (
  study_id INTEGER PRIMARY KEY REFERENCES studies (id),
  state    BLOB NOT NULL
) STRICT;

CREATE TABLE study_attrs (
  study_id INTEGER NOT NULL REFERENCES studies (id),
  scope    TEXT NOT NULL CHECK (scope IN ('user', 'system')),
  key      TEXT NOT NULL,
  value    TEXT NOT NULL,                          -- JSON
  PRIMARY KEY (study_id, scope, key)
) WITHOUT ROWID, STRICT;

-- Each distinct distribution of a study once; trials refer to `idx`.
CREATE TABLE distributions (
  study_id INTEGER NOT NULL REFERENCES studies (id),
  idx      INTEGER NOT NULL,
  json     TEXT NOT NULL,
  PRIMARY KEY (study_id, idx)
) WITHOUT ROWID, STRICT;

-- id = study_id * 2^32 + number: one b-tree, in which the trials of a study lie together in the order of their numbers and
-- new ones are appended; and an id is never used again.
CREATE TABLE trials (
  id                  INTEGER PRIMARY KEY,
  state               INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5),  -- waiting, running, complete, pruned, failed
  "values"            TEXT,                        -- JSON array, one double an objective; NULL until told
  params              TEXT,                        -- JSON object of external values: {"lr":0.001,"kernel":"rbf"}
  internal            TEXT,                        -- JSON array, one entry a param: the sampler's number for it (index of the
                                                   -- choice) where that is not the external number itself; NULL: none differs
  dists               TEXT,                        -- JSON array, one entry a param: distributions.idx
  attempt             INTEGER NOT NULL,
  losses              INTEGER NOT NULL,
  constraints         TEXT,                        -- JSON object
  metrics             TEXT,                        -- JSON object
  worker              TEXT,
  principal           TEXT,
  lease_micros        INTEGER NOT NULL,
  created_at          INTEGER NOT NULL,
  started_at          INTEGER NOT NULL,
  finished_at         INTEGER NOT NULL,
  failure             INTEGER NOT NULL CHECK (failure BETWEEN 0 AND 3),  -- none, crashed, preempted, infeasible
  reason              TEXT,
  enqueued            INTEGER NOT NULL CHECK (enqueued IN (0, 1)),
  imported            INTEGER NOT NULL CHECK (imported IN (0, 1)),
  stop_requested      INTEGER NOT NULL CHECK (stop_requested IN (0, 1)),
  revision            INTEGER NOT NULL,
  sampled_at_revision INTEGER NOT NULL,
  told_at_revision    INTEGER NOT NULL,
  definition_version  INTEGER NOT NULL,
  algorithm_version   INTEGER NOT NULL,
  sampler_draft       TEXT,                        -- JSON
  study_id            INTEGER AS (id >> 32) VIRTUAL,
  number              INTEGER AS (id & 0xffffffff) VIRTUAL
) STRICT;

CREATE TABLE trial_attrs (
  trial_id INTEGER NOT NULL REFERENCES trials (id),
  scope    TEXT NOT NULL CHECK (scope IN ('user', 'system')),
  key      TEXT NOT NULL,
  value    TEXT NOT NULL,                          -- JSON
  PRIMARY KEY (trial_id, scope, key)
) WITHOUT ROWID, STRICT;

CREATE TABLE intermediates (
  trial_id    INTEGER NOT NULL REFERENCES trials (id),
  step        INTEGER NOT NULL,
  value       ANY,                                 -- not REAL, which loses -0.0; NULL is NaN
  reported_at INTEGER NOT NULL,
  PRIMARY KEY (trial_id, step)
) WITHOUT ROWID, STRICT;

-- Answered requests of a study. The caller's locator grows, so rows are appended at the end of the study's range.
CREATE TABLE requests (
  study_id     INTEGER NOT NULL REFERENCES studies (id),
  locator      INTEGER NOT NULL,
  request_id   BLOB NOT NULL CHECK (length(request_id) = 16),
  payload_hash INTEGER NOT NULL,
  result       BLOB NOT NULL,
  trial        INTEGER NOT NULL,                   -- kept as long as this trial; -1: until expires_at
  expires_at   INTEGER NOT NULL,                   -- 0: never
  PRIMARY KEY (study_id, locator)
) WITHOUT ROWID, STRICT;
CREATE INDEX requests_expiry ON requests (expires_at) WHERE expires_at > 0;

-- Answered requests that belong to no study.
CREATE TABLE server_requests (
  request_id   BLOB PRIMARY KEY CHECK (length(request_id) = 16),
  payload_hash INTEGER NOT NULL,
  result       BLOB NOT NULL,
  expires_at   INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX server_requests_expiry ON server_requests (expires_at) WHERE expires_at > 0;

-- For people.

CREATE VIEW trial_list AS
SELECT s.name AS study, t.number,
       CASE t.state WHEN 1 THEN 'WAITING' WHEN 2 THEN 'RUNNING' WHEN 3 THEN 'COMPLETE' WHEN 4 THEN 'PRUNED' ELSE 'FAILED' END
         AS state,
       t."values", t.params, t.worker,
       CASE WHEN t.started_at > 0 THEN datetime(t.started_at / 1000000, 'unixepoch') END AS started,
       CASE WHEN t.finished_at > 0 THEN round((t.finished_at - t.started_at) / 1e6, 3) END AS seconds, t.reason
FROM trials t JOIN studies s ON s.id = t.id >> 32
WHERE s.name IS NOT NULL;

-- One row a parameter of a trial.
CREATE VIEW trial_params AS
SELECT s.name AS study, t.number, p.key AS param, p.value
FROM studies s JOIN trials t ON t.id >= s.id << 32 AND t.id < (s.id + 1) << 32, json_each(t.params) p
WHERE s.name IS NOT NULL;

-- The best finished trial of each study with one objective; of equal ones the first.
CREATE VIEW best AS
WITH told AS (
  SELECT s.name AS study, t.number, t.params,
         CASE t."values" ->> '$[0]' WHEN 'Infinity' THEN 9e999 WHEN '-Infinity' THEN -9e999 ELSE t."values" ->> '$[0]' END AS value,
         s.definition ->> '$.directions[0]' = 'maximize' AS maximize
  FROM studies s JOIN trials t ON t.id >= s.id << 32 AND t.id < (s.id + 1) << 32
  WHERE s.name IS NOT NULL AND t.state = 3 AND json_array_length(t."values") = 1
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY study ORDER BY CASE WHEN maximize THEN -value ELSE value END, number) AS place
  FROM told
)
SELECT study, number, value, params FROM ranked WHERE place = 1;
