import { didYouMean } from '../../nearest.ts';
import type { Finding } from '../../source/finding.ts';
import { quote } from '../../source/problem.ts';
import type { Mention, OutlineContingency } from '../outline.ts';
import { channelFindings } from './escalations.ts';
import type { Rule, RuleContext } from './rule-context.ts';

/** Contingencies wait for what can be noticed, and put in place what there is. What only a roster knows passes without one. */
export const contingencyRule: Rule = (context) =>
  context.outline.contingencies.flatMap((contingency) => [
    ...causeFindings(contingency, context),
    ...contingency.tasks.flatMap((task) => unless(context.taskById.has(task.id), 'task', task, context.taskById.keys())),
    ...agentFindings(contingency, context),
    ...resourceFindings(contingency),
    ...escalatedFindings(contingency, context),
    ...holdFindings(contingency),
    ...contingency.channels.flatMap((channel) => (context.facts ? channelFindings(channel, context.facts.channels) : [])),
  ]);

function causeFindings(
  { resource, dependency, agent, sprint, task }: OutlineContingency,
  { facts, ...context }: RuleContext,
): Finding[] {
  const used = new Set(context.tasks.flatMap(({ resources }) => resources.map(({ id }) => id)));
  const findings: Finding[] = [];
  if (resource) findings.push(...unless(used.has(resource.id), 'resource that a task uses', resource, used));
  if (sprint) findings.push(...unless(context.sprintIndexById.has(sprint.id), 'sprint', sprint, context.sprintIndexById.keys()));
  if (task) findings.push(...unless(context.taskById.has(task.id), 'task', task, context.taskById.keys()));
  if (task && context.taskById.get(task.id)?.mayEscalate === false) {
    const message = `nothing would escalate task ${quote(task.id)}`;
    const hint = 'give the task, its sprint or the plan an escalation';
    findings.push({ at: task.at, expected: 'a task with a chain', got: quote(task.id), message, hint });
  }
  if (facts === null) return findings;
  const agents = facts.agents.map(({ id }) => id);
  if (agent) findings.push(...unless(agents.includes(agent.id), 'agent', agent, agents));
  const { resources = [], dependencies = [] } = facts.probed ?? {};
  if (dependency) findings.push(...unless(dependencies.includes(dependency.id), 'dependency', dependency, dependencies));
  if (resource && used.has(resource.id) && !resources.includes(resource.id)) {
    const message = `nothing would notice that resource ${quote(resource.id)} fails`;
    const hint = 'give it a probe in the config';
    findings.push({ at: resource.at, expected: 'a resource with a probe', got: quote(resource.id), message, hint });
  }
  return findings;
}

/** Whoever stands in works in the sprints of the tasks that it may get. */
function agentFindings(contingency: OutlineContingency, context: RuleContext): Finding[] {
  const { useAgents, resource, dependency, agent, task: escalated, tasks } = contingency;
  const { facts, outline } = context;
  if (facts === null) return [];
  const known = facts.agents.map(({ id }) => id);
  const named = new Set(tasks.map(({ id }) => id));
  const isMeant = (task: RuleContext['tasks'][number]): boolean =>
    named.size > 0
      ? named.has(task.id)
      : resource !== null
        ? task.resources.some(({ id }) => id === resource.id)
        : dependency !== null
          ? task.needs.some(({ id }) => id === dependency.id)
          : escalated !== null
            ? task.sprint === context.taskById.get(escalated.id)?.sprint
            : agent !== null && task.agent?.id === agent.id;
  const sprints = [...new Set(context.tasks.filter(isMeant).map(({ sprint }) => sprint))];
  return useAgents.flatMap((stand): Finding[] => {
    if (!known.includes(stand.id)) return unless(false, 'agent', stand, known);
    return sprints.flatMap((number) => {
      const sprint = outline.sprints[number];
      if (!sprint?.agents || sprint.agents.some(({ id }) => id === stand.id)) return [];
      const message = `agent ${stand.id} does not work in sprint ${sprint.id}`;
      return [{ at: stand.at, message, hint: 'add it to agents of the sprint' }];
    });
  });
}

/** What is done while a task waits for people: with others of its sprint, which alone hears of it, and what waits for the answer is kept. */
function escalatedFindings({ task, tasks, skip }: OutlineContingency, { taskById, outline }: RuleContext): Finding[] {
  const escalated = task === null ? undefined : taskById.get(task.id);
  if (!escalated) return [];
  const sprintOf = (index: number): string => outline.sprints[index]?.id ?? '';
  const findings = tasks.flatMap(({ id, at }): Finding[] => {
    const sprint = taskById.get(id)?.sprint ?? escalated.sprint;
    const hint = 'name others, or leave tasks out for its lane of work';
    if (id === escalated.id) return [{ at, message: `${id} itself waits for people then`, hint }];
    if (sprint === escalated.sprint) return [];
    const own = sprintOf(escalated.sprint);
    const message = `${id} is a task of sprint ${sprintOf(sprint)}: what sprint ${own} escalates changes nothing there`;
    return [{ at, message, hint: `name tasks of sprint ${own}` }];
  });
  if (skip === null || tasks.length > 0) return findings;
  const message = `what waits for the answer about ${escalated.id} would be skipped for good`;
  return [...findings, { at: skip, message, hint: 'name in tasks what is not worth doing then' }];
}

/** What is held starts again some day, and would have started before. */
function holdFindings({ hold, tasks, resource, dependency, agent, sprint }: OutlineContingency): Finding[] {
  if (hold === null) return [];
  if (sprint !== null) {
    const message = `sprint ${sprint.id} stays late, so what is held would never start`;
    return [{ at: hold, message, hint: 'change its priority, lower the concurrency, or skip it' }];
  }
  const failed = resource ?? dependency ?? agent;
  if (failed === null || tasks.length > 0) return [];
  const message = `what needs ${failed.id} waits for it anyway`;
  return [{ at: hold, message, hint: 'name in tasks what else is to wait' }];
}

/** Only a resource can be stood in for by a resource. */
const resourceFindings = ({ useResources, resource }: OutlineContingency): Finding[] =>
  useResources.flatMap(({ id, at }): Finding[] => {
    if (resource !== null && resource.id !== id) return [];
    const message =
      resource === null ? `no resource has failed that ${id} could stand in for` : `${id} cannot stand in for itself`;
    return [{ at, message, hint: 'useResource is for "when: { resource: … }", and names another one' }];
  });

function unless(isFine: boolean, what: string, { id, at }: Mention, known: Iterable<string>): Finding[] {
  if (isFine) return [];
  const names = [...known];
  const hint = didYouMean(id, names) ?? (names.length === 0 ? 'there is none' : `there are ${names.slice(0, 10).join(', ')}`);
  return [{ at, expected: `the id of a ${what}`, got: quote(id), message: `unknown ${what} ${quote(id)}`, hint }];
}
