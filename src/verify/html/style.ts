/** style: the page's look in both themes. Meaning is never in a colour alone: marks, dashes and words say the same. */
export const STYLE = `:root {
  color-scheme: light dark;
  --paper: #ffffff; --panel: #f6f7f9; --ink: #14181f; --soft: #566070; --line: #d3d8df; --strong: #8c95a3; --link: #1b5fc1;
  --good: #17683c; --good-paper: #e6f5ec; --bad: #a31621; --bad-paper: #fdeaea; --choice: #1b5fc1;
  --ok1: #eef5fc; --ok2: #d8e9f8; --ok3: #b9d8f0; --bad1: #fde3c4; --bad2: #f9bd8c; --bad3: #f19a85; --none: #fbfbfc;
  --add: #e2f5e7; --remove: #fdeaea; --bad-ink: #6d0a12; --far-good: #7fb2dd;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --panel: #1c2027; --ink: #e9edf2; --soft: #a3adba; --line: #343b46; --strong: #77828f; --link: #82b4ff;
    --good: #6fd79b; --good-paper: #16301f; --bad: #ff9a94; --bad-paper: #3a1a1c; --choice: #82b4ff;
    --ok1: #1b2532; --ok2: #1f3347; --ok3: #23466a; --bad1: #4a3518; --bad2: #69401a; --bad3: #7d2f27; --none: #191c21;
    --add: #16301f; --remove: #3a1a1c; --bad-ink: #ffd9d6; --far-good: #3f77ad;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1500px; padding: 16px clamp(12px, 2.5vw, 32px) 48px; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
h1 { font-size: 15px; margin: 0; color: var(--soft); font-weight: 600; }
h2 { font-size: 19px; margin: 36px 0 10px; }
h3 { font-size: 16px; margin: 0 0 6px; overflow-wrap: anywhere; }
h4 { font-size: 13px; margin: 14px 0 4px; }
h4.top { font-size: 14px; overflow-wrap: anywhere; }
p { margin: 6px 0; overflow-wrap: anywhere; }
a { color: var(--link); overflow-wrap: anywhere; }
button { font: inherit; font-size: 13px; padding: 4px 10px; border: 1px solid var(--strong); border-radius: 6px; background: var(--panel); color: var(--ink); cursor: pointer; }
button:hover { border-color: var(--choice); }
input[type=search] { font: inherit; font-size: 14px; padding: 4px 8px; border: 1px solid var(--strong); border-radius: 6px; background: var(--paper); color: var(--ink); min-width: 0; width: 15em; max-width: 100%; }
:focus-visible { outline: 3px solid var(--choice); outline-offset: 1px; }
code, pre { font: 13px/1.45 ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.remark { color: var(--soft); font-size: 13px; }
.mark { font-weight: 700; }
.verdict { font-size: 19px; font-weight: 600; padding: 10px 14px; border-radius: 8px; border-left: 6px solid; margin: 8px 0 12px; }
.verdict.good { color: var(--good); background: var(--good-paper); }
.verdict.bad { color: var(--bad); background: var(--bad-paper); }
.verdict a { color: inherit; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 0; }
.facts div { display: flex; gap: 8px; min-width: 0; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.cause { border: 1px solid var(--line); border-left: 6px solid var(--good); border-radius: 8px; background: var(--panel); padding: 12px 16px; margin: 10px 0; }
.rank { display: inline-block; min-width: 1.6em; text-align: center; border-radius: 1em; background: var(--good); color: var(--paper); }
.diff { background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: 8px 10px; overflow-x: auto; margin: 6px 0 0; }
.diff ins { background: var(--add); text-decoration: none; }
.diff del { background: var(--remove); text-decoration: none; }
summary { cursor: pointer; padding: 6px 0; }
.toolbar { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; margin-bottom: 8px; }
.toolbar .buttons { display: flex; flex-wrap: wrap; gap: 6px; margin-left: auto; }
.split { display: grid; grid-template-columns: minmax(0, 1fr) 380px; gap: 14px; }
#viewport, #details { height: min(76vh, 900px); overflow: auto; border: 1px solid var(--line); border-radius: 8px; }
#viewport { cursor: grab; background: var(--paper); }
#viewport.dragging { cursor: grabbing; user-select: none; }
#details { padding: 12px 14px; background: var(--panel); }
#details ul { margin: 0; padding-left: 1.1em; }
#details table { width: 100%; }
#details .sentence { padding: 6px 10px; border-radius: 6px; background: var(--none); border: 1px solid var(--line); }
#graph { display: block; margin: 0 auto; }
#graph text { font: 11px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: var(--soft); pointer-events: none; }
#graph .line0 { font: 600 12px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: var(--ink); }
#graph .line2 { fill: var(--ink); }
.node { cursor: pointer; outline: none; }
.node .box { stroke: var(--strong); fill: var(--none); }
.node .stripe { fill: transparent; }
.node.unchecked .box { stroke-dasharray: 4 3; }
.node.inherited .box { stroke: var(--bad); stroke-dasharray: 9 3; }
.node.arises .box, .node.shape .box, .node.alone .box { stroke: var(--bad); stroke-width: 2.5; }
.node.first .stripe, .node.arises .stripe { fill: var(--bad); }
.node.first .box { stroke-width: 4; }
#graph .first .line2 { font-weight: 700; fill: var(--bad-ink); }
.node:hover .box { stroke: var(--choice); }
.node.chosen .box { stroke: var(--choice); stroke-width: 3; stroke-dasharray: none; }
.node:focus-visible .box { stroke: var(--choice); stroke-width: 5; }
.searching .node:not(.hit) { opacity: 0.3; }
.edge { fill: none; stroke: var(--strong); stroke-width: 1.3; }
.edge.lit { stroke: var(--choice); stroke-width: 2.4; }
.arrow { fill: var(--strong); }
.ok1 .box { fill: var(--ok1); } .ok2 .box { fill: var(--ok2); } .ok3 .box { fill: var(--ok3); }
.bad1 .box { fill: var(--bad1); } .bad2 .box { fill: var(--bad2); } .bad3 .box { fill: var(--bad3); }
/* From afar no text can be read, and pale colours not seen. */
.far text { display: none; }
.far .edge { stroke-width: 8; }
.far .box { stroke: none; }
.far .agrees .box { fill: var(--far-good); }
.far .unchecked .box { fill: var(--line); }
.far .arises .box, .far .shape .box, .far .alone .box { fill: var(--bad); }
.far .chosen .box { stroke: var(--choice); stroke-width: 40; }
.far .first .box { stroke: var(--bad); stroke-width: 60; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--soft); margin: 8px 0 0; }
.legend .mark { color: var(--ink); }
.legend .arises, .legend .inherited, .legend .shape, .legend .alone { color: var(--bad); }
.swatch { display: inline-block; width: 1.5em; height: 0.95em; border: 1px solid var(--strong); border-radius: 3px; vertical-align: -0.1em; }
.swatch.ok1 { background: var(--ok1); } .swatch.ok2 { background: var(--ok2); } .swatch.ok3 { background: var(--ok3); }
.swatch.bad1 { background: var(--bad1); } .swatch.bad2 { background: var(--bad2); } .swatch.bad3 { background: var(--bad3); }
.scroll { overflow-x: auto; }
.tall { max-height: 85vh; overflow: auto; border: 1px solid var(--line); border-radius: 8px; }
.plot { display: block; width: 100%; min-width: 680px; max-height: 420px; }
.plot text { font-size: 11px; fill: var(--soft); font-family: inherit; }
.plot .grid, .scatter .grid { stroke: var(--line); stroke-width: 1; }
.plot .line { fill: none; stroke: var(--strong); stroke-width: 1; }
.plot .dot { cursor: pointer; fill: var(--link); stroke: none; }
.plot .dot path { fill: none; stroke: var(--bad); stroke-width: 2; }
.plot .hit { fill: transparent; }
.plot .dot:hover .hit { stroke: var(--choice); stroke-width: 1.5; }
.plot .alone-dot { fill: none; stroke: var(--soft); stroke-width: 1; }
.plot .flag { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 5 3; }
.plot .flag-text { fill: var(--bad); font-weight: 600; }
.values { display: flex; flex-wrap: wrap; gap: 24px; align-items: flex-start; }
figure { margin: 0; }
.values figure { width: 340px; max-width: 100%; }
figcaption { font-size: 13px; color: var(--soft); }
.scatter { width: 100%; max-width: 300px; display: block; }
.scatter .frame { fill: none; stroke: var(--line); }
.scatter .points { stroke: var(--link); stroke-width: 3; stroke-linecap: round; stroke-opacity: 0.55; fill: none; }
.histogram { width: 100%; display: block; }
.histogram text { font-size: 9.5px; fill: var(--soft); font-family: inherit; }
.histogram .reference-area { fill: var(--line); }
.histogram .actual-line { fill: none; stroke: var(--link); stroke-width: 1.8; }
.histogram .bar { fill: var(--link); }
.histogram .base { stroke: var(--strong); }
.key { white-space: nowrap; }
.key i { display: inline-block; width: 1.4em; height: 0.7em; }
.reference-key { background: var(--line); border: 1px solid var(--strong); }
.actual-key { border-top: 2px solid var(--link); }
.planes { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 16px; }
.plane { display: flex; flex-wrap: wrap; gap: 4px 8px; border: 1px solid var(--line); border-radius: 8px; padding: 8px 10px; }
.plane h4 { width: 100%; margin: 0; }
.plane figure { flex: 1 1 90px; min-width: 0; }
.plane canvas { width: 100%; height: auto; display: block; image-rendering: pixelated; border: 1px solid var(--line); }
.plane figcaption { font-size: 12px; line-height: 1.3; margin-top: 3px; }
table { border-collapse: collapse; font-size: 13px; }
th, td { text-align: left; padding: 3px 10px 3px 6px; border-bottom: 1px solid var(--line); vertical-align: top; }
.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
#layers { width: 100%; }
#layers thead th { position: sticky; top: 0; background: var(--panel); padding: 0; }
#layers th button { width: 100%; border: 0; border-radius: 0; background: none; font-weight: 600; text-align: inherit; padding: 6px 10px 6px 6px; white-space: nowrap; }
#layers [aria-sort=ascending] button::after { content: ' ▲'; }
#layers [aria-sort=descending] button::after { content: ' ▼'; }
#layers tr.arises td, #layers tr.shape td { background: var(--bad-paper); }
#layers tr.chosen-row td:first-child { box-shadow: inset 4px 0 var(--choice); }
.filters { display: flex; flex-wrap: wrap; gap: 6px 20px; align-items: center; }
@media (max-width: 900px) {
  .split { grid-template-columns: minmax(0, 1fr); }
  #viewport { height: 60vh; }
  #details { height: auto; max-height: none; }
  .toolbar .buttons { margin-left: 0; }
}
@media print { #viewport, #details { height: auto; overflow: visible; } .toolbar, .filters { display: none; } }`;
