import { elementAt, entryOf } from '../lookup.ts';
import { type CriticalPath, findCriticalPath } from './critical-path.ts';
import type { Plan, Task } from './plan.ts';
import { candidatesOf, type RosterAgent } from './roster-facts.ts';
import { type SprintSequence, sequenceSprints } from './sprint-order.ts';

/** One task in a schedule, times in ms from the start of the plan. */
export interface Assignment {
  readonly task: Task;
  readonly sprint: string;
  readonly agent: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Why this agent. */
  readonly reason: string;
}

export interface Schedule {
  readonly makespanMs: number;
  /** In the order of their starts. */
  readonly assignments: readonly Assignment[];
  readonly criticalPath: CriticalPath;
  readonly sequence: SprintSequence;
}

interface Pool {
  readonly candidates: readonly RosterAgent[];
  /** Ready tasks, longest remaining path first. */
  readonly ready: Task[];
}

/**
 * List scheduling (Graham 1969) with the longest remaining path first, by the agents' capacities in each sprint. An estimate:
 * leases, checkpoints, triggers and failures are left out, and people are taken to answer within the estimate. O(n log n) for
 * few kinds of tasks.
 */
export function scheduleByList(plan: Plan, agents: readonly RosterAgent[]): Schedule {
  const sequence = sequenceSprints(plan, new Map(agents.map(({ id, capacity }) => [id, capacity])));
  const criticalPath = findCriticalPath(plan, sequence.order);
  const ends = new Map<string, number>();
  const assignments: Assignment[] = [];
  const open = new Set(plan.sprints);
  // Ends: the critical path has refused cycles.
  while (open.size > 0) {
    for (const sprint of open) {
      const waitsFor = sequence.order.filter(({ after }) => after === sprint.id).map((edge) => edge.before);
      if (!waitsFor.every((id) => ends.has(id))) continue;
      const startMs = waitsFor.reduce((latest, id) => Math.max(latest, entryOf(ends, id)), 0);
      const ofSprint = scheduleSprint(sprint, startMs, teamOf(sprint, agents, sequence), criticalPath);
      assignments.push(...ofSprint);
      ends.set(
        sprint.id,
        ofSprint.reduce((latest, { endMs }) => Math.max(latest, endMs), startMs),
      );
      open.delete(sprint);
    }
  }
  assignments.sort((a, b) => a.startMs - b.startMs || (a.task.id < b.task.id ? -1 : 1));
  return { makespanMs: Math.max(0, ...ends.values()), assignments, criticalPath, sequence };
}

const teamOf = (sprint: Plan['sprints'][number], agents: readonly RosterAgent[], sequence: SprintSequence): RosterAgent[] =>
  agents
    .filter(({ id }) => sprint.agents.includes(id))
    .map((agent) => ({ ...agent, capacity: sequence.capacities[sprint.id]?.[agent.id] as number }));

function scheduleSprint(
  sprint: Plan['sprints'][number],
  fromMs: number,
  team: readonly RosterAgent[],
  path: CriticalPath,
): Assignment[] {
  const pools = createPools(sprint.tasks, team, path);
  const own = new Set(sprint.tasks.map(({ id }) => id));
  const missing = new Map(sprint.tasks.map((task) => [task.id, task.dependsOn.filter((on) => own.has(on.task)).length]));
  const successors = new Map<string, Task[]>(sprint.tasks.map(({ id }) => [id, []]));
  for (const task of sprint.tasks) for (const on of task.dependsOn) successors.get(on.task)?.push(task);
  for (const task of sprint.tasks) if (missing.get(task.id) === 0) pools.makeReady(task);
  const load = new Map(team.map(({ id }) => [id, { running: 0, assigned: 0 }]));
  const running: Assignment[] = [];
  const done: Assignment[] = [];
  let nowMs = fromMs;
  for (;;) {
    for (let next = pools.take(load); next !== null; next = pools.take(load)) {
      const { task, agent, reason } = next;
      const estimateMs = entryOf(path.times, task.id).estimateMs;
      const ofAgent = entryOf(load, agent);
      load.set(agent, { running: ofAgent.running + 1, assigned: ofAgent.assigned + 1 });
      insert(
        running,
        { task, sprint: sprint.id, agent, startMs: nowMs, endMs: nowMs + estimateMs, reason },
        (a, b) => b.endMs - a.endMs,
      );
    }
    const ended = running.pop();
    if (ended === undefined) return done;
    nowMs = ended.endMs;
    done.push(ended);
    const ofAgent = entryOf(load, ended.agent);
    load.set(ended.agent, { ...ofAgent, running: ofAgent.running - 1 });
    for (const task of entryOf(successors, ended.task.id)) {
      const left = entryOf(missing, task.id) - 1;
      missing.set(task.id, left);
      if (left === 0) pools.makeReady(task);
    }
  }
}

