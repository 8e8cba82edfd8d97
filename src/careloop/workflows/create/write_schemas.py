"""Write the JSON Schemas of all documents where a repository's editors look for them."""

import json

from careloop.ports.document_folder import DocumentFolder
from careloop.reports.schema_report import document_schema, schema_kinds
from careloop.workflows.create.profile_documents import SCHEMA_FOLDER

__all__ = ["write_schemas"]


def write_schemas(writer: DocumentFolder) -> None:
    """One file for each kind of document."""
    for kind in schema_kinds():
        text = json.dumps(document_schema(kind), indent=2, ensure_ascii=False) + "\n"
        writer.write(f"{SCHEMA_FOLDER}/{kind}.schema.json", text)
