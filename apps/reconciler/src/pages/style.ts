/** The one stylesheet of the pages: two themes, from 360 px up, no font of another host. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1d2126; --soft: #545c66; --line: #dfdcd4; --link: #0b57a4;
  --good: #17693b; --good-bg: #e3f3e8; --bad: #a3201b; --bad-bg: #fbe6e4; --warn: #7a4b00; --warn-bg: #fbeed3;
  --busy: #1a4f9c; --busy-bg: #e3ecf9; --idle: #4b535c; --idle-bg: #ecebe6;
  --bar-1: #4d7fb8; --bar-2: #c98d1e; --bar-3: #4f9a6b; --bar-4: #8a6bb0; --bar-bad: #c2453f;
  --go: #17693b; --go-ink: #ffffff; --field: #8a8f96;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --card: #1b1f24; --ink: #e7e9ec; --soft: #a4adb8; --line: #323941; --link: #86b8f2;
    --good: #7fd6a0; --good-bg: #17301f; --bad: #ff9d96; --bad-bg: #3c1b1a; --warn: #f0c36d; --warn-bg: #36290f;
    --busy: #9cc3f7; --busy-bg: #1a2b45; --idle: #b4bcc5; --idle-bg: #272d34;
    --bar-1: #6b9fd8; --bar-2: #d9a545; --bar-3: #62b081; --bar-4: #a88bd0; --bar-bad: #e2736c;
    --go: #7fd6a0; --go-ink: #10231a; --field: #717b86;
  }
}
* { box-sizing: border-box; }
html { font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; background: var(--paper); color: var(--ink); }
body { margin: 0 auto; padding: 0 1rem 4rem; max-width: 76rem; overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: 0.15em; }
a:focus-visible, summary:focus-visible, button:focus-visible, input:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--card); padding: 0.5rem; }
header.top { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; align-items: baseline; padding: 1rem 0; border-bottom: 1px solid var(--line); }
header.top .name { font-weight: 700; font-size: 1.1rem; text-decoration: none; color: var(--ink); }
header.top p { margin: 0; color: var(--soft); }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 1.5rem 0 0.5rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 0.5rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: 0.25rem 0; max-width: 46rem; }
ul, ol { padding: 0; margin: 0; list-style: none; }
code, .version, pre { font-family: ui-monospace, "Cascadia Mono", "Liberation Mono", monospace; font-size: 0.9em; }
.soft, .none { color: var(--soft); }
.state { display: inline-block; font-family: inherit; padding: 0.1rem 0.55rem; border-radius: 1rem; font-size: 0.85rem; font-weight: 600; white-space: nowrap; color: var(--idle); background: var(--idle-bg); }
.state.good { color: var(--good); background: var(--good-bg); }
.state.bad { color: var(--bad); background: var(--bad-bg); }
.state.warn { color: var(--warn); background: var(--warn-bg); }
.state.busy { color: var(--busy); background: var(--busy-bg); }
.note { border: 1px solid var(--line); border-left: 4px solid var(--idle); background: var(--card); border-radius: 0.4rem; padding: 0.75rem 1rem; margin: 0.75rem 0; }
.note.bad { border-left-color: var(--bad); }
.note.warn { border-left-color: var(--warn); }
.note .next { margin-top: 0.4rem; }
.filters { display: flex; flex-wrap: wrap; gap: 0.5rem; margin: 0.75rem 0; }
.filters a { padding: 0.3rem 0.8rem; border: 1px solid var(--line); border-radius: 1rem; text-decoration: none; background: var(--card); }
.filters a[aria-current] { border-color: var(--link); font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line); border-radius: 0.4rem; }
caption { text-align: left; color: var(--soft); padding: 0.25rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.45rem 0.75rem; border-top: 1px solid var(--line); font-weight: 400; }
thead th { border-top: 0; color: var(--soft); font-size: 0.85rem; }
tbody th { font-weight: 600; white-space: nowrap; }
table { overflow-wrap: break-word; }
td time { white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; }
td .detail { display: block; color: var(--soft); font-size: 0.9rem; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 0.75rem 1.5rem; margin: 1rem 0; }
dl.facts dt { color: var(--soft); font-size: 0.85rem; }
dl.facts dd { margin: 0; min-width: 0; }
dl.facts .long { grid-column: span 2; }
dl.facts .whole { grid-column: 1 / -1; }
.attempt { background: var(--card); border: 1px solid var(--line); border-radius: 0.4rem; padding: 0.75rem 1rem; margin: 0.5rem 0; }
.attempt .head { display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; align-items: baseline; }
.attempt .head time { color: var(--soft); margin-left: auto; }
svg.bar { display: block; width: 100%; height: 1.1rem; margin: 0.5rem 0 0.25rem; border-radius: 0.25rem; background: var(--idle-bg); }
.up { fill: var(--bar-3); } .down { fill: var(--bar-1); } .capture { fill: var(--bar-2); } .restore { fill: var(--bar-4); } .failed { fill: var(--bar-bad); }
.keys { display: flex; flex-wrap: wrap; gap: 0.15rem 1rem; font-size: 0.85rem; color: var(--soft); }
.keys svg { width: 0.7rem; height: 0.7rem; vertical-align: -0.05rem; }
pre { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 0.4rem; padding: 0.75rem; white-space: pre-wrap; }
summary { cursor: pointer; padding: 0.4rem 0; }
.spoken { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap; }
header.top .link { margin-left: auto; font-size: 0.9rem; }
header.top .link.found::before { content: ""; display: inline-block; width: 0.55rem; height: 0.55rem; border-radius: 50%; background: var(--good); margin-right: 0.4rem; }
header.top .link.lost { color: var(--bad); font-weight: 600; }
.back { margin: 1rem 0 -1rem; font-size: 0.9rem; }
.back a::before { content: "← "; }
button, .button { font: inherit; padding: 0.35rem 0.9rem; border: 1px solid var(--line); border-radius: 0.4rem; background: var(--card); color: var(--link); text-decoration: none; cursor: pointer; display: inline-block; }
button:hover, .button:hover { border-color: var(--link); }
form.act button { background: var(--go); border-color: var(--go); color: var(--go-ink); font-weight: 600; }
form.act button[aria-disabled] { opacity: 0.7; cursor: progress; }
input, select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--field); border-radius: 0.4rem; padding: 0.35rem 0.6rem; max-width: 100%; }
nav.acts { display: flex; flex-wrap: wrap; gap: 0.5rem; margin: 1rem 0; }
p.acts { margin-top: 0.5rem; }
form.act { border-top: 1px solid var(--line); margin-top: 1.5rem; padding-top: 1rem; }
form.act label { display: block; margin: 0 0 0.75rem; max-width: 32rem; }
form.act input:not([type]), form.act select { display: block; width: 100%; }
form.act label.check { display: flex; gap: 0.5rem; align-items: baseline; }
form.act .buttons { display: flex; gap: 1rem; align-items: center; }
form.inline { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }
.refused:empty { display: none; }
.refused { color: var(--bad); font-weight: 600; }
.with-key { display: none; }
.can-act .with-key { display: block; }
.can-act .without-key { display: none; }
.downtime { font-size: 1.1rem; margin: 1rem 0 0; }
ol.steps { counter-reset: step; max-width: 46rem; border: 1px solid var(--line); border-radius: 0.4rem; background: var(--card); }
ol.steps li { counter-increment: step; display: flex; flex-wrap: wrap; gap: 0 0.5rem; padding: 0.35rem 0.75rem 0.35rem 1rem; border-left: 4px solid var(--bar-3); }
ol.steps li.down { border-left-color: var(--bar-1); background: var(--busy-bg); }
ol.steps li strong { flex: 0 0 5.5rem; } ol.steps li > span:not(.soft) { flex: 1 1 0; min-width: 0; }
ol.steps li .soft { white-space: nowrap; }
ul.changes, ul.changes ul { list-style: disc; padding-left: 1.5rem; }
.added::marker { content: "+ "; } .removed::marker { content: "− "; }
pre.lines { margin: 0.4rem 0; padding: 0.5rem 0.75rem; background: var(--paper); font-size: 0.8rem; max-height: 20rem; overflow-y: auto; }
pre:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 1rem; }
figure.chart { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 0.4rem; padding: 0.75rem 1rem; min-width: 0; }
figure.chart figcaption { font-weight: 600; margin-bottom: 0.4rem; }
figure.chart svg { display: block; width: 100%; height: auto; }
figure.chart p, figure.chart details { font-size: 0.9rem; }
.grid { stroke: var(--line); } .tick { fill: var(--soft); font-size: 12px; }
.line { fill: none; stroke: var(--bar-1); stroke-width: 2.5; } .point { fill: var(--bar-1); }
.crumbs { margin: 1rem 0 0.5rem; }
th.file { font-weight: 400; font-family: ui-monospace, "Cascadia Mono", "Liberation Mono", monospace; font-size: 0.9em; white-space: normal; }
table.events td:first-child { white-space: nowrap; color: var(--soft); } tr.failing th, tr.failing td { color: var(--bad); }
.attempt:target { border-color: var(--link); }
.filters form { margin-left: auto; }
.filters nav { display: flex; flex-wrap: wrap; gap: 0.5rem; }
@media (max-width: 44rem) {
  table.wide, table.wide tbody, table.wide tr, table.wide th, table.wide td { display: block; border: 0; }
  table.wide thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  table.wide { background: none; }
  table.wide tr { background: var(--card); border: 1px solid var(--line); border-radius: 0.4rem; margin: 0.5rem 0; padding: 0.5rem 0; }
  table.wide th, table.wide td { padding: 0.1rem 0.9rem; text-align: left; white-space: normal; overflow-wrap: anywhere; }
  table.wide td[data-label]::before { content: attr(data-label) " "; color: var(--soft); font-size: 0.85rem; }
  .attempt .head time { margin-left: 0; width: 100%; }
  .filters form { margin-left: 0; width: 100%; }
  .filters input[type="search"] { flex: 1; min-width: 0; }
  header.top .link { margin-left: auto; }
  dl.facts { grid-template-columns: 1fr 1fr; gap: 0.6rem 1rem; }
}
`
