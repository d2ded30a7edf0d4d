import type { ArtifactStore } from '../adapters/store/artifact-store.ts';
import type { Additions } from '../domain/execution/amendments/additions.ts';
import { planHash } from '../domain/plan/plan-hash.ts';
import { resolveInput, toSpareRoster, toWorkerFacts } from '../domain/plan/resolved-plan.ts';
import { reviewDocument } from '../domain/plan/review-document.ts';
import type { Prepared, ReadinessItem, ResolvedPlan, SpareRoster } from '../domain/prepared.ts';
import { whileBeating } from './heartbeat.ts';
import { invalidPlan } from './plan-failure.ts';
import { readPlanSource } from './plan-source.ts';
import { testAgents, testChannels, testChecks, testStop, testTargets, type ReadinessDeps } from './readiness.ts';
import type { Roster } from './roster.ts';

export interface PrepareInput {
  readonly executionId: string;
  readonly plan?: unknown;
  /** In place of the plan: where it lies, `{uri, sha256}`. */
  readonly planRef?: unknown;
  /** Of a sprint that is started alone. */
  readonly sprintId?: string;
}

export interface ProbeAgentsInput {
  readonly agentIds: readonly string[];
}

export interface PrepareDeps extends ReadinessDeps {
  readonly store: Pick<ArtifactStore, 'readBlob'>;
  readonly roster: Roster;
  /** Whether the namespace has the search attributes. */
  readonly searchAttributes: () => Promise<boolean>;
  /** See `Prepared`. */
  readonly continueAfterEvents?: number | null;
}

/**
 * The activity `prepare`: everything that comes before an authorization. Checks the plan, resolves it, tests readiness and fixes
 * the hash. Agents that other workers serve are tested there, by `probeAgents` on their queue.
 * Throws `InvalidPlan` with all problems as its only detail, or `TooLarge`; neither is retried.
 */
export function createPrepare(deps: PrepareDeps): (input: PrepareInput) => Promise<Prepared> {
  return async (input) =>
    await whileBeating(async (signal) => {
      const { resolved, spare } = await resolveOrThrow(deps, input);
      const hash = planHash(resolved);
      const readiness = await testReadiness(deps, resolved, signal);
      signal.throwIfAborted();
      const review = reviewDocument(resolved, hash, readiness, input.executionId);
      return {
        resolved,
        planHash: hash,
        readiness,
        review,
        spare,
        elsewhere: groupElsewhere(resolved, deps.config.taskQueues.agents),
        searchAttributes: await deps.searchAttributes(),
        continueAfterEvents: deps.continueAfterEvents ?? null,
      };
    });
}

/** The activity `probeAgents`, for the queue of the agents: whether this queue's workers have them and can run them. */
export function createProbeAgents(deps: ReadinessDeps): (input: ProbeAgentsInput) => Promise<readonly ReadinessItem[]> {
  return async ({ agentIds }) => await whileBeating((signal) => testAgents(deps, agentIds, signal));
}

async function testReadiness(deps: PrepareDeps, resolved: ResolvedPlan, signal: AbortSignal): Promise<readonly ReadinessItem[]> {
  const own = resolved.agents.filter(({ kind, queue }) => kind === 'human' || queue === deps.config.taskQueues.agents);
  const [agents, checks, targets, channels, stop] = await Promise.all([
    testAgents(
      deps,
      own.map(({ id }) => id),
      signal,
    ),
    testChecks(
      deps,
      resolved.checks.map(({ id }) => id),
    ),
    testTargets(deps, resolved.watched?.targets ?? [], signal),
    testChannels(deps, signal),
    testStop(deps),
  ]);
  return [...agents, ...checks, ...targets, ...channels, stop];
}

/** Command agents of other queues than this worker's, by queue. */
export function groupElsewhere({ agents }: Pick<Additions, 'agents'>, ownQueue: string): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const { id, kind, queue } of agents) if (kind === 'command' && queue !== ownQueue) (groups[queue] ??= []).push(id);
  return groups;
}

async function resolveOrThrow(
  deps: PrepareDeps,
  input: PrepareInput,
): Promise<{ readonly resolved: ResolvedPlan; readonly spare: SpareRoster }> {
  const source = await readPlanSource({ store: deps.store, baseDir: deps.config.baseDir }, input);
  const { roster } = deps;
  const [agents, checks, targets] = await Promise.all([roster.profiles(), roster.checks(), roster.targets()]);
  const facts = toWorkerFacts(deps.config, agents, checks, targets);
  const resolved = resolveInput(source, facts, input.sprintId ?? null);
  if (!resolved.ok) throw invalidPlan(resolved.error);
  return { resolved: resolved.value, spare: toSpareRoster(resolved.value, facts) };
}
