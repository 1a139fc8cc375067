// All jobs of a receiver: those of `scrape_configs` and those of the files that `scrape_config_files` names.

import { accessSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { decode } from '../../pipeline/config/decode.ts';
import { parseYaml } from '../../pipeline/config/yaml.ts';
import { AgentError, AgentErrors } from '../../pipeline/errors.ts';
import { unbuiltDiscoveries, type PrometheusReceiverConfig } from './config.ts';
import type { GlobalKeys } from './global-config.ts';
import { inDirectory } from './job-directory.ts';
import { jobOf, jobProblems } from './jobs.ts';
import { globSync } from './path-glob.ts';
import { scrapeConfigKeys } from './scrape-config-keys.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import { sections } from './yaml-values.ts';

const MAX_FILES = 1_000;
const MAX_FILE_BYTES = 4 << 20;

/** A file may hold nothing else. */
const scrapeConfigFile = z.strictObject({
  scrape_configs: sections(scrapeConfigKeys, 'this entry of scrape_configs').prefault([]),
});

/**
 * The jobs. Reads files, which is done where a configuration is validated too. Fails with CONFIG_VALUE_INVALID, or what
 * is wrong with a file, for a file that can not be used, a job name that is there twice, and credentials that do not exist.
 */
export function loadJobs(receiver: PrometheusReceiverConfig): readonly ScrapeConfig[] {
  const { global, scrape_configs: own, scrape_config_files: patterns } = receiver.config;
  const jobs = own.map((job) => jobOf(job, global));
  const places = new Map(jobs.map((job) => [job.jobName, 'the configuration itself']));
  const files = patterns.flatMap((pattern) => globSync(pattern, MAX_FILES));
  if (files.length > MAX_FILES) {
    throw refusal(`scrape_config_files stands for more than ${MAX_FILES} files`, 'name fewer files');
  }
  for (const file of files) {
    for (const job of readJobs(file, global)) {
      const place = places.get(job.jobName);
      if (place !== undefined) {
        throw refusal(
          `the job ${JSON.stringify(job.jobName)} of ${file} is also in ${place}`,
          'give every job a name of its own',
        );
      }
      places.set(job.jobName, file);
      jobs.push(inDirectory(job, path.dirname(file)));
    }
  }
  for (const job of jobs) checkFiles(job);
  return jobs;
}

function refusal(problem: string, mend: string): AgentError {
  return new AgentError('CONFIG_VALUE_INVALID', problem, { mend });
}

function readJobs(file: string, global: GlobalKeys): ScrapeConfig[] {
  const { node, errors } = parseYaml(readText(file), file);
  const decoded = node && decode(scrapeConfigFile, node, []);
  const all = [...errors, ...(decoded?.errors ?? [])];
  if (all.length > 0 || !decoded || !('value' in decoded)) throw oneOrMore(all);
  const keys = decoded.value.scrape_configs;
  for (const job of keys) {
    const [problem] = [
      ...jobProblems(job, global).map(({ path: at, message }) => ({ key: at.join('::'), message })),
      ...unbuiltDiscoveries(job),
    ];
    if (problem)
      throw refusal(
        `${file}: the job ${JSON.stringify(job.job_name)}: ${problem.key}: ${problem.message}`,
        `correct ${file}`,
      );
  }
  return keys.map((job) => jobOf(job, global));
}

function oneOrMore(errors: readonly AgentError[]): Error {
  const [first] = errors;
  return errors.length === 1 && first ? first : new AgentErrors(errors);
}

function readText(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) throw new Error(`it has ${size} bytes, more than the ${MAX_FILE_BYTES} that are read`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AgentError(
      'CONFIG_SOURCE_UNREADABLE',
      `can not read ${file}, which scrape_config_files names: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error, mend: 'make it readable, or remove it from scrape_config_files' },
    );
  }
}

/** The collector refuses a configuration whose credentials or certificates do not exist. */
function checkFiles({ jobName, http }: ScrapeConfig): void {
  const files = {
    'authorization::credentials_file': http.authorization?.credentials.file ?? '',
    'tls_config::cert_file': http.tls.cert_file,
    'tls_config::key_file': http.tls.key_file,
  };
  for (const [key, file] of Object.entries(files)) {
    if (file === '') continue;
    try {
      accessSync(file);
    } catch (error) {
      throw new AgentError(
        'CONFIG_VALUE_INVALID',
        `the job ${JSON.stringify(jobName)}: ${key}: there is no file ${file}`,
        {
          cause: error,
          mend: `create it, or correct ${key}`,
        },
      );
    }
  }
}

const VARIABLE = /\$(?:\{([^{}]*)\}|(\$|\w+|[*#@!?-]))/g;

/** The labels that every series gets, their `$NAME` and `${NAME}` replaced by what `variable` gives for them. */
export function externalLabels(
  receiver: PrometheusReceiverConfig,
  variable: (name: string) => string | undefined,
): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(receiver.config.global.external_labels).map(([name, value]) => [
      name,
      value.replaceAll(VARIABLE, (_, braced: string | undefined, bare: string | undefined) => {
        const key = braced ?? bare ?? '';
        return key === '$' ? '$' : (variable(key) ?? '');
      }),
    ]),
  );
}
