-- What an ambassador sees of its city: the open demands, and each one's matches.
CREATE INDEX needs_of_city ON needs ((content #>> '{need,city}'))
    WHERE content #>> '{need,city}' IS NOT NULL;
CREATE INDEX matches_of_need ON matches ((content #>> '{need,id}'));
