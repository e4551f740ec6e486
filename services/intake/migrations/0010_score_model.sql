-- Which version of the fitted score judged; null: an older matcher decided, or nobody was judged.
ALTER TABLE decisions ADD COLUMN score_model text;
