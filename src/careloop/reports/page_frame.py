"""A page that stands alone: readable by day, by night and on a phone, without scripts and without other hosts."""

from html import escape
from typing import Final

__all__ = ["page"]

_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1b2430;--soft:#55606e;--line:#d5dae1;--paper:#fff;--shade:#f3f5f8;--bad:#a12a14;
--warn:#77570a;--good:#2c6b2f;--link:#1f5a9c}
@media (prefers-color-scheme:dark){:root{--ink:#e8ecf1;--soft:#a9b4c0;--line:#37414d;--paper:#12171d;--shade:#1b222a;
--bad:#ff9d88;--warn:#e6c668;--good:#93d09a;--link:#8fbdf0}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
main{max-width:76rem;margin:0 auto;padding:1.25rem 1rem 3rem}main.text{max-width:46rem}
h1{font-size:1.6rem;line-height:1.25;margin:.2rem 0 .6rem}h2{font-size:1.25rem;margin:2.2rem 0 .6rem}
h3{font-size:1.05rem;margin:1.4rem 0 .4rem}p,li{overflow-wrap:anywhere}
.answer{font-size:1.15rem;font-weight:600}.soft,caption,figcaption{color:var(--soft)}
a{color:var(--link)}code,pre{font:.9em ui-monospace,SFMono-Regular,Consolas,monospace}
pre{background:var(--shade);padding:.75rem;overflow-x:auto}blockquote{margin:0;padding-left:1rem;
border-left:4px solid var(--line)}img{max-width:100%}
.wide{overflow-x:auto;margin:.6rem 0;border:1px solid var(--line)}.wide:focus-visible{outline:3px solid var(--link)}
table{border-collapse:collapse;width:100%}caption{text-align:left;padding:.5rem .6rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-top:1px solid var(--line)}
thead th{background:var(--shade);white-space:nowrap}td.day,th.day{white-space:nowrap}
.bad{color:var(--bad);font-weight:600}.warn{color:var(--warn);font-weight:600}.good{color:var(--good);font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:var(--soft)}dd{margin:0;
overflow-wrap:anywhere}
@media (max-width:40rem){dl{grid-template-columns:1fr}dd{margin-bottom:.5rem}}
@media print{.wide{overflow:visible}}
"""


def page(title: str, body: str, *, style: str = "", text: bool = False, language: str = "en") -> str:
    """The whole page; `body` is HTML that is safe already, `title` is plain text. `text` keeps lines short to read."""
    kind = ' class="text"' if text else ""
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        'img-src data:">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}{style}</style>\n</head>\n"
        f"<body>\n<main{kind}>\n{body}\n</main>\n</body>\n</html>\n"
    )
