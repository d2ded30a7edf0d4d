import { elementAt } from '../lookup.ts';
import type { SprintOrder } from '../prepared.ts';
import { isOverlapping } from './declared-path.ts';
import type { Plan, Sprint } from './plan.ts';
import { createPrecedence, type Precedence } from './precedence.ts';

export interface SprintSequence {
  /** Declared order, then what sharing forces. */
  readonly order: readonly SprintOrder[];
  /** Sprint id → agent id → capacity within the sprint. */
  readonly capacities: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/**
 * Which sprints wait for which, and how parallel ones divide their agents. Sprints that could run together but share a resource,
 * overlapping paths or an agent with fewer places than sprints are put in order: the one that comes first in the declared order,
 * then in the list, goes first. Every edge points forward in one topological order, so that no cycle can arise.
 */
export function sequenceSprints(plan: Plan, capacityOf: ReadonlyMap<string, number>): SprintSequence {
  const { sprints } = plan;
  const idOf = (index: number): string => elementAt(sprints, index).id;
  const indexById = new Map(sprints.map(({ id }, index) => [id, index]));
  const edges = sprints.map((sprint) => sprint.dependsOn.flatMap((id) => indexById.get(id) ?? []));
  const precedence = createPrecedence(sprints.length);
  const order: SprintOrder[] = [];
  for (const [after, befores] of edges.entries()) {
    for (const before of befores) {
      precedence.add(before, after);
      order.push({ before: idOf(before), after: idOf(after), reason: 'the plan says so' });
    }
  }
  const sequence = declaredOrder(edges);
  const force = (before: number, after: number, reason: string): void => {
    precedence.add(before, after);
    order.push({ before: idOf(before), after: idOf(after), reason });
  };
  const needs = sprints.map(needsOf);
  for (const [place, after] of sequence.entries()) {
    for (const before of sequence.slice(0, place).toReversed()) {
      if (!precedence.isParallel(before, after)) continue;
      const reason = conflictOf(elementAt(needs, before), elementAt(needs, after));
      if (reason !== null) force(before, after, reason);
    }
  }
  const agents = [...new Set(sprints.flatMap((sprint) => sprint.agents))].toSorted();
  const teams = new Map(agents.map((agent) => [agent, sequence.filter((index) => sprints[index]?.agents.includes(agent))]));
  for (const [agent, ofAgent] of teams) {
    for (const [before, after] of surplus(ofAgent, capacityOf.get(agent) ?? 1, precedence)) {
      force(before, after, `both work with ${agent}, who has ${capacityOf.get(agent) ?? 1} at a time`);
    }
  }
  return { order, capacities: divide(sprints, teams, capacityOf, precedence) };
}

/** The order of the list as far as the declared edges allow: each sprint right after the last that it waits for. */
function declaredOrder(edges: readonly (readonly number[])[]): number[] {
  const order: number[] = [];
  const isSeen = new Set<number>();
  const visit = (sprint: number): void => {
    if (isSeen.has(sprint)) return;
    isSeen.add(sprint);
    for (const before of elementAt(edges, sprint)) visit(before);
    order.push(sprint);
  };
  for (const sprint of edges.keys()) visit(sprint);
  return order;
}

interface Needs {
  readonly resources: ReadonlySet<string>;
  readonly paths: readonly string[];
}

const needsOf = (sprint: Sprint): Needs => ({
  resources: new Set(sprint.tasks.flatMap((task) => task.resources.map(({ id }) => id))),
  paths: [...new Set(sprint.tasks.flatMap((task) => task.paths))].toSorted(),
});

/** Why two sprints must not run together: each keeps its own leases and paths, which nothing outside it sees. */
function conflictOf(a: Needs, b: Needs): string | null {
  for (const resource of a.resources) {
    if (b.resources.has(resource)) return `both use the resource ${resource}`;
  }
  for (const path of a.paths) {
    const other = b.paths.find((candidate) => isOverlapping(path, candidate));
    if (other !== undefined) return path === other ? `both change ${path}` : `${path} and ${other}, which they change, overlap`;
  }
  return null;
}

/**
 * Edges that keep an agent's parallel sprints within its capacity: greedy partition into at most `capacity` chains, which by
 * Dilworth's theorem bounds how many can run at a time.
 */
function surplus(sprints: readonly number[], capacity: number, precedence: Precedence): [number, number][] {
  const chains: number[] = [];
  const edges: [number, number][] = [];
  for (const sprint of sprints) {
    const free = chains.findIndex((last) => precedence.isBefore(last, sprint));
    if (free >= 0) chains[free] = sprint;
    else if (chains.length < capacity) chains.push(sprint);
    else {
      const [last = 0] = chains;
      edges.push([last, sprint]);
      // Takes effect at once: later sprints of this agent see it.
      precedence.add(last, sprint);
      chains[0] = sprint;
    }
  }
  return edges;
}

/**
 * An agent's capacity among the sprints that may run at a time: within each group of sprints connected by "could run together",
 * the chains that cover the group share it, the remainder goes to the earlier ones. A sprint alone in its group has all of it.
 */
function divide(
  sprints: readonly Sprint[],
  teams: ReadonlyMap<string, readonly number[]>,
  capacityOf: ReadonlyMap<string, number>,
  precedence: Precedence,
): SprintSequence['capacities'] {
  const capacities: Record<string, Record<string, number>> = Object.fromEntries(sprints.map(({ id }) => [id, {}]));
  for (const [agent, ofAgent] of teams) {
    const capacity = capacityOf.get(agent) ?? 1;
    for (const group of parallelGroups(ofAgent, precedence)) {
      const chains = chainsOf(group, precedence);
      for (const [place, chain] of chains.entries()) {
        const share = Math.floor(capacity / chains.length) + (place < capacity % chains.length ? 1 : 0);
        for (const index of chain) {
          const ofSprint = capacities[elementAt(sprints, index).id] as Record<string, number>;
          ofSprint[agent] = Math.max(1, share);
        }
      }
    }
  }
  return capacities;
}

/** Connected components of "could run together", members in the given order. */
function parallelGroups(sprints: readonly number[], precedence: Precedence): number[][] {
  const left = new Set(sprints);
  const groups: number[][] = [];
  for (const first of sprints) {
    if (!left.delete(first)) continue;
    const group = [first];
    for (let next = 0; next < group.length; next++) {
      for (const other of [...left].filter((candidate) => precedence.isParallel(elementAt(group, next), candidate))) {
        left.delete(other);
        group.push(other);
      }
    }
    groups.push(sprints.filter((index) => group.includes(index)));
  }
  return groups;
}

function chainsOf(group: readonly number[], precedence: Precedence): number[][] {
  const chains: number[][] = [];
  for (const sprint of group) {
    const chain = chains.find((candidate) => precedence.isBefore(candidate.at(-1) as number, sprint));
    if (chain === undefined) chains.push([sprint]);
    else chain.push(sprint);
  }
  return chains;
}
