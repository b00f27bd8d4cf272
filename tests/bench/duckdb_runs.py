"""Runs the statements of an SQL file over a corpus, in DuckDB: duckdb_runs.py SQL CORPUS."""

import sys

import duckdb

sql, corpus = sys.argv[1:]
connection = duckdb.connect()
text = open(sql, encoding="utf-8").read().replace("CORPUS", corpus)
for statement in connection.extract_statements(text):
    rows = connection.execute(statement).fetchall()
    print(len(rows), rows[:3])
