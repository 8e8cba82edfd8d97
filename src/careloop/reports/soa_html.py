"""The Statement of Applicability as one page that needs nothing else: no script, no style on any element, no host."""

from html import escape
from typing import Final

from careloop.domain.soa import SoaRow, Statement
from careloop.reports.soa_table import COLUMNS, about, cells

__all__ = ["soa_html"]

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1a1c1e; --paper: #fff; --line: #6b7177; --shade: #eef1f4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --paper: #15181b; --line: #8b9299; --shade: #23282d; } }
body { margin: 1.5rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; max-width: 70rem; }
dt { font-weight: 600; } dd { margin: 0; }
.wide { overflow-x: auto; }
.wide:focus-visible { outline: 3px solid currentColor; }
table { border-collapse: collapse; font-size: .875rem; }
caption { text-align: start; font-weight: 600; padding-block: .5rem; }
th, td { border: 1px solid var(--line); padding: .35rem .5rem; text-align: start; vertical-align: top; }
td { min-width: 6rem; }
thead th { background: var(--shade); }
td.long { min-width: 18rem; }
td.state::before { content: attr(data-mark) " "; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
@media print { body { margin: 0; } .wide { overflow: visible; } table { font-size: .7rem; } }
""".strip()
_LONG: Final = frozenset({"Justification", "Not shown yet", "Evidence", "Risks treated"})
_MARKS: Final = {"complete": "●", "planned": "◷", "partial": "◐", "missing": "○", "excluded": "—"}


def soa_html(statement: Statement) -> str:
    """The page, to be read with eyes or with a screen reader, in light and dark, on paper and on a phone."""
    whose = escape(statement.organisation)
    head = "".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>\n" for label, text in about(statement))
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in COLUMNS)
    rows = "".join(map(_row, statement.rows))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Statement of Applicability – {whose}</title>
<style>
{_STYLE}
</style>
</head>
<body>
<main>
<h1>Statement of Applicability</h1>
<dl>
{head}</dl>
<div class="wide" role="region" aria-labelledby="controls" tabindex="0">
<table>
<caption id="controls">Controls, why they apply or not, and what evidence shows</caption>
<thead><tr>{columns}</tr></thead>
<tbody>
{rows}</tbody>
</table>
</div>
</main>
</body>
</html>
"""


def _row(row: SoaRow) -> str:
    first, *rest = zip(COLUMNS, cells(row), strict=True)
    told = "".join(_cell(name, text, row) for name, text in rest)
    return f'<tr><th scope="row">{escape(first[1])}</th>{told}</tr>\n'


def _cell(name: str, text: str, row: SoaRow) -> str:
    if name == "Implementation":
        return f'<td class="state" data-mark="{_MARKS[row.status.value]}">{escape(text)}</td>'
    kind = ' class="long"' if name in _LONG else ""
    return f"<td{kind}>{escape(text)}</td>"
