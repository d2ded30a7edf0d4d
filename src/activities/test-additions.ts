import type { Additions } from '../domain/execution/amendments/additions.ts';
import type { ReadinessItem } from '../domain/prepared.ts';
import { whileBeating } from './heartbeat.ts';
import { groupElsewhere, type PrepareDeps } from './prepare.ts';
import { testAgents, testChannels, testChecks, testTargets } from './readiness.ts';

export interface TestedAdditions {
  readonly readiness: readonly ReadinessItem[];
  /** Command agents that other workers serve, by their task queue: to be tested there. */
  readonly elsewhere: Readonly<Record<string, readonly string[]>>;
}

type Deps = Omit<PrepareDeps, 'store' | 'searchAttributes'>;

/** The activity `testAdditions`: what an amendment brings in, tested as `prepare` does it, and whether it is still what the plan was resolved against. */
export function createTestAdditions(deps: Deps): (additions: Additions) => Promise<TestedAdditions> {
  return async (additions) =>
    await whileBeating(async (signal) => {
      const { agents, checks, targets, channels } = additions;
      const own = agents.filter(({ kind, queue }) => kind === 'human' || queue === deps.config.taskQueues.agents);
      const ids = (list: readonly { readonly id: string }[]): string[] => list.map(({ id }) => id);
      const results = await Promise.all([
        testAgents(deps, ids(own), signal),
        testChecks(deps, ids(checks)),
        testTargets(deps, targets, signal),
        testChannels(deps, signal, channels),
        findChanged(deps, additions),
      ]);
      signal.throwIfAborted();
      return { readiness: results.flat(), elsewhere: groupElsewhere({ agents }, deps.config.taskQueues.agents) };
    });
}

/** Attempts by another agent or check than the plan names are refused, so one that has changed since cannot be used. */
async function findChanged({ roster }: Deps, { agents, checks, targets }: Additions): Promise<readonly ReadinessItem[]> {
  const [profiles, ofChecks, ofTargets] = await Promise.all([roster.profiles(), roster.checks(), roster.targets()]);
  return [
    ...changedOf('agent', agents, profiles),
    ...changedOf('check', checks, ofChecks),
    ...['resource', 'dependency'].flatMap((kind) =>
      changedOf(
        kind,
        targets.filter((target) => target.kind === kind),
        ofTargets.filter((target) => target.kind === kind),
      ),
    ),
  ];
}

interface Named {
  readonly id: string;
  readonly digest: string | null;
}

function changedOf(kind: string, wanted: readonly Named[], found: readonly Named[]): readonly ReadinessItem[] {
  return wanted.flatMap(({ id, digest }) => {
    const known = found.find((one) => one.id === id);
    if (known === undefined || known.digest === digest) return [];
    const detail = `It has changed since the plan was prepared (expected digest ${digest}, found ${known.digest}). Start the plan again to use it.`;
    return [{ name: `${kind} ${id}: config`, ok: false, detail }];
  });
}
