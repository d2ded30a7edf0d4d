import { elementAt, entryOf } from '../../lookup.ts';
import type { Finding } from '../../source/finding.ts';
import { createNetwork, type Network } from '../network.ts';
import type { Mention, OutlineCondition, OutlineTask } from '../outline.ts';
import { candidatesOf } from '../roster-facts.ts';
import { leavesOf } from './references.ts';
import type { Rule, RuleContext } from './rule-context.ts';

/**
 * An agent with triggers is idle until one fires. This finds the agents whose triggers can never fire because what they wait for
 * can only be done by agents that wait themselves: the least fixed point of "can start" and "can be done" over the whole plan.
 * Metrics and times are taken as possible. Needs a plan that every other rule and the schema accept, and a roster.
 */
export const triggerRule: Rule = (context) => {
  const { outline, facts, tasks } = context;
  if (facts === null || outline.triggers.length === 0) return [];
  const triggers = outline.triggers.map(({ agent, when, at }) => ({ agent: (agent as Mention).id, when, at }));
  const waiting = new Set(triggers.map(({ agent }) => agent));
  const indexById = new Map(tasks.map((task, index) => [task.id, index]));
  const network = createNetwork(
    tasks.map(({ sprint, dependsOn }) => ({ sprint, dependsOn: dependsOn.map(({ id }) => entryOf(indexById, id)) })),
    context.sprintEdges,
  );
  let done = doableTasks(context, network, waiting);
  for (let isSettled = false; !isSettled;) {
    isSettled = true;
    for (const { agent, when } of triggers) {
      if (!waiting.has(agent) || !canFire(when, done, context)) continue;
      waiting.delete(agent);
      isSettled = false;
    }
    if (!isSettled) done = doableTasks(context, network, waiting);
  }
  const reported = new Set<string>();
  return triggers.flatMap(({ agent, when, at }) => {
    if (!waiting.has(agent) || reported.has(agent)) return [];
    reported.add(agent);
    return [neverStarts(agent, [...at, 'when'], when, done, context)];
  });
};

/** Tasks that can be done when the agents in `waiting` never start: one pass in topological order. */
function doableTasks({ tasks, teams }: RuleContext, network: Network, waiting: ReadonlySet<string>): Set<string> {
  const isDone = new Uint8Array(network.predecessors.length);
  const ableTeams = teams.map((team) => team.filter(({ id }) => !waiting.has(id)));
  for (const node of network.order) {
    if (!elementAt(network.predecessors, node).every((before) => isDone[before] === 1)) continue;
    const task = tasks[node];
    const isAble = task === undefined || candidatesOf(wanted(task), elementAt(ableTeams, task.sprint)).length > 0;
    if (isAble) isDone[node] = 1;
  }
  return new Set(tasks.filter((_, node) => isDone[node] === 1).map(({ id }) => id));
}

const wanted = (task: OutlineTask) => ({ agent: task.agent?.id ?? null, skills: task.skills.map(({ id }) => id) });

function canFire(when: OutlineCondition, done: ReadonlySet<string>, context: RuleContext): boolean {
  switch (when.kind) {
    case 'all':
      return when.parts.every((part) => canFire(part, done, context));
    case 'any':
      return when.parts.some((part) => canFire(part, done, context));
    case 'task':
    case 'deliverable':
      return done.has(when.task.id);
    case 'checkpoint':
      return entryOf(context.checkpointAfter, when.checkpoint.id).every((id) => done.has(id));
    // A message may come from outside.
    case 'message':
    case 'other':
      return true;
  }
}

function neverStarts(
  agent: string,
  at: Finding['at'],
  when: OutlineCondition,
  done: ReadonlySet<string>,
  context: RuleContext,
): Finding {
  const needs = leavesOf(when).flatMap((leaf) => {
    if (leaf.kind === 'checkpoint') return entryOf(context.checkpointAfter, leaf.checkpoint.id);
    return leaf.kind === 'task' || leaf.kind === 'deliverable' ? [leaf.task.id] : [];
  });
  const blocked = [...new Set(needs)].filter((id) => !done.has(id));
  const reason = `its trigger needs ${blocked.slice(0, 5).join(', ')}, which only agents that are waiting themselves could do`;
  const message = `agent ${agent} can never start: ${reason}`;
  return { at, message, hint: 'let another agent do it, or change the trigger' };
}
