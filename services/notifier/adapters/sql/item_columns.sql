    c.locale, c.attempt, coalesce(c.tried_from, c.created_at) AS created_at,
    c.channel, c.slot, c.holds, c.digest,
    e.content, r.name, r.link_epoch, s.match, s.need, s.said, s.members, s.other_title, s.reply,
