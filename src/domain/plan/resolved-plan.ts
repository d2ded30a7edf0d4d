import type { AuthorizationPolicy, Config } from '../config/config.ts';
import type { Probed, ProbeTarget } from '../emergencies/probe.ts';
import { didYouMean } from '../nearest.ts';
import type { ResolvedPlan, SpareRoster } from '../prepared.ts';
import { err, ok, type Result } from '../result.ts';
import type { AgentProfile } from '../roster.ts';
import type { Finding } from '../source/finding.ts';
import { type Problem, quote, toProblems } from '../source/problem.ts';
import { dataSource, type Source } from '../source/source.ts';
import { hasBudgets } from './plan-budgets.ts';
import type { Plan, Resource } from './plan.ts';
import { parsePlan } from './plan-reader.ts';
import type { RosterFacts } from './roster-facts.ts';
import { standIns, toWatched } from './watched.ts';
import { sequenceSprints } from './sprint-order.ts';

/** What a worker knows that a plan is resolved against. */
export interface WorkerFacts {
  readonly agents: readonly AgentProfile[];
  readonly checks: readonly { readonly id: string; readonly digest: string }[];
  readonly channels: readonly string[];
  readonly resources: readonly Resource[];
  /** What it can watch; absent: nothing. */
  readonly watched?: Probed;
  readonly authorization: AuthorizationPolicy;
  readonly policies: ResolvedPlan['policies'];
}

/** @param agents Profiles with digests, which only an adapter can compute; as are the digests of `checks` and of what is watched. */
export const toWorkerFacts = (
  config: Config,
  agents: readonly AgentProfile[],
  checks: WorkerFacts['checks'],
  targets: Probed['targets'] = [],
): WorkerFacts => ({
  agents,
  checks,
  channels: config.channels.map(({ id }) => id),
  resources: config.resources.map(({ id, capacity }) => ({ id, capacity })),
  ...(targets.length === 0 ? {} : { watched: { queue: config.taskQueues.agents, targets } }),
  authorization: config.authorization,
  policies: {
    heartbeatTimeoutMs: config.heartbeatTimeoutMs,
    killGraceMs: config.killGraceMs,
    notify: config.notify,
    budget: config.budget,
  },
});

/**
 * A plan as written, from a file or a message, all the way to what the authorization names; or every mistake in it.
 * @param sprintId Only this sprint, for one that is started alone.
 */
export function resolveInput(
  source: Source,
  facts: WorkerFacts,
  sprintId: string | null = null,
): Result<ResolvedPlan, Problem[]> {
  const plan = parsePlan(source, toFactsOfPlans(facts));
  if (!plan.ok) return plan;
  const part = sprintId === null ? plan : restrictToSprint(plan.value, sprintId);
  return part.ok ? resolvePlan(part.value, facts) : part;
}

/** What plans are checked against, of what the worker knows. */
export const toFactsOfPlans = ({ agents, checks, channels, resources, watched }: WorkerFacts): RosterFacts => {
  const ids = (kind: ProbeTarget['kind']): string[] =>
    (watched?.targets ?? []).flatMap((target) => (target.kind === kind ? [target.id] : []));
  return {
    agents,
    checks: checks.map(({ id }) => id),
    channels,
    resources,
    probed: { resources: ids('resource'), dependencies: ids('dependency') },
  };
};

/** Who and what the plan uses, the order of its sprints with reasons, and each sprint's share of its agents. Pure. */
export function resolvePlan(plan: Plan, facts: WorkerFacts): Result<ResolvedPlan, Problem[]> {
  const used = new Set(plan.sprints.flatMap((sprint) => sprint.agents));
  const checkIds = new Set(
    plan.sprints.flatMap((sprint) =>
      sprint.tasks.flatMap(({ checks, compensation }) => [...checks, ...(compensation ? [compensation.check] : [])]),
    ),
  );
  const findings = [
    ...missing(
      'agent',
      used,
      facts.agents.map(({ id }) => id),
    ),
    ...missing(
      'check',
      checkIds,
      facts.checks.map(({ id }) => id),
    ),
  ];
  if (findings.length > 0) return err(toProblems(dataSource(null), findings));
  const agents = facts.agents.filter(({ id }) => used.has(id)).toSorted(byId);
  return ok({
    plan,
    agents,
    checks: facts.checks.filter(({ id }) => checkIds.has(id)).toSorted(byId),
    ...sequenceSprints(plan, new Map(agents.map(({ id, capacity }) => [id, capacity]))),
    resources: leasedResources(plan, facts.resources),
    ...toWatched(plan, plan.sprints, facts.watched),
    authorization: facts.authorization,
    policies: hasBudgets(plan, agents) ? facts.policies : withoutBudgetPolicy(facts.policies),
  });
}

