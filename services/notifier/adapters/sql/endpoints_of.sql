-- The endpoints of these owners. One that was switched off is among them for 30 days: what it
-- misses is kept as failed, so that its owner can have it sent when it is on again.
SELECT e.endpoint_id, e.owner_kind, e.owner_id, e.channel, e.wants, e.lane, e.state
FROM unnest($1::text[], $2::text[]) AS o(kind, id)
JOIN vault.endpoints AS e ON e.owner_kind = o.kind AND e.owner_id = o.id
WHERE e.state = 'on' OR e.off_at > clock_timestamp() - interval '30 days'
