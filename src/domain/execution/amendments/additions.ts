import type { ProbeTarget } from '../../emergencies/probe.ts';
import type { EscalationPolicy } from '../../escalation/policy.ts';
import type { Plan } from '../../plan/plan.ts';
import type { ReadinessItem, ResolvedPlan } from '../../prepared.ts';
import type { AgentProfile } from '../../roster.ts';

/** What an amended plan uses that the plan did not use before, so that nobody has tested whether it is ready. */
export interface Additions {
  readonly agents: readonly Pick<AgentProfile, 'id' | 'kind' | 'queue' | 'digest'>[];
  readonly checks: ResolvedPlan['checks'];
  readonly targets: readonly ProbeTarget[];
  /** Ids. */
  readonly channels: readonly string[];
}

/** null: nothing is new. */
export function additionsOf(before: ResolvedPlan, after: ResolvedPlan): Additions | null {
  const known = new Set(namesIn(before));
  const isNew = (name: string): boolean => !known.has(name);
  const additions = {
    agents: after.agents
      .filter(({ id }) => isNew(`agent ${id}`))
      .map(({ id, kind, queue, digest }) => ({ id, kind, queue, digest })),
    checks: after.checks.filter(({ id }) => isNew(`check ${id}`)),
    targets: targetsOf(after).filter(({ kind, id }) => isNew(`${kind} ${id}`)),
    channels: [...new Set(channelsOf(after.plan))].filter((id) => isNew(`channel ${id}`)),
  };
  return Object.values(additions).every((list) => list.length === 0) ? null : additions;
}

/** Whether all of it has been tested with something else. */
export const isCovered = (additions: Additions, tested: Additions): boolean => {
  const known = new Set(namesOf(tested));
  return namesOf(additions).every((name) => known.has(name));
};

const targetsOf = ({ watched }: ResolvedPlan): readonly ProbeTarget[] => watched?.targets ?? [];

const namesIn = (resolved: ResolvedPlan): string[] =>
  namesOf({
    agents: resolved.agents,
    checks: resolved.checks,
    targets: targetsOf(resolved),
    channels: [...channelsOf(resolved.plan), ...resolved.policies.notify],
  });

const namesOf = ({ agents, checks, targets, channels }: Additions): string[] => [
  ...agents.map(({ id }) => `agent ${id}`),
  ...checks.map(({ id }) => `check ${id}`),
  ...targets.map(({ kind, id }) => `${kind} ${id}`),
  ...channels.map((id) => `channel ${id}`),
];

/** Channels that escalations tell, of plan, sprints and tasks. */
const channelsOf = ({ escalation, sprints }: Plan): string[] => [
  ...toldBy(escalation),
  ...sprints.flatMap((sprint) => [...toldBy(sprint.escalation), ...sprint.tasks.flatMap((task) => toldBy(task.escalation))]),
];

function toldBy({ levels, meanwhile = [] }: Partial<EscalationPolicy> = {}): string[] {
  return [
    ...(levels ?? []).flatMap(({ via }) => via),
    ...meanwhile.flatMap((action) => ('notify' in action ? action.notify : [])),
  ];
}

const MAX_FAULTS = 20;

/** Why it cannot be used, in words; null: everything is ready. */
export function describeUnready(readiness: readonly ReadinessItem[]): string | null {
  const faults = readiness.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);
  if (faults.length === 0) return null;
  const more = faults.length > MAX_FAULTS ? `; and ${faults.length - MAX_FAULTS} more` : '';
  return `what the amendment brings in is not ready: ${faults.slice(0, MAX_FAULTS).join('; ')}${more}. Mend this and send it again`;
}

/** Earlier lines and the newer ones, of which each takes the place of an older one of its name. */
export function mergeReadiness(old: readonly ReadinessItem[], now: readonly ReadinessItem[] = []): readonly ReadinessItem[] {
  const names = new Set(now.map(({ name }) => name));
  return [...old.filter(({ name }) => !names.has(name)), ...now];
}