/** What says nothing to a plan is no part of its hash. */
function withoutBudgetPolicy(all: ResolvedPlan['policies']): ResolvedPlan['policies'] {
  const { budget: _, ...policies } = all;
  return policies;
}
/** What a worker knows that the plan does not use. */
export const toSpareRoster = (
  resolved: ResolvedPlan,
  { agents, checks, resources, channels, watched, policies }: WorkerFacts,
): SpareRoster => ({
  agents: agents.filter(({ id }) => !resolved.agents.some((used) => used.id === id)),
  checks: checks.filter(({ id }) => !resolved.checks.some((used) => used.id === id)),
  resources,
  channels,
  ...(watched ? { watched } : {}),
  ...(policies.budget && !resolved.policies.budget ? { budget: policies.budget } : {}),
});

/**
 * The plan with one sprint only, for a sprint that is started alone. Triggers that name what other sprints hold go with them only
 * when their agent does not work in this one; otherwise, and for dependencies on other sprints, the whole plan is needed.
 */
export function restrictToSprint(plan: Plan, sprintId: string): Result<Plan, Problem[]> {
  const index = plan.sprints.findIndex(({ id }) => id === sprintId);
  const sprint = plan.sprints[index];
  if (sprint === undefined) {
    const ids = plan.sprints.map(({ id }) => id);
    const hint = didYouMean(sprintId, ids) ?? `the plan has ${ids.slice(0, 10).join(', ')}`;
    const message = `unknown sprint ${quote(sprintId)}`;
    return err(
      toProblems(dataSource(null), [{ at: ['sprintId'], expected: 'the id of a sprint', got: quote(sprintId), message, hint }]),
    );
  }
  const own = new Set([...sprint.tasks, ...sprint.checkpoints].map(({ id }) => id));
  const hint = 'start the whole plan instead';
  const findings = sprint.tasks.flatMap((task, place) =>
    task.dependsOn.flatMap((on, number): Finding[] => {
      const at = ['sprints', index, 'tasks', place, 'dependsOn', number];
      return own.has(on.task) ? [] : [{ at, message: `task ${task.id} depends on ${on.task} of another sprint`, hint }];
    }),
  );
  const triggers = plan.triggers.filter(({ agent }) => sprint.agents.includes(agent));
  for (const { agent, when } of triggers) {
    const outside = mentionsOf(when).filter((id) => !own.has(id));
    if (outside.length === 0) continue;
    findings.push({
      at: ['triggers'],
      message: `the trigger of ${agent} waits for ${outside.join(', ')} of another sprint`,
      hint,
    });
  }
  if (findings.length > 0) return err(toProblems(dataSource(null), findings));
  return ok({ ...plan, sprints: [{ ...sprint, dependsOn: [] }], triggers });
}

function mentionsOf(when: Plan['triggers'][number]['when']): string[] {
  if ('all' in when) return when.all.flatMap(mentionsOf);
  if ('any' in when) return when.any.flatMap(mentionsOf);
  if ('task' in when) return [when.task];
  if ('deliverable' in when) return [when.of];
  return 'checkpoint' in when ? [when.checkpoint] : [];
}

/** Capacity of each resource that a task leases: the plan's, else the config's, else 1. */
function leasedResources(plan: Plan, configured: readonly Resource[]): Record<string, number> {
  const ofTasks = plan.sprints.flatMap((sprint) => sprint.tasks.flatMap((task) => task.resources.map(({ id }) => id)));
  const ids = new Set([...ofTasks, ...standIns(plan)]);
  const capacities = new Map([...configured, ...plan.resources].map(({ id, capacity }) => [id, capacity]));
  return Object.fromEntries([...ids].toSorted().map((id) => [id, capacities.get(id) ?? 1]));
}

function missing(kind: string, wanted: Iterable<string>, known: readonly string[]): Finding[] {
  return [...wanted].flatMap((id): Finding[] => {
    if (known.includes(id)) return [];
    const hint = didYouMean(id, known) ?? `this worker has ${known.slice(0, 10).join(', ') || 'none'}`;
    return [
      { at: ['sprints'], expected: `the id of a known ${kind}`, got: quote(id), message: `unknown ${kind} ${quote(id)}`, hint },
    ];
  });
}

const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);
