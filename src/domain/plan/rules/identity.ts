import type { Finding } from '../../source/finding.ts';
import { quote, toPath } from '../../source/problem.ts';
import type { Mention, OutlineTask } from '../outline.ts';
import type { Rule } from './rule-context.ts';

/** Ids are unique: tasks, sprints and checkpoints in the whole plan, deliverables in their task, names once in each list. */
export const identityRule: Rule = ({ outline, tasks }) => {
  const withId = <T extends { readonly id: string; readonly at: Mention['at'] }>(items: readonly T[]): Mention[] =>
    items.filter(({ id }) => id !== '').map(({ id, at }) => ({ id, at: [...at, 'id'] }));
  const { sprints } = outline;
  return [
    ...twice('objective id', outline.objectives),
    ...twice('resource id', outline.resources),
    ...twice('sprint id', withId(sprints)),
    ...twice('task id', withId(tasks)),
    ...twice('checkpoint id', withId(sprints.flatMap((sprint) => sprint.checkpoints))),
    ...sprints.flatMap((sprint) => [...twice('sprint', sprint.dependsOn ?? []), ...twice('agent', sprint.agents ?? [])]),
    ...sprints.flatMap((sprint) =>
      sprint.checkpoints.flatMap(({ after, agents }) => [...twice('task', after), ...twice('agent', agents)]),
    ),
    ...tasks.flatMap(withinTask),
  ];
};

const withinTask = (task: OutlineTask): Finding[] => [
  ...twice('deliverable id', task.deliverables),
  ...twice('skill', task.skills),
  ...twice('dependency', task.dependsOn),
  ...twice('path', task.paths),
  ...twice('resource', task.resources),
  ...twice('check', task.checks),
];

/** Each mention after the first of the same id. */
function twice(kind: string, mentions: readonly Mention[]): Finding[] {
  const first = new Map<string, Mention>();
  const findings: Finding[] = [];
  for (const mention of mentions) {
    const known = first.get(mention.id);
    if (known === undefined) first.set(mention.id, mention);
    else {
      const hint = `${toPath(known.at)} has it already`;
      findings.push({
        at: mention.at,
        expected: `another ${kind}`,
        got: quote(mention.id),
        message: `the ${kind} ${quote(mention.id)} is there twice`,
        hint,
      });
    }
  }
  return findings;
}
