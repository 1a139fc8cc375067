// `npm run dev`: the agent with agent.yaml, reloading when it changes, and beside it a small shop that sends its
// telemetry there, so that there is something to see. Arguments go to the agent.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const args = ['--config', 'agent.yaml', '--watch', ...process.argv.slice(2)];
const agent = spawn(`${root}cmd/genesis-agent`, args, { cwd: root, stdio: 'inherit' });
const shop = startShop();

process.on('SIGINT', () => agent.kill('SIGINT')).on('SIGTERM', () => agent.kill('SIGTERM'));
agent.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
  closeShop();
});
agent.on('close', (code) => {
  process.exitCode = code ?? 1;
  closeShop();
});

/** Variables of OpenTelemetry that are set win: they may say another endpoint or another interval. */
function startShop() {
  const env = {
    OTEL_SERVICE_NAME: 'demo-shop',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_LOGS_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318',
    OTEL_METRIC_EXPORT_INTERVAL: '5000',
    OTEL_METRIC_EXPORT_TIMEOUT: '5000',
    ...process.env,
  };
  const child = spawn(process.execPath, [`${root}cmd/scripts/demo-shop.ts`], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.on('error', (error) => process.stderr.write(`no demo traffic: ${error.message}\n`));
  return child;
}

/** The shop closes when this channel does, however this process ends. */
function closeShop(): void {
  if (shop.connected) shop.disconnect();
}
