"""How the printed report looks: light paper, system fonts, one A4 page."""

STYLE = """
:root{--ink:#1d2430;--soft:#667085;--line:#e4e7ec;--good:#12805c;--bad:#c0362c;--open:#b26a00;--a:#98a2b3;--b:#3b5bdb}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1020px;padding:20px;color:var(--ink);background:#fff;
 font:13px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
 font-variant-numeric:tabular-nums;-webkit-print-color-adjust:exact;print-color-adjust:exact}
header{display:grid;grid-template-columns:3fr 2fr;gap:20px;border-left:6px solid;border-radius:6px;padding:12px 16px}
header.good{border-color:var(--good);background:#ecf8f3}header.bad{border-color:var(--bad);background:#fdf1f0}
header.open{border-color:var(--open);background:#fff7ea}
header small{color:var(--soft)}h1{font-size:19px;line-height:1.25;margin:2px 0 6px}
header p{margin:2px 0}header ul{list-style:none;margin:0;padding:0;align-self:center}
header li{padding:3px 0 3px 22px;position:relative;font-weight:600}
header li span{display:block;font-weight:400;color:var(--soft)}
header li:before{position:absolute;left:0;font-weight:700}
li.yes:before{content:"✓";color:var(--good)}li.no:before{content:"✗";color:var(--bad)}
.forced{color:var(--bad)}
.facts{display:flex;flex-wrap:wrap;gap:2px 18px;margin:10px 2px;color:var(--soft);overflow-wrap:anywhere}
.facts b{font-weight:600;color:var(--ink)}
.two{display:grid;grid-template-columns:1fr 1fr;gap:0 28px}
section{margin-top:12px;break-inside:avoid;min-width:0}
h2{font-size:14px;margin:0 0 6px;padding-bottom:4px;border-bottom:1px solid var(--line)}
h2 small{font-weight:400;color:var(--soft);font-size:12px}
svg{display:block;width:100%;height:auto;font:11px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
table{border-collapse:collapse;width:100%;font-size:11.5px;white-space:nowrap}
th,td{text-align:right;padding:3px 4px;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left;padding-left:0}
th{color:var(--soft);font-weight:500}td i{color:var(--soft);font-style:normal}
td.good{color:var(--good);font-weight:600}td.bad{color:var(--bad);font-weight:600}
.small,.notes{font-size:11.5px;color:var(--soft)}.small{margin:4px 0}
.notes{margin:0;padding-left:16px;columns:2;column-gap:28px}.notes li{break-inside:avoid;margin-bottom:2px}
@media (max-width:720px){header,.two{grid-template-columns:1fr}.notes{columns:1}section{overflow-x:auto}
 body{padding:12px}}
@media print{@page{size:A4;margin:9mm}body{padding:0;max-width:none;font-size:10.5px}h1{font-size:16px}
 table{font-size:9px}section{margin-top:7px}svg{max-height:190px}header{padding:8px 12px}
 .small,.notes{font-size:9px}svg{font-size:10px}}
"""
