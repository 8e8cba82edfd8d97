"""the outside world, one file each: git, SQLite, PostgreSQL, HTTP ledger, DuckDB, Spark, MLflow, webhook, forge,
OTLP, mail, pager"""

__all__: list[str] = []
