// The lambda and heroku detectors: platforms that say what they are in environment variables.

import { Findings, NotThere, type AttributeSwitches, type Detected } from './detected.ts';

export const LAMBDA_ATTRIBUTES = {
  'aws.log.group.names': { enabled: true, description: 'AWS_LAMBDA_LOG_GROUP_NAME' },
  'aws.log.stream.names': { enabled: true, description: 'AWS_LAMBDA_LOG_STREAM_NAME' },
  'cloud.platform': { enabled: true, description: 'aws_lambda' },
  'cloud.provider': { enabled: true, description: 'aws' },
  'cloud.region': { enabled: true, description: 'AWS_REGION' },
  'faas.instance': { enabled: true, description: 'AWS_LAMBDA_LOG_STREAM_NAME' },
  'faas.max_memory': { enabled: true, description: 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE' },
  'faas.name': { enabled: true, description: 'AWS_LAMBDA_FUNCTION_NAME' },
  'faas.version': { enabled: true, description: 'AWS_LAMBDA_FUNCTION_VERSION' },
} as const;

export const HEROKU_ATTRIBUTES = {
  'cloud.provider': { enabled: true, description: 'heroku' },
  'heroku.app.id': { enabled: true, description: 'HEROKU_APP_ID' },
  'heroku.dyno.id': { enabled: true, description: 'HEROKU_DYNO_ID' },
  'heroku.release.commit': { enabled: true, description: 'HEROKU_SLUG_COMMIT' },
  'heroku.release.creation_timestamp': { enabled: true, description: 'HEROKU_RELEASE_CREATED_AT' },
  'service.instance.id': { enabled: true, description: 'HEROKU_DYNO_ID' },
  'service.name': { enabled: true, description: 'HEROKU_APP_NAME' },
  'service.version': { enabled: true, description: 'HEROKU_RELEASE_VERSION' },
} as const;

type Environment = Readonly<NodeJS.ProcessEnv>;

/** Fails with NotThere outside AWS Lambda. */
export function detectLambda(switches: AttributeSwitches<keyof typeof LAMBDA_ATTRIBUTES>, env: Environment): Detected {
  const name = env['AWS_LAMBDA_FUNCTION_NAME'] ?? '';
  if (name === '') throw new NotThere('AWS_LAMBDA_FUNCTION_NAME is not set');
  const findings = new Findings(switches);
  findings.set('cloud.provider', 'aws');
  findings.set('cloud.platform', 'aws_lambda');
  findings.set('cloud.region', env['AWS_REGION']);
  findings.set('faas.name', name);
  findings.set('faas.version', env['AWS_LAMBDA_FUNCTION_VERSION']);
  const stream = env['AWS_LAMBDA_LOG_STREAM_NAME'];
  const group = env['AWS_LAMBDA_LOG_GROUP_NAME'];
  findings.set('faas.instance', stream);
  findings.set('faas.max_memory', env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']);
  findings.set('aws.log.group.names', group === undefined ? undefined : [group]);
  findings.set('aws.log.stream.names', stream === undefined ? undefined : [stream]);
  return findings.all;
}

/** Fails with NotThere outside Heroku, or where its labs feature runtime-dyno-metadata is off. */
export function detectHeroku(switches: AttributeSwitches<keyof typeof HEROKU_ATTRIBUTES>, env: Environment): Detected {
  if (env['HEROKU_DYNO_ID'] === undefined && env['HEROKU_APP_ID'] === undefined) {
    throw new NotThere('neither HEROKU_DYNO_ID nor HEROKU_APP_ID is set');
  }
  const findings = new Findings(switches);
  findings.set('service.instance.id', env['HEROKU_DYNO_ID']);
  findings.set('heroku.dyno.id', env['HEROKU_DYNO_ID']);
  findings.set('heroku.app.id', env['HEROKU_APP_ID']);
  findings.set('cloud.provider', env['HEROKU_APP_ID'] === undefined ? undefined : 'heroku');
  findings.set('service.name', env['HEROKU_APP_NAME']);
  findings.set('heroku.release.creation_timestamp', env['HEROKU_RELEASE_CREATED_AT']);
  findings.set('service.version', env['HEROKU_RELEASE_VERSION']);
  findings.set('heroku.release.commit', env['HEROKU_SLUG_COMMIT']);
  return findings.all;
}
