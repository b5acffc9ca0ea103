-- The revision of a study's last transaction, in the row that each transaction locks in any case: a server that has seen a higher
-- one knows that the database has gone back, as it does when a standby takes over that had not got the last commits.
ALTER TABLE study_owners ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;

-- Where it has gone back: the revision that was acknowledged. Nobody owns the study until that is accepted. 0: it has not.
ALTER TABLE study_owners ADD COLUMN lost_revision BIGINT NOT NULL DEFAULT 0;
CREATE INDEX study_owners_lost ON study_owners (study_id) WHERE lost_revision > 0;
