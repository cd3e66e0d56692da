"""How a report looks: light paper in every theme, system fonts, A4 without cut figures."""

STYLE = """
:root{color-scheme:light;--ink:#1d2430;--soft:#667085;--line:#e4e7ec}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1000px;padding:22px;color:var(--ink);background:#fff;
 font:13px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
 font-variant-numeric:tabular-nums;-webkit-print-color-adjust:exact;print-color-adjust:exact}
h1{font-size:22px;line-height:1.25;margin:0;overflow-wrap:anywhere}
h2{font-size:14px;margin:0 0 6px;padding-bottom:4px;border-bottom:1px solid var(--line);break-after:avoid}
h2 small{font-weight:400;color:var(--soft);font-size:12px}
p{margin:4px 0}.soft,.small{color:var(--soft)}.small{font-size:11.5px}
.notes{border-left:4px solid #b26a00;background:#fff7ea;padding:6px 12px;border-radius:4px;margin:10px 0}
.numbers{display:grid;grid-template-columns:repeat(5,1fr);gap:10px;margin:14px 0;break-inside:avoid}
.numbers div{border:1px solid var(--line);border-radius:6px;padding:8px 10px;min-width:0}
.numbers b{display:block;font-size:20px;font-weight:600;line-height:1.25}
.numbers span{display:block;font-size:11.5px;color:var(--soft);overflow-wrap:anywhere}
.two{display:grid;grid-template-columns:1fr 1fr;gap:0 26px}
section{margin-top:14px;break-inside:avoid;min-width:0}section.long{break-inside:auto}
svg{display:block;width:100%;max-width:540px;height:auto;
 font:11px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
table{border-collapse:collapse;width:100%;font-size:11.5px}thead{display:table-header-group}tr{break-inside:avoid}
th,td{text-align:right;padding:3px 6px;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:500}
.text{text-align:left;overflow-wrap:anywhere}th:first-child,td:first-child{padding-left:0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;margin:0;font-size:12px}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(6,1fr);gap:8px}
figure{margin:0;border:1px solid var(--line);border-radius:6px;overflow:hidden;break-inside:avoid;min-width:0}
figure img{width:100%;aspect-ratio:1;object-fit:contain;display:block;background:#f4f5f7}
figure img.tiny{image-rendering:pixelated}
figure blockquote{margin:0;padding:6px 8px;font-size:11px;overflow-wrap:anywhere;background:#f4f5f7}
figcaption{padding:4px 7px;font-size:10.5px;line-height:1.35;overflow-wrap:anywhere}
.texts{grid-template-columns:repeat(2,1fr)}
footer{margin-top:16px;border-top:1px solid var(--line);padding-top:6px;font-size:11px;color:var(--soft)}
@media (max-width:700px){.two,.numbers{grid-template-columns:1fr 1fr}.tiles{grid-template-columns:repeat(3,1fr)}}
@media print{@page{size:A4;margin:12mm}body{padding:0;max-width:none;font-size:10.5px}h1{font-size:18px}
 h2{font-size:12px}.numbers b{font-size:16px}.numbers span,.small,dl{font-size:9.5px}table{font-size:9.5px}
 section{margin-top:10px}figcaption{font-size:8.5px}figure blockquote{font-size:9px}footer{font-size:9px}
 .two{grid-template-columns:1fr 1fr}.numbers{grid-template-columns:repeat(5,1fr)}
 .tiles{grid-template-columns:repeat(6,1fr)}.texts{grid-template-columns:repeat(2,1fr)}}
"""