type Loads = ReadonlyMap<string, { readonly running: number; readonly assigned: number }>;

/** Ready tasks by the set of agents that may do them, so that one look per kind of task finds the next that can start. */
function createPools(tasks: readonly Task[], team: readonly RosterAgent[], path: CriticalPath) {
  const pools = new Map<string, Pool>();
  const keyOf = (task: Task): string => JSON.stringify([task.agent, task.skills]);
  for (const task of tasks) {
    if (!pools.has(keyOf(task))) pools.set(keyOf(task), { candidates: candidatesOf(task, team), ready: [] });
  }
  const tailOf = (task: Task): number => entryOf(path.times, task.id).tailMs;
  const isLater = (a: Task, b: Task): number => tailOf(a) - tailOf(b) || (a.id < b.id ? 1 : -1);
  return {
    makeReady: (task: Task): void => insert(entryOf(pools, keyOf(task)).ready, task, isLater),
    take: (load: Loads): { task: Task; agent: string; reason: string } | null => {
      let best: { pool: Pool; task: Task; agent: RosterAgent } | null = null;
      for (const pool of pools.values()) {
        const task = pool.ready.at(-1);
        const agent = task === undefined ? undefined : leastLoaded(pool.candidates, load);
        if (task !== undefined && agent !== undefined && (best === null || isLater(best.task, task) < 0))
          best = { pool, task, agent };
      }
      if (best === null) return null;
      best.pool.ready.pop();
      return { task: best.task, agent: best.agent.id, reason: reasonOf(best.task, best.agent, best.pool.candidates) };
    },
  };
}

/** As the sprint chooses: lowest load, then the fewest tasks so far, then the fewest skills (specialists first), then the id. */
function leastLoaded(candidates: readonly RosterAgent[], load: Loads): RosterAgent | undefined {
  const keys = (agent: RosterAgent): readonly [number, number, number] => {
    const { running, assigned } = entryOf(load, agent.id);
    return [running / agent.capacity, assigned, agent.skills.length];
  };
  let best: RosterAgent | undefined;
  for (const agent of candidates) {
    const ofAgent = keys(agent);
    if (ofAgent[0] >= 1) continue;
    const ofBest: readonly number[] = best === undefined ? [] : keys(best);
    const gap = ofAgent.map((key, place) => key - (ofBest[place] ?? key)).find((difference) => difference !== 0) ?? 0;
    if (best === undefined || gap < 0 || (gap === 0 && agent.id < best.id)) best = agent;
  }
  return best;
}

function reasonOf(task: Task, agent: RosterAgent, candidates: readonly RosterAgent[]): string {
  if (task.agent !== null) return 'named by the plan';
  const skills = task.skills.length === 0 ? 'no skills asked for' : `has ${task.skills.join(', ')}`;
  if (candidates.length === 1) return `the only one who ${task.skills.length === 0 ? 'is there' : skills}`;
  const others = candidates.filter(({ id }) => id !== agent.id).map(({ id }) => id);
  const named = `${others.slice(0, 3).join(', ')}${others.length > 3 ? ', …' : ''}`;
  return `${skills}; least load of ${candidates.length} (${named} could too)`;
}

/** Into a list sorted by `compare`, by binary search. */
function insert<T>(sorted: T[], item: T, compare: (a: T, b: T) => number): void {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(elementAt(sorted, middle), item) <= 0) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, item);
}
