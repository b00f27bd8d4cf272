-- The figures of `feather-analysis rag --summary`, by DuckDB: what tests/bench/run times against it.
-- The name of the NDJSON file is put in. Only the fields that the figures need are read, with their types
-- given, which spares DuckDB the look ahead for them.
CREATE TEMP TABLE sessions AS
SELECT row_number() OVER () AS session, *,
       CASE WHEN knowledge_gap_analysis_outcome IS NULL
              OR knowledge_gap_analysis_outcome IN ('voicemail', 'call_failed') THEN 'unknown'
            WHEN knowledge_gap_analysis_outcome = 'resolved'
             AND len(handoff_events) = 0 AND reopen IS NULL THEN 'well' ELSE 'badly' END AS ended
FROM read_ndjson('CORPUS', columns = {
  session_id: 'VARCHAR', knowledge_gap_analysis_outcome: 'VARCHAR',
  messages: 'STRUCT(turn_id VARCHAR)[]',
  rag_traces: 'STRUCT(rag_query_id VARCHAR, assistant_turn_id VARCHAR, query_hash VARCHAR,
    retrieved STRUCT(chunk_id VARCHAR, doc_id VARCHAR)[], top_score DOUBLE, hit BOOLEAN,
    latency_ms DOUBLE, answerability STRUCT("label" VARCHAR, raw_top_score DOUBLE,
      score_basis VARCHAR, "mode" VARCHAR, "action" VARCHAR, threshold_low DOUBLE,
      threshold_high DOUBLE))[]',
  citations: 'STRUCT(assistant_turn_id VARCHAR, chunk_id VARCHAR, doc_id VARCHAR)[]',
  handoff_events: 'JSON[]', reopen: 'JSON', missing_evidence_reasons: 'VARCHAR[]'});

CREATE TEMP TABLE cited AS
SELECT DISTINCT session, c.assistant_turn_id AS turn, c.chunk_id, c.doc_id
FROM (SELECT session, unnest(citations) AS c FROM sessions);

CREATE TEMP TABLE retrievals AS
SELECT session, ended, place, t.assistant_turn_id AS turn, t.query_hash, t.top_score, t.hit,
       t.latency_ms, t.answerability AS a, t.retrieved, len(t.retrieved) AS found,
       coalesce(NOT t.hit, len(t.retrieved) = 0) AS miss
FROM (SELECT session, ended, unnest(rag_traces) AS t, generate_subscripts(rag_traces, 1) AS place
      FROM sessions);

CREATE TEMP TABLE chunks AS
SELECT r.session, r.place, r.chunk.doc_id, c.doc_id IS NOT NULL AS cited
FROM (SELECT session, place, turn, unnest(retrieved) AS chunk FROM retrievals) r
LEFT JOIN cited c ON c.session = r.session AND c.turn = r.turn
 AND c.chunk_id = r.chunk.chunk_id AND c.doc_id = r.chunk.doc_id;

CREATE TEMP TABLE used AS
SELECT session, place, count(*) FILTER (cited) AS cited FROM chunks GROUP BY ALL;

-- How many of everything, and the latencies.
SELECT count(*) AS retrievals, count(*) FILTER (hit) AS hits, count(hit) AS verdicts,
       count(*) FILTER (miss) AS misses, count(*) FILTER (a."label" = 'unanswerable') AS unanswerable,
       count(*) FILTER (found > 0 AND coalesce(u.cited, 0) = 0) AS uncited,
       sum(found) AS chunks_found, sum(u.cited) AS chunks_cited,
       count(*) FILTER (hit AND a."label" = 'unanswerable' OR NOT hit AND a."label" = 'answerable') AS disagrees,
       quantile_disc(latency_ms, 0.5) AS p50, quantile_disc(latency_ms, 0.95) AS p95,
       max(latency_ms) AS most
FROM retrievals LEFT JOIN used u USING (session, place);

-- Citations that no retrieval of their turn returned, and retrievals of no message's turn.
SELECT count(*) FROM cited ANTI JOIN
  (SELECT session, turn, unnest(retrieved) AS chunk FROM retrievals) r
  ON cited.session = r.session AND cited.turn = r.turn AND cited.chunk_id = r.chunk.chunk_id
 AND cited.doc_id = r.chunk.doc_id;

SELECT count(*) FROM retrievals ANTI JOIN
  (SELECT session, unnest(messages).turn_id AS turn FROM sessions) m USING (session, turn);

SELECT count(*) FILTER (before > 0) AS repeats FROM
  (SELECT count(*) FILTER (miss) OVER (PARTITION BY session, query_hash ORDER BY place
     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
   FROM retrievals WHERE query_hash IS NOT NULL);

SELECT a."label", count(*) FROM retrievals GROUP BY ALL ORDER BY 2 DESC;

SELECT a."mode", a."action", count(*), count(*) FILTER (ended = 'well'),
       count(*) FILTER (ended = 'badly'), count(*) FILTER (ended = 'unknown')
FROM retrievals GROUP BY ALL ORDER BY 3 DESC;

-- The scores that the gate compares, in tenths, with what was cited of them and the thresholds.
SELECT a.score_basis, least(floor(coalesce(a.raw_top_score, top_score) * 10), 9) AS bin, count(*),
       count(*) FILTER (u.cited > 0), min(a.threshold_low), max(a.threshold_high)
FROM retrievals LEFT JOIN used u USING (session, place) GROUP BY ALL ORDER BY ALL;

SELECT query_hash, count(*) AS misses, count(DISTINCT session) AS sessions,
       max(top_score) AS best_score
FROM retrievals WHERE miss GROUP BY ALL ORDER BY misses DESC, sessions DESC, query_hash;

SELECT doc_id, count(DISTINCT (session, place)) AS retrievals, count(DISTINCT session) AS sessions
FROM chunks WHERE doc_id NOT IN (SELECT doc_id FROM cited)
GROUP BY ALL ORDER BY retrievals DESC, sessions DESC, doc_id;
