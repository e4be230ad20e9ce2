-- What is odd about a response (docs/answering.md has the rules), and how long it took; no time for anonymous surveys.
ALTER TABLE responses ADD COLUMN seconds INTEGER;
ALTER TABLE responses ADD COLUMN flags TEXT NOT NULL DEFAULT '';
ALTER TABLE waiting_responses ADD COLUMN flags TEXT NOT NULL DEFAULT '';
