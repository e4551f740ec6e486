-- A member that changes changes its offers too.
CREATE INDEX supplies_offers_of ON supplies ((facts->'owner')) WHERE kind = 'offer';
