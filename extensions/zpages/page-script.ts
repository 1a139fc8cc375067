// The live page's script, run by the browser as it stands here. Everything shown goes through textContent.

export const SCRIPT = String.raw`
'use strict';
const $ = (id) => document.getElementById(id);
const el = (tag, cls, ...kids) => { const e = document.createElement(tag); if (cls) e.className = cls; e.append(...kids); return e; };
const short = (component) => component.slice(component.indexOf(':') + 1);
const tone = (status) => status === 'OK' ? 'good' : /Error/.test(status) ? (status === 'RecoverableError' ? 'warn' : 'bad') : status === 'Starting' ? 'warn' : '';
const number = (n) => n >= 1e6 ? (n / 1e6).toFixed(1) + ' M' : n >= 1e4 ? (n / 1e3).toFixed(1) + ' k' : n >= 100 || Number.isInteger(n) ? String(Math.round(n)) : n.toFixed(1);
const bytes = (n) => n >= 1 << 20 ? (n / (1 << 20)).toFixed(1) + ' MiB' : (n / 1024).toFixed(0) + ' KiB';
const clock = (ms) => new Date(ms).toLocaleTimeString();
const span = (ms) => { const s = Math.floor(ms / 1000), d = Math.floor(s / 86400), h = Math.floor(s / 3600) % 24, m = Math.floor(s / 60) % 60;
  return d ? d + ' d ' + h + ' h' : h ? h + ' h ' + m + ' min' : m ? m + ' min ' + s % 60 + ' s' : s + ' s'; };

// Figures are summed by component and kind; rates come from two readings.
const KINDS = [
  ['in', /^otelcol_receiver_accepted_/, 'receiver'], ['sent', /^otelcol_exporter_sent_/, 'exporter'],
  ['failed', /^otelcol_exporter_(send|enqueue)_failed_/, 'exporter'], ['requests', /^otelcol_exporter_in_flight_requests$/, 'exporter'],
  ['queue', /^otelcol_exporter_queue_size$/, 'exporter'], ['capacity', /^otelcol_exporter_queue_capacity$/, 'exporter'],
  ['streak', /^genesis_exporter_consecutive_failures$/, 'exporter'],
  ['taken', /^genesis_tenant_accepted_requests$/, 'tenant'], ['volume', /^genesis_tenant_accepted_bytes$/, 'tenant'],
  ['flight', /^genesis_tenant_in_flight_bytes$/, 'tenant'],
];
const FLOW = { genesis_component_consumed_items: 'in', genesis_component_in_flight_batches: 'flight', genesis_component_in_flight_bytes: 'bytes' };
let before, beforeMs = 0;
function read(figures) {
  const sums = new Map();
  const add = (key, value) => sums.set(key, (sums.get(key) || 0) + value);
  for (const { name, labels, value } of figures) {
    for (const [kind, pattern, label] of KINDS) if (pattern.test(name) && labels[label]) add(label + ':' + labels[label] + ' ' + kind, value);
    if (name === 'genesis_exporter_circuit_state' && value) add('exporter:' + labels.exporter + ' ' + labels.state, value);
    if (name === 'genesis_tenant_refused_requests' && value) add('tenant:' + labels.tenant + ' over ' + labels.limit, value);
    if (FLOW[name]) add(labels.component + (labels.pipeline ? '@' + labels.pipeline : '') + ' ' + FLOW[name], value);
    if (!Object.keys(labels).length) add(name, value);
  }
  return sums;
}
function show(state, figures, drops, errors) {
  const now = performance.now(), sums = read(figures);
  const value = (component, kind) => sums.get(component + ' ' + kind);
  const rate = (component, kind) => {
    const key = component + ' ' + kind, last = before && before.get(key);
    return last === undefined || !sums.has(key) ? undefined : Math.max(0, (sums.get(key) - last) * 1000 / (now - beforeMs));
  };
  const cpu = 'otelcol_process_cpu_seconds', rss = sums.get('otelcol_process_memory_rss');
  const parts = ['version ' + state.version, 'up ' + span(state.nowUnixMs - state.startedUnixMs)];
  if (rss) parts.push(bytes(rss));
  if (before && before.has(cpu)) parts.push('CPU ' + ((sums.get(cpu) - before.get(cpu)) * 1e5 / (now - beforeMs)).toFixed(1) + ' %');
  $('facts').textContent = parts.join(' · ');
  $('pipelines').replaceChildren(...state.pipelines.map((p) => {
    const box = (m) => {
      const key = m.component.startsWith('processor:') ? m.component + '@' + p.id : m.component;
      const r = rate(key, 'in'), flight = value(key, 'flight');
      const b = el('div', 'box ' + tone(m.status), short(m.component), el('small', '', [m.status, r === undefined ? '' : number(r) + '/s',
        flight ? number(flight) + ' in flight, ' + bytes(value(key, 'bytes')) : ''].filter(Boolean).join(' · ')));
      if (m.reason) b.title = m.reason;
      return b;
    };
    const flow = el('div', 'flow', el('div', 'name', p.id));
    const stages = [p.receivers, ...p.processors.map((m) => [m]), p.exporters];
    stages.forEach((stage, i) => { if (i) flow.append(el('div', 'arrow', '→')); flow.append(el('div', 'stage', ...stage.map(box))); });
    return flow;
  }));
  const td = (text, cls) => el('td', cls, text);
  const exporters = [...new Set(state.pipelines.flatMap((p) => p.exporters.map((m) => m.component)))].filter((c) => c.startsWith('exporter:')).sort();
  const reasons = new Map(state.pipelines.flatMap((p) => p.exporters.map((m) => [m.component, m.reason])));
  $('queues').replaceChildren(...exporters.map((c) => {
    const queue = value(c, 'queue'), capacity = value(c, 'capacity'), sent = rate(c, 'sent'), failed = value(c, 'failed') || 0;
    const circuit = value(c, 'half_open') ? 'half-open' : value(c, 'open') ? 'open' : 'closed';
    const fill = el('td', 'number');
    if (capacity) { const m = el('meter'); m.max = capacity; m.value = queue; m.high = capacity * .8; m.optimum = 0; fill.append(number(queue) + ' / ' + number(capacity) + ' ', m); }
    else fill.append(el('span', 'soft', 'none'));
    return el('tr', '', td(short(c)), fill, td(number(value(c, 'requests') || 0), 'number'), td(sent === undefined ? '–' : number(sent), 'number'),
      td(number(value(c, 'sent') || 0), 'number'), td(number(failed), 'number' + (failed ? ' bad' : '')),
      td(circuit, circuit === 'closed' ? '' : 'warn'), td(number(value(c, 'streak') || 0), 'number'), td(reasons.get(c) || ''));
  }));
  const tenants = [...sums.keys()].filter((key) => key.startsWith('tenant:') && key.endsWith(' taken')).map((key) => key.slice(0, -6)).sort();
  $('tenants').hidden = !tenants.length;
  $('tenant-rows').replaceChildren(...tenants.map((t) => {
    const over = ['requests', 'bytes', 'in_flight', 'share'].flatMap((limit) => { const n = value(t, 'over ' + limit); return n ? [limit + ' ' + number(n)] : []; });
    const requests = rate(t, 'taken'), volume = rate(t, 'volume');
    return el('tr', '', td(short(t)), td(requests === undefined ? '–' : number(requests), 'number'), td(volume === undefined ? '–' : bytes(volume), 'number'),
      td(bytes(value(t, 'flight') || 0), 'number'), td(number(value(t, 'taken')), 'number'), td(over.join(', '), over.length ? 'warn' : ''));
  }));
  const none = (n, text) => el('tr', '', Object.assign(el('td', 'soft', text), { colSpan: n }));
  const dropRow = (d) => el('tr', '', td(clock(d.timeUnixMs), 'number'), td(number(d.count), 'number'), td(d.intentional ? 'intended' : 'lost', d.intentional ? 'soft' : 'bad'),
    td(d.signal), td(d.component), td(d.rule, 'mono'), td(d.reason));
  $('drops').replaceChildren(...(drops.length ? drops.map(dropRow) : [none(7, $('trace').value ? 'No recent drop is known to have hit this trace.' : 'Nothing was dropped recently.')]));
  $('errors').replaceChildren(...(errors.length ? errors.slice(0, 20).map((e) => el('tr', '', td(clock(e.timeUnixMs), 'number'),
    td(e.level, e.level === 'warn' ? 'warn' : 'bad'), td(e.component), td(e.message))) : [none(4, 'No warnings or errors.')]));
  before = sums; beforeMs = now;
}
const get = async (path) => { const r = await fetch(path); if (!r.ok) throw new Error(await r.text()); return r.json(); };
let timer;
async function refresh() {
  clearTimeout(timer);
  const trace = $('trace').value.trim(), valid = /^[0-9a-fA-F]{32}$/.test(trace);
  $('hint').textContent = trace && !valid ? 'a trace id has 32 hexadecimal digits' : '';
  try {
    show(...await Promise.all([get('api/pipelines'), get('api/figures'), get('api/drops?limit=20' + (valid ? '&trace_id=' + trace : '')), get('api/errors')]));
    $('state').textContent = '';
  } catch (error) { $('state').textContent = 'no answer from the agent: ' + error.message; }
  timer = setTimeout(refresh, 2000);
}
$('trace').addEventListener('input', refresh);
$('reload').addEventListener('click', async () => {
  $('result').textContent = 'reloading …';
  try {
    const r = await (await fetch('reload', { method: 'POST' })).json();
    $('result').className = r.applied ? 'good' : 'bad';
    $('result').textContent = (r.applied ? 'Applied. ' : 'Not applied. ') + r.messages.join(' ');
  } catch (error) { $('result').className = 'bad'; $('result').textContent = error.message; }
});
refresh();
`;
