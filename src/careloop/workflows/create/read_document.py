"""Find one governed document, whole and readable, to show it to people without git."""

from careloop.documents.compile import compile_tree
from careloop.documents.layout import kind_of
from careloop.documents.yaml_text import decode
from careloop.errors import InvalidInput, NotFound
from careloop.ports.repository_source import RepositorySource
from careloop.reports.document_page import DocumentSource

__all__ = ["read_document"]


def read_document(source: RepositorySource, path: str, *, at: str | None = None) -> DocumentSource:
    """The document at a path of the work tree, or of a commit.

    Raises NotFound for a path that holds no governed document, InvalidInput for a document that cannot be read.
    """
    tree = source.work_tree() if at is None else source.at(at)
    found = kind_of(path)
    if found is None:
        raise NotFound(f"{path} is no governed document", hint="`care schema` lists which documents there are")
    if path not in tree.files:
        raise NotFound(f"there is no {path}", hint="name it by its path from the repository's root")
    compiled = compile_tree(tree)
    broken = next((error for error in compiled.errors if error.place.file == path), None)
    text = decode(tree.files[path])
    if broken is not None or not isinstance(text, str):
        why = f"{broken.place}: {broken.message}" if broken else f"{path} is no text"
        raise InvalidInput(why, hint="run `care check`, mend it, then render it")
    organisation = compiled.repository.organisation
    head = source.head()
    return DocumentSource(
        path=path,
        kind=found[0].name,
        text=text,
        organisation=organisation.organisation.name if organisation else "",
        commit=head.commit if at is None else source.resolve(at),
        dirty=head.dirty if at is None else False,
    )
