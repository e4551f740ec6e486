"""Every metric of the matcher."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

# Pairs proposed, by the kind of need: what members feel.
PROPOSED = Counter("jisr_matches_proposed_total", "Pairs proposed", ["need"])
# The same by why they were chosen: "merit" (among the best by score), "spread" (load decided among
# near equals), "newcomer" (somebody new was let in). The last two are what fair spread does.
CHOSEN = Counter("jisr_matches_chosen_total", "Pairs proposed, by why", ["because"])
# Demands handed to the ambassador because nobody was good enough.
UNMATCHED = Counter("jisr_demands_unmatched_total", "Demands nobody was proposed for")
# What was said and changed nothing: late, repeated, or by somebody whom it does not concern.
UNHEARD = Counter("jisr_answers_unheard_total", "What was said and changed nothing", ["what"])
# Timers that rang, by bell, and whatever else happened to needs.
RANG = Counter("jisr_timers_rung_total", "Timers that rang", ["bell"])
HAPPENED = Counter("jisr_needs_happened_total", "What happened to needs", ["what"])
# Applications for places of offers, each time a line was put in order: those that got one, and
# those that wait. Far more that wait than are given: the hub's offers are scarce.
PLACES = Counter("jisr_places_total", "Applications for places, by what became of them", ["came"])
# What is to be told, by kind; the notifier decides when and how.
NOTICES = Counter("jisr_notices_raised_total", "Notices raised", ["kind"])
# Needs whose timers could not ring, and batches whose places could not be given, and that were put
# off; the log says why.
PUT_OFF = Counter("jisr_timers_put_off_total", "Times that timers of a need were put off")
# Seconds by which the timer that rang last was late.
LATE_SECONDS = Gauge("jisr_timer_late_seconds", "How late the last timer rang")
# Time to rank one need against every supply, in seconds.
RANK_SECONDS = Histogram("jisr_rank_seconds", "Time of one ranking")
# Time to embed one text, in seconds; texts found in the store are not counted.
EMBED_SECONDS = Histogram("jisr_embed_seconds", "Time of one embedding")
# Supplies in the index, and needs that this replica owns.
SUPPLIES = Gauge("jisr_supplies_indexed", "Supplies in the index")
NEEDS = Gauge("jisr_needs_owned", "Open needs owned by this replica")
# 1 when matching runs without embeddings although they were asked for.
LEXICAL_ONLY = Gauge("jisr_lexical_only", "The embedding model cannot be used")
# 1 while the score that serves was fitted for another embedding model than the one that serves.
SCORE_STANDS_IN = Gauge("jisr_score_stands_in", "No score was fitted for the embedding model")
# Times that the model was found away: what is taken in then is judged by its words.
EMBED_AWAY = Counter("jisr_embed_away_total", "Times the embedding model was found away")
# Texts that the model refused for themselves; they stay without a vector.
EMBED_REFUSED = Counter("jisr_embed_refused_total", "Texts the embedding model refused")
# How far the hub is on its way to another embedding model; 1 when it is not on any.
REEMBEDDED = Gauge("jisr_reembedded_ratio", "Share embedded by the model to come")
REEMBEDDED.set(1)
# Characters of texts that are longer than is embedded; they count by their words alone.
UNREAD = Counter("jisr_embed_unread_characters_total", "Characters not embedded", ["side"])
# Needs and supplies of this replica that wait for a vector.
LACKING = Gauge("jisr_vectors_lacking", "Needs and supplies that wait for a vector")
# 1 while the policy's file is refused, and the policy before it holds; the log says why.
POLICY_REFUSED = Gauge("jisr_policy_refused", "The policy file is refused")
# Times that another policy was taken from the file while the matcher ran.
POLICY_CHANGED = Counter("jisr_policy_changes_total", "Policies taken from the file")
