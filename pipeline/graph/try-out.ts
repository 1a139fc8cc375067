// Makes every component of a configuration's pipelines without starting any: what only a component itself can refuse (an
// address that is no URL, a setting that does not fit a pipeline's signal) is found before anything runs.

import type { AgentConfiguration } from '../config/configuration.ts';
import { AgentError } from '../errors.ts';
import { Junction } from '../junction.ts';
import { planGraph, type GraphPlan } from './plan.ts';
import { makeNode, type EngineServices, type MakeOptions } from './running.ts';
import { StatusBoard } from './status.ts';

/** What is wrong with the pipelines, with the places of the components' sections; empty where nothing is. */
export async function tryOut(configuration: AgentConfiguration, services: EngineServices): Promise<AgentError[]> {
  let plan: GraphPlan;
  try {
    plan = planGraph(configuration);
  } catch (error) {
    if (error instanceof AgentError) return [error];
    throw error;
  }
  const options: MakeOptions = {
    services,
    status: new StatusBoard(services.now),
    // Nothing is running; who needs an extension asks for it at start.
    extension: () => undefined,
    heads: new Map(plan.pipelines.map(({ id }) => [id, new Junction()])),
  };
  const problems: AgentError[] = [];
  for (const planned of plan.nodes) {
    try {
      const { component, metrics } = makeNode(planned, plan, options);
      await component.stop(AbortSignal.abort());
      metrics.release();
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      problems.push(placed(error, planned.component.position));
    }
  }
  return problems;
}

/** The error with the place of its component, where it does not know a better one. */
function placed(error: AgentError, position: AgentError['at']): AgentError {
  if (error.at || !position) return error;
  const { component, path, mend, cause } = error;
  return new AgentError(error.code, error.message, {
    at: position,
    ...(component === undefined ? {} : { component }),
    ...(path === undefined ? {} : { path }),
    ...(mend === undefined ? {} : { mend }),
    ...(cause === undefined ? {} : { cause }),
  });
}
