// The collector's diagnostic pages, as plain tables.

import { arch, platform } from 'node:os';
import type { AdminResponse } from '../../pipeline/admin-http.ts';
import type { EngineView } from '../../pipeline/component.ts';
import { Html, html } from './html.ts';
import { STYLE } from './style.ts';

const HEADERS = { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'" };

export function servicez(engine: EngineView): AdminResponse {
  return page('Service genesis-agent', [
    html`<h2>Build</h2>`,
    table(
      ['', ''],
      [
        ['Command', 'genesis-agent'],
        ['Version', engine.version],
      ],
    ),
    html`<h2>Runtime</h2>`,
    table(
      ['', ''],
      [
        ['StartTimestamp', new Date(engine.startedUnixMs).toISOString()],
        ['Node', process.version],
        ['OS', platform()],
        ['Arch', arch()],
        ['Process id', String(process.pid)],
      ],
    ),
  ]);
}

export function pipelinez(engine: EngineView): AdminResponse {
  const rows = engine
    .pipelines()
    .map(({ id, signal, receivers, processors, exporters }) => [
      id,
      signal,
      receivers.map(withoutKind).join(', '),
      processors.map(withoutKind).join(' → '),
      exporters.map(withoutKind).join(', '),
    ]);
  return page('Pipelines', [table(['FullName', 'InputType', 'Receivers', 'Processors', 'Exporters'], rows)]);
}

export function extensionz(engine: EngineView): AdminResponse {
  const rows = engine
    .states()
    .filter(({ component }) => component.startsWith('extension:'))
    .map(({ component, status, reason }) => [withoutKind(component), status, reason ?? '']);
  return page('Extensions', [table(['Name', 'Status', ''], rows)]);
}

export function featurez(engine: EngineView): AdminResponse {
  const rows = engine
    .featureGates()
    .map(({ id, enabled, description, stage }) => [id, String(enabled), description, stage]);
  return page('Feature gates', [table(['ID', 'Enabled', 'Description', 'Stage'], rows)]);
}

function withoutKind(component: string): string {
  return component.slice(component.indexOf(':') + 1);
}

function cells(row: readonly string[]): Html[] {
  return row.map((cell) => html`<td>${cell}</td>`);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): Html {
  const heads = head.some((title) => title !== '')
    ? html`<tr>
        ${head.map((title) => html`<th>${title}</th>`)}
      </tr>`
    : html``;
  return html`<table>
    ${heads}${rows.map(
      (row) =>
        html`<tr>
          ${cells(row)}
        </tr>`,
    )}
  </table>`;
}

function page(title: string, content: readonly Html[]): AdminResponse {
  const body = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title}</title>
        <meta name="viewport" content="width=device-width" />
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <nav>
          <a href="/">Live</a> <a href="servicez">Service</a> <a href="pipelinez">Pipelines</a>
          <a href="extensionz">Extensions</a> <a href="featurez">Feature gates</a>
        </nav>
        <h1>${title}</h1>
        ${content}
      </body>
    </html>`;
  return { status: 200, type: 'text/html; charset=utf-8', body: body.text, headers: HEADERS };
}
