import { elementAt } from '../../lookup.ts';
import { didYouMean } from '../../nearest.ts';
import type { Finding } from '../../source/finding.ts';
import type { Mention, OutlineSprint, OutlineTask } from '../outline.ts';
import { candidatesOf, type RosterAgent, type RosterFacts } from '../roster-facts.ts';
import type { Rule } from './rule-context.ts';

/** Every task has someone who may do it; tasks and checkpoints name agents of their sprint only. */
export const allocationRule: Rule = ({ outline, facts, tasks, teams }) => {
  const rosterIds = new Set(facts?.agents.map(({ id }) => id));
  const isKnown = (id: string): boolean => facts === null || rosterIds.has(id);
  // A sprint with an unknown agent may have misspelt this very one: then that is the mistake.
  const isOutside = ({ agents }: OutlineSprint, id: string): boolean =>
    agents !== null && isKnown(id) && agents.every((agent) => agent.id !== id && isKnown(agent.id));
  const findings = outline.sprints.flatMap((sprint) => [
    ...sprint.checkpoints.flatMap(({ agents }) =>
      agents.filter(({ id }) => isOutside(sprint, id)).map((agent) => outsider(agent, sprint)),
    ),
    ...sprint.tasks.flatMap(({ agent }) => (agent !== null && isOutside(sprint, agent.id) ? [outsider(agent, sprint)] : [])),
  ]);
  if (facts === null) return findings;
  return [
    ...findings,
    ...tasks.flatMap((task) => nobody(task, elementAt(outline.sprints, task.sprint), elementAt(teams, task.sprint), facts)),
  ];
};

/** Of a sprint that lists its agents: nobody is outside of one that does not. */
const outsider = ({ id, at }: { id: string; at: Finding['at'] }, sprint: OutlineSprint): Finding => ({
  at,
  expected: `an agent of sprint ${sprint.id}`,
  got: JSON.stringify(id),
  message: `agent ${id} does not work in sprint ${sprint.id}`,
  hint: `add it to agents of the sprint, which has ${
    (sprint.agents as readonly Mention[])
      .slice(0, 10)
      .map((agent) => agent.id)
      .join(', ') || 'none'
  }`,
});

/** A task that nobody of its sprint can do, and why. */
function nobody(task: OutlineTask, sprint: OutlineSprint, team: readonly RosterAgent[], facts: RosterFacts): Finding[] {
  const wanted = { agent: task.agent?.id ?? null, skills: task.skills.map(({ id }) => id) };
  if (candidatesOf(wanted, team).length > 0) return [];
  const at = [...task.at, task.skills.length > 0 ? 'skills' : 'id'];
  if (task.agent !== null) {
    const agent = facts.agents.find(({ id }) => id === task.agent?.id);
    const missing = wanted.skills.filter((skill) => agent?.skills.includes(skill) === false);
    // Unknown and outside agents are reported as such.
    if (missing.length === 0) return [];
    const hint = 'name another agent, or take the skills out: the agent is named already';
    return [{ at, message: `agent ${task.agent.id} does not have ${missing.join(', ')}, which task ${task.id} asks for`, hint }];
  }
  if (sprint.agents?.some(({ id }) => !facts.agents.some((agent) => agent.id === id)) === true) return [];
  if (team.length === 0) {
    const hint = sprint.agents === null ? 'the config has no agents' : 'leave agents of the sprint out for all of the roster';
    return [{ at: [...task.at, 'id'], message: `nobody can do task ${task.id}: its sprint has no agents`, hint }];
  }
  const message = `nobody in sprint ${sprint.id} has all the skills of task ${task.id}: ${wanted.skills.join(', ')}`;
  return [
    {
      at,
      expected: 'skills that one agent of the sprint has',
      got: wanted.skills.join(', '),
      message,
      hint: skillHint(wanted.skills, team, facts),
    },
  ];
}

function skillHint(skills: readonly string[], team: readonly RosterAgent[], facts: RosterFacts): string {
  const others = candidatesOf({ agent: null, skills }, facts.agents).map(({ id }) => id);
  if (others.length > 0) return `${others.slice(0, 5).join(', ')} of the roster could: add to agents of the sprint`;
  const known = new Set(facts.agents.flatMap((agent) => agent.skills));
  const unknown = skills.filter((skill) => !known.has(skill));
  const hints = unknown.map((skill) => `no agent has ${skill}${prefixed(didYouMean(skill, known))}`);
  if (hints.length > 0) return hints.join('; ');
  const nearestAgents = team.filter((agent) => skills.some((skill) => agent.skills.includes(skill)));
  return `no agent has all of them; some have ${
    nearestAgents
      .slice(0, 5)
      .map(({ id }) => id)
      .join(', ') || 'only agents outside the sprint'
  }`;
}

const prefixed = (hint: string | null): string => (hint === null ? '' : ` (${hint})`);
