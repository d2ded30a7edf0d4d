import { ApplicationFailure } from '@temporalio/activity';
import { planHash, resolveInput, toWorkerFacts } from '../domain/plan/resolved-plan.ts';
import { reviewDocument } from '../domain/plan/review-document.ts';
import type { Prepared, ReadinessItem, ResolvedPlan } from '../domain/prepared.ts';
import { formatProblems, type Problem } from '../domain/source/problem.ts';
import { dataSource } from '../domain/source/source.ts';
import { whileBeating } from './heartbeat.ts';
import { testAgents, testChannels, testChecks, testStop, type ReadinessDeps } from './readiness.ts';
import type { Roster } from './roster.ts';

/** A payload over 2 MiB would end the workflow; the rest is room for what a workflow carries besides. */
const MOST_RESULT_BYTES = 1.5 * 1024 * 1024;
const LONGEST_MESSAGE = 16_000;

export interface PrepareInput {
  readonly executionId: string;
  readonly plan?: unknown;
  readonly planRef?: unknown;
  /** Of a sprint that is started alone. */
  readonly sprintId?: string;
}

export interface ProbeAgentsInput {
  readonly agentIds: readonly string[];
}

export interface PrepareDeps extends ReadinessDeps {
  readonly roster: Roster;
  /** Whether the namespace has the search attributes. */
  readonly searchAttributes: () => Promise<boolean>;
}

/**
 * The activity `prepare`: everything that comes before an authorization. Checks the plan, resolves it, tests readiness and fixes
 * the hash. Agents that other workers serve are tested there, by `probeAgents` on their queue.
 * Throws `InvalidPlan` with all problems as its only detail, or `TooLarge`; neither is retried.
 */
export function createPrepare(deps: PrepareDeps): (input: PrepareInput) => Promise<Prepared> {
  return async (input) =>
    await whileBeating(async (signal) => {
      const resolved = await resolveOrThrow(deps, input);
      const hash = planHash(resolved);
      const readiness = await testReadiness(deps, resolved, signal);
      signal.throwIfAborted();
      const review = reviewDocument(resolved, hash, readiness, input.executionId);
      return requireSize({
        resolved,
        planHash: hash,
        readiness,
        review,
        elsewhere: groupElsewhere(resolved, deps.config.taskQueues.agents),
        searchAttributes: await deps.searchAttributes(),
      });
    });
}

/** The activity `probeAgents`, for the queue of the agents: whether this queue's workers have them and can run them. */
export function createProbeAgents(deps: ReadinessDeps): (input: ProbeAgentsInput) => Promise<readonly ReadinessItem[]> {
  return async ({ agentIds }) => await whileBeating((signal) => testAgents(deps, agentIds, signal));
}

async function testReadiness(deps: PrepareDeps, resolved: ResolvedPlan, signal: AbortSignal): Promise<readonly ReadinessItem[]> {
  const own = resolved.agents.filter(({ kind, queue }) => kind === 'human' || queue === deps.config.taskQueues.agents);
  const [agents, checks, channels, stop] = await Promise.all([
    testAgents(
      deps,
      own.map(({ id }) => id),
      signal,
    ),
    testChecks(
      deps,
      resolved.checks.map(({ id }) => id),
    ),
    testChannels(deps, signal),
    testStop(deps),
  ]);
  return [...agents, ...checks, ...channels, stop];
}

function groupElsewhere({ agents }: ResolvedPlan, ownQueue: string): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const { id, kind, queue } of agents) if (kind === 'command' && queue !== ownQueue) (groups[queue] ??= []).push(id);
  return groups;
}

async function resolveOrThrow(deps: PrepareDeps, { plan, planRef, sprintId }: PrepareInput): Promise<ResolvedPlan> {
  if (planRef !== undefined && planRef !== null) {
    throw invalidPlan([
      problem(
        'planRef',
        '"planRef" is not supported yet in this version',
        'a plan as "plan"',
        'start with {"plan": {…}} instead',
      ),
    ]);
  }
  if (plan === undefined || plan === null) {
    throw invalidPlan([problem('plan', 'no plan in the workflow input', 'a plan as "plan"', 'start with {"plan": {…}}')]);
  }
  const [agents, checks] = await Promise.all([deps.roster.profiles(), deps.roster.checks()]);
  const resolved = resolveInput(dataSource(plan), toWorkerFacts(deps.config, agents, checks), sprintId ?? null);
  if (!resolved.ok) throw invalidPlan(resolved.error);
  return resolved.value;
}

function problem(path: string, message: string, expected: string, hint: string): Problem {
  return { file: null, line: null, column: null, path, expected, got: null, message, hint };
}

function invalidPlan(problems: readonly Problem[]): ApplicationFailure {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const message = `The plan has ${count}:\n${formatProblems(problems)}`;
  const cut = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
  return ApplicationFailure.create({ message: cut, type: 'InvalidPlan', nonRetryable: true, details: [problems] });
}

function requireSize(prepared: Prepared): Prepared {
  const bytes = Buffer.byteLength(JSON.stringify(prepared));
  if (bytes <= MOST_RESULT_BYTES) return prepared;
  const mib = (size: number): string => `${(size / 1024 / 1024).toFixed(2)} MiB`;
  throw ApplicationFailure.create({
    type: 'TooLarge',
    nonRetryable: true,
    message:
      `The resolved plan with its review takes ${mib(bytes)}; expected at most ${mib(MOST_RESULT_BYTES)}. ` +
      'Shorten descriptions and inputs of tasks (put large inputs into files), or split the plan.',
  });
}
