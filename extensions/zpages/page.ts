// The live page. It loads nothing from elsewhere and may, by its policy, run only the script it carries.

import { createHash } from 'node:crypto';
import { SCRIPT } from './page-script.ts';
import { STYLE } from './style.ts';

export const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>genesis-agent</title><meta name="viewport" content="width=device-width">
<style>${STYLE}</style></head><body>
<header><h1>genesis-agent</h1><span class="soft" id="facts"></span><span class="bad" id="state"></span>
<span class="push"></span><span id="result"></span><button id="reload">Reload configuration</button></header>
<nav><a href="debug/servicez">Service</a><a href="debug/pipelinez">Pipelines</a><a href="debug/extensionz">Extensions</a><a href="debug/featurez">Feature gates</a><a href="api/config">Configuration</a><a href="api/figures">Figures</a></nav>
<h2>Pipelines</h2><div id="pipelines"></div>
<h2>Exporters</h2><table><thead><tr><th>Exporter</th><th class="number">Queue</th><th class="number">In flight</th><th class="number">Items/s</th><th class="number">Sent</th><th class="number">Failed</th><th>Circuit</th><th class="number">Failures in a row</th><th>Why</th></tr></thead><tbody id="queues"></tbody></table>
<section id="tenants" hidden><h2>Tenants</h2><table><thead><tr><th>Tenant</th><th class="number">Requests/s</th><th class="number">Bytes/s</th><th class="number">In flight</th><th class="number">Taken</th><th>Refused, by limit</th></tr></thead><tbody id="tenant-rows"></tbody></table></section>
<h2>Dropped</h2><p><label>Why is this span missing? <input id="trace" placeholder="trace id" autocomplete="off" spellcheck="false"></label> <span class="warn" id="hint"></span></p>
<table><thead><tr><th class="number">Time</th><th class="number">Items</th><th></th><th>Signal</th><th>Component</th><th>Rule</th><th>Reason</th></tr></thead><tbody id="drops"></tbody></table>
<h2>Warnings and errors</h2><table><thead><tr><th class="number">Time</th><th>Level</th><th>Component</th><th>Message</th></tr></thead><tbody id="errors"></tbody></table>
<script>${SCRIPT}</script></body></html>
`;

const hash = createHash('sha256').update(SCRIPT).digest('base64');

export const PAGE_HEADERS = {
  'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'no-referrer',
};
