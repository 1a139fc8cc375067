// The look of all admin pages: the system's fonts, light or dark as the reader has it.

export const STYLE = `
:root { color-scheme: light dark;
  --back: light-dark(#f7f7f5, #16181c); --card: light-dark(#fff, #1f2228); --line: light-dark(#dcdcd7, #353a43);
  --text: light-dark(#1d1f22, #e4e6ea); --soft: light-dark(#5f646d, #9aa1ad); --link: light-dark(#0b5fbf, #7db4ff);
  --good: light-dark(#1a7f4b, #4cc38a); --warn: light-dark(#9a6400, #e5b454); --bad: light-dark(#c0332b, #ff7b72); }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1200px; padding: 1rem; background: var(--back); color: var(--text);
  font: 14px/1.45 system-ui, sans-serif }
h1 { font-size: 1.25rem; margin: 0 }
h2 { font-size: .8rem; margin: 1.4rem 0 .4rem; text-transform: uppercase; letter-spacing: .05em; color: var(--soft) }
a { color: var(--link); text-decoration: none } a:hover { text-decoration: underline }
nav { display: flex; gap: 1rem; flex-wrap: wrap; padding: .5rem 0 }
header { display: flex; gap: .3rem 1rem; align-items: baseline; flex-wrap: wrap }
table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); border-radius: 6px }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: baseline }
td:last-child, .mono { overflow-wrap: anywhere }
th { color: var(--soft); font-weight: 500; font-size: .85em; white-space: nowrap }
tr:last-child td { border-bottom: 0 }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.soft { color: var(--soft) } .good { color: var(--good) } .warn { color: var(--warn) } .bad { color: var(--bad) }
.mono { font: 12px ui-monospace, monospace }
.flow { display: flex; align-items: stretch; gap: .4rem; flex-wrap: wrap; background: var(--card);
  border: 1px solid var(--line); border-radius: 6px; padding: .6rem; margin-bottom: .5rem }
.flow > .name { flex: 0 0 100%; font-weight: 600 }
.stage { display: flex; flex-direction: column; gap: .3rem; justify-content: center }
.arrow { align-self: center; color: var(--soft) }
.box { border: 1px solid var(--line); border-left: 3px solid var(--soft); border-radius: 4px; padding: .2rem .5rem; min-width: 8rem }
.box.good { border-left-color: var(--good) } .box.warn { border-left-color: var(--warn) } .box.bad { border-left-color: var(--bad) }
.box { color: inherit } .box small { display: block; color: var(--soft); font-variant-numeric: tabular-nums }
meter { width: 7rem }
button, input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 4px; padding: .25rem .6rem }
button { cursor: pointer }
input { width: 24rem; max-width: 100% }
.push { margin-left: auto }
@media (max-width: 600px) { meter { display: none } body { padding: .5rem } th, td { padding: .3rem } }
`;
