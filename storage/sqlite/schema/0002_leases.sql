-- Which trials are running with a lease: read when a server starts, so that what a vanished worker left is found without a scan.
CREATE INDEX trials_leased ON trials (id) WHERE state = 2 AND lease_micros > 0;
