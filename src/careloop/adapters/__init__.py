"""the outside world, one file each: git, SQLite, Parquet and DuckDB, SSH keys, registries, webhooks, pagers"""

__all__: list[str] = []
