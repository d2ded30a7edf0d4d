import type { Outline, OutlineSprint, OutlineTask } from '../outline.ts';
import { createPrecedence, type Precedence } from '../precedence.ts';
import type { RosterAgent, RosterFacts } from '../roster-facts.ts';
import type { Finding } from '../../source/finding.ts';

/** What all rules look up. Of things with the same id the first counts; the identity rule reports the others. */
export interface RuleContext {
  readonly outline: Outline;
  readonly facts: RosterFacts | null;
  readonly tasks: readonly OutlineTask[];
  readonly taskById: ReadonlyMap<string, OutlineTask>;
  readonly sprintIndexById: ReadonlyMap<string, number>;
  readonly checkpointAfter: ReadonlyMap<string, readonly string[]>;
  /** For each sprint the indexes of those that it depends on, defaults filled in, unknown ones left out. */
  readonly sprintEdges: readonly (readonly number[])[];
  readonly sprintOrder: Precedence;
  /** Agents of each sprint; empty when no roster is known. */
  readonly teams: readonly (readonly RosterAgent[])[];
}

export type Rule = (context: RuleContext) => Finding[];

export function createRuleContext(outline: Outline, facts: RosterFacts | null): RuleContext {
  const tasks = outline.sprints.flatMap((sprint) => sprint.tasks);
  const sprintIndexById = firstById(outline.sprints.map((sprint, index) => [sprint.id, index]));
  const sprintEdges = outline.sprints.map((sprint, index) => edgesOf(sprint, index, sprintIndexById));
  const sprintOrder = createPrecedence(outline.sprints.length);
  for (const [after, edges] of sprintEdges.entries()) {
    for (const before of edges) sprintOrder.add(before, after);
  }
  const rosterById = firstById((facts?.agents ?? []).map((agent) => [agent.id, agent]));
  const teams = outline.sprints.map((sprint) =>
    sprint.agents === null ? (facts?.agents ?? []) : sprint.agents.flatMap(({ id }) => rosterById.get(id) ?? []),
  );
  const checkpoints = outline.sprints.flatMap((sprint) => sprint.checkpoints);
  return {
    outline,
    facts,
    tasks,
    taskById: firstById(tasks.map((task) => [task.id, task])),
    sprintIndexById,
    checkpointAfter: firstById(checkpoints.map((checkpoint) => [checkpoint.id, checkpoint.after.map(({ id }) => id)])),
    sprintEdges,
    sprintOrder,
    teams,
  };
}

/** A sprint without `dependsOn` depends on the one before it in the list. */
function edgesOf(sprint: OutlineSprint, index: number, byId: ReadonlyMap<string, number>): number[] {
  if (sprint.dependsOn === null) return index === 0 ? [] : [index - 1];
  return sprint.dependsOn.flatMap(({ id }) => byId.get(id) ?? []);
}

function firstById<T>(entries: readonly (readonly [string, T])[]): Map<string, T> {
  return new Map(entries.filter(([id]) => id !== '').toReversed());
}
