-- The tables of storage/sqlite/schema, for PostgreSQL: the same names, the same meanings, ids included, so that records can be moved
-- between the two. Texts are kept as given, but for the characters U+0000, which PostgreSQL has not, and U+0001: they are \x01\x01 and
-- \x01\x02. Names compare by their bytes.
--
-- No foreign keys: each would cost a look-up a row, and only Parzen writes here.

-- What there is one of: storage_id (random, made with the tables).
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- An identity is never used again, so neither are the ids of trials.
CREATE TABLE studies (
  id                 BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY CHECK (id < 2147483648),
  uid                BIGINT NOT NULL UNIQUE,
  name               TEXT COLLATE "C" UNIQUE,     -- NULL: deleted, its rows are being removed in the background
  definition         TEXT NOT NULL,
  definition_version BIGINT NOT NULL,
  state              SMALLINT NOT NULL CHECK (state BETWEEN 1 AND 3),
  created_at         BIGINT NOT NULL,
  revision           BIGINT NOT NULL
);

-- Whose a study is: the epoch moves with each owner, and every transaction on the study compares it under a row lock.
CREATE TABLE study_owners (
  study_id BIGINT PRIMARY KEY,
  epoch    BIGINT NOT NULL
);

CREATE TABLE past_definitions (
  study_id   BIGINT NOT NULL,
  version    BIGINT NOT NULL,
  definition TEXT NOT NULL,
  PRIMARY KEY (study_id, version)
);

CREATE TABLE sampler_states (
  study_id BIGINT PRIMARY KEY,
  state    BYTEA NOT NULL
);

CREATE TABLE study_attrs (
  study_id BIGINT NOT NULL,
  scope    TEXT COLLATE "C" NOT NULL CHECK (scope IN ('user', 'system')),
  key      TEXT COLLATE "C" NOT NULL,
  value    TEXT NOT NULL,
  PRIMARY KEY (study_id, scope, key)
);

CREATE TABLE distributions (
  study_id BIGINT NOT NULL,
  idx      BIGINT NOT NULL,
  json     TEXT NOT NULL,
  PRIMARY KEY (study_id, idx)
);

-- id = study_id * 2^32 + number.
CREATE TABLE trials (
  id                  BIGINT PRIMARY KEY,
  state               SMALLINT NOT NULL CHECK (state BETWEEN 1 AND 5),
  "values"            TEXT,
  params              TEXT,
  internal            TEXT,
  dists               TEXT,
  attempt             BIGINT NOT NULL,
  losses              BIGINT NOT NULL,
  constraints         TEXT,
  metrics             TEXT,
  worker              TEXT,
  principal           TEXT,
  lease_micros        BIGINT NOT NULL,
  created_at          BIGINT NOT NULL,
  started_at          BIGINT NOT NULL,
  finished_at         BIGINT NOT NULL,
  failure             SMALLINT NOT NULL CHECK (failure BETWEEN 0 AND 3),
  reason              TEXT,
  enqueued            SMALLINT NOT NULL CHECK (enqueued IN (0, 1)),
  imported            SMALLINT NOT NULL CHECK (imported IN (0, 1)),
  stop_requested      SMALLINT NOT NULL CHECK (stop_requested IN (0, 1)),
  revision            BIGINT NOT NULL,
  sampled_at_revision BIGINT NOT NULL,
  told_at_revision    BIGINT NOT NULL,
  definition_version  BIGINT NOT NULL,
  algorithm_version   BIGINT NOT NULL,
  sampler_draft       TEXT
);
CREATE INDEX trials_leased ON trials (id) WHERE state = 2 AND lease_micros > 0;

CREATE TABLE trial_attrs (
  trial_id BIGINT NOT NULL,
  scope    TEXT COLLATE "C" NOT NULL CHECK (scope IN ('user', 'system')),
  key      TEXT COLLATE "C" NOT NULL,
  value    TEXT NOT NULL,
  PRIMARY KEY (trial_id, scope, key)
);

CREATE TABLE intermediates (
  trial_id    BIGINT NOT NULL,
  step        BIGINT NOT NULL,
  value       DOUBLE PRECISION NOT NULL,          -- of the first objective; to the bit, NaN and -0 included
  reported_at BIGINT NOT NULL,
  more        TEXT,                               -- JSON array: of the other objectives, where they were reported
  PRIMARY KEY (trial_id, step)
);

CREATE TABLE requests (
  study_id     BIGINT NOT NULL,
  locator      BIGINT NOT NULL,
  request_id   BYTEA NOT NULL CHECK (length(request_id) = 16),
  payload_hash BIGINT NOT NULL,
  result       BYTEA NOT NULL,
  trial        BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL,
  PRIMARY KEY (study_id, locator)
);
CREATE INDEX requests_expiry ON requests (expires_at) WHERE expires_at > 0;

CREATE TABLE server_requests (
  request_id   BYTEA PRIMARY KEY CHECK (length(request_id) = 16),
  payload_hash BIGINT NOT NULL,
  result       BYTEA NOT NULL,
  expires_at   BIGINT NOT NULL
);
CREATE INDEX server_requests_expiry ON server_requests (expires_at) WHERE expires_at > 0;
