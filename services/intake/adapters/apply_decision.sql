INSERT INTO decisions (demand_id, wave, outcome, demand_version, proposed, considered,
                       policy_version, decided_at, score_model)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (demand_id, wave) DO UPDATE
SET outcome = excluded.outcome, demand_version = excluded.demand_version,
    proposed = excluded.proposed, considered = excluded.considered,
    policy_version = excluded.policy_version,
    score_model = excluded.score_model,
    decided_at = excluded.decided_at
WHERE decisions.decided_at < excluded.decided_at
