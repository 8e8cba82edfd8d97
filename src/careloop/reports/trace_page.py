"""The chain as one page that needs nothing else: a picture, and a table that says the same in words (R24)."""

from collections import Counter
from collections.abc import Collection, Iterator

from careloop.domain.chain import Chain, LinkKind, Node
from careloop.reports.trace_picture import PICTURE_STYLE, source_link, trace_svg, written

__all__ = ["trace_page"]

_STYLE = """
:root{color-scheme:light dark;--ink:#1d2733;--paper:#fff;--soft:#f4f6f8;--line:#c8d0d8;
  --link:#1f5fbf;--good:#1a7f4b;--bad:#b3261e}
@media (prefers-color-scheme:dark){
  :root{--ink:#e6ebf0;--paper:#14191f;--soft:#1f2730;--line:#3a4754;--link:#7fb1ff;--good:#5fd39b;--bad:#ff8a80}}
body{margin:0;padding:1rem 1.5rem;background:var(--paper);color:var(--ink);
  font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
h1{font-size:1.3rem;margin:0 0 .3rem}
a{color:var(--link)}
figure{margin:1rem 0;border:1px solid var(--line);max-height:75vh;overflow:auto}
input{font:inherit;padding:.3rem .5rem;border:1px solid var(--line);background:var(--paper);color:var(--ink)}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
th{background:var(--soft)}
td{overflow-wrap:anywhere;min-width:6rem}
.good{color:var(--good)}
.bad{color:var(--bad)}
""".strip()

_SCRIPT = """
const svg = document.querySelector('svg.chain');
const paths = [...svg.querySelectorAll('path')], nodes = [...svg.querySelectorAll('g.node')];
const walk = (id, from, to) => {
  const seen = new Set([id]), wait = [id];
  while (wait.length) {
    const one = wait.pop();
    for (const path of paths) if (path.dataset[from] === one && !seen.has(path.dataset[to])) {
      seen.add(path.dataset[to]); wait.push(path.dataset[to]);
    }
  }
  return seen;
};
const show = id => {
  const ahead = walk(id, 'from', 'to'), behind = walk(id, 'to', 'from');
  svg.classList.add('some');
  for (const node of nodes) node.classList.toggle('on', ahead.has(node.dataset.id) || behind.has(node.dataset.id));
  for (const path of paths) {
    const ends = [path.dataset.from, path.dataset.to];
    path.classList.toggle('on', ends.every(end => ahead.has(end)) || ends.every(end => behind.has(end)));
  }
};
const all = () => svg.classList.remove('some');
for (const node of nodes) {
  node.addEventListener('mouseenter', () => show(node.dataset.id));
  node.addEventListener('mouseleave', all);
  node.addEventListener('focusin', () => show(node.dataset.id));
  node.addEventListener('focusout', all);
}
document.querySelector('input').addEventListener('input', event => {
  const wanted = event.target.value.toLowerCase();
  for (const row of document.querySelectorAll('tbody tr')) row.hidden = !row.textContent.toLowerCase().includes(wanted);
});
""".strip()
_HEADS = "".join(f'<th scope="col">{head}</th>' for head in ("What", "Name", "In words", "Stands", "Leads to"))


def trace_page(chain: Chain, starts: Collection[str], *, title: str, links: str = "") -> str:
    """A whole HTML page. `links` goes before a document's path to make its address."""
    svg = trace_svg(chain, starts, title=f"Chain of {title}", links=links, style=False)
    rows = "\n".join(_rows(chain, links))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{written(title)}</title>
<link rel="icon" href="data:,">
<style>{_STYLE}
{PICTURE_STYLE}</style>
</head>
<body>
<main>
<h1>{written(title)}</h1>
<p>{written(_summary(chain))}</p>
<figure tabindex="0" role="region" aria-label="Picture of the chain, to be scrolled">
{svg}
</figure>
<h2 id="words">The same in words</h2>
<p><label for="filter">Show rows with</label> <input id="filter" type="search"></p>
<div class="wide" tabindex="0" role="region" aria-labelledby="words">
<table>
<thead><tr>{_HEADS}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>
</main>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _summary(chain: Chain) -> str:
    """The answer in a sentence: what does not stand, of how much."""
    bad = [node for node in chain.nodes.values() if node.good is False]
    unknown = sum(node.good is None and node.state is not None for node in chain.nodes.values())
    counted = Counter(node.kind for node in chain.nodes.values())
    parts = ", ".join(_count(counted[kind], kind) for kind in LinkKind if counted[kind])
    if not bad and not unknown:
        return f"Everything in this chain stands: {parts}."
    return f"Of {len(chain.nodes)} links {len(bad)} do not stand and {unknown} are unknown: {parts}."


def _count(number: int, kind: LinkKind) -> str:
    return f"{number} {kind.value}" + ("" if number == 1 or kind is LinkKind.EVIDENCE else "s")


def _rows(chain: Chain, links: str) -> Iterator[str]:
    ids = {name: f"n{number}" for number, name in enumerate(chain.nodes)}
    for node in sorted(chain.nodes.values(), key=lambda node: node.kind.column):
        ends = dict.fromkeys(link.end for link in chain.after.get(node.id, ()))
        leads = ", ".join(f'<a href="#{ids[end]}">{written(end)}</a>' for end in ends)
        yield (
            f'<tr id="{ids[node.id]}"><td>{node.kind.value}</td><td>{_name(node, links)}</td>'
            f"<td>{written(node.title)}</td><td{_class(node)}>{written(_standing(node))}</td><td>{leads}</td></tr>"
        )


def _name(node: Node, links: str) -> str:
    address = source_link(node, links)
    return f'<a href="{written(address)}">{written(node.id)}</a>' if address else written(node.id)


def _class(node: Node) -> str:
    return {True: ' class="good"', False: ' class="bad"', None: ""}[node.good]


def _standing(node: Node) -> str:
    sign = {True: "✓ ", False: "✗ ", None: "? "}[node.good]
    return f"{sign}{node.state}" if node.state else ""
