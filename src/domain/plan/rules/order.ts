import { elementAt } from '../../lookup.ts';
import type { Finding } from '../../source/finding.ts';
import { describeCycle, findCycles } from '../cycles.ts';
import type { Rule, RuleContext } from './rule-context.ts';

/** Tasks and sprints form graphs without cycles, and a dependency points to the same sprint or to one that comes before it. */
export const orderRule: Rule = (context) => [
  ...taskCycles(context),
  ...sprintCycles(context),
  ...strayDependencies(context),
  ...strayCheckpoints(context),
];

function taskCycles({ tasks }: RuleContext): Finding[] {
  const indexById = new Map(tasks.map((task, index) => [task.id, index]));
  const findings: Finding[] = [];
  const edges = tasks.map((task) =>
    task.dependsOn.flatMap(({ id, at }) => {
      if (id !== task.id) return indexById.get(id) ?? [];
      findings.push({
        at,
        expected: 'another task',
        got: JSON.stringify(id),
        message: `task ${id} depends on itself`,
        hint: 'take it out',
      });
      return [];
    }),
  );
  for (const cycle of findCycles(edges)) {
    const ids = cycle.map((index) => elementAt(tasks, index).id);
    const at = [...elementAt(tasks, elementAt(cycle, 0)).at, 'dependsOn'];
    findings.push({
      at,
      message: `dependency cycle of tasks: ${describeCycle(ids)}`,
      hint: 'each depends on the next; take one dependency out',
    });
  }
  return findings;
}

function sprintCycles({ outline, sprintEdges }: RuleContext): Finding[] {
  const { sprints } = outline;
  const findings: Finding[] = [];
  const edges = sprintEdges.map((before, index) => before.filter((other) => other !== index));
  for (const [index, sprint] of sprints.entries()) {
    if (sprintEdges[index]?.includes(index) !== true) continue;
    findings.push({ at: [...sprint.at, 'dependsOn'], message: `sprint ${sprint.id} depends on itself`, hint: 'take it out' });
  }
  for (const cycle of findCycles(edges)) {
    const along = cycle.map((index) => elementAt(sprints, index));
    const hasDefault = along.some(({ dependsOn }) => dependsOn === null);
    const hint = hasDefault
      ? 'a sprint without dependsOn depends on the one before it; write dependsOn: [] where it does not'
      : 'take one dependency out';
    const first = elementAt(along, 0);
    const at = [...first.at, first.dependsOn === null ? 'id' : 'dependsOn'];
    findings.push({ at, message: `dependency cycle of sprints: ${describeCycle(along.map(({ id }) => id))}`, hint });
  }
  return findings;
}

function strayDependencies({ tasks, taskById, sprintOrder, outline }: RuleContext): Finding[] {
  return tasks.flatMap((task) =>
    task.dependsOn.flatMap(({ id, at }) => {
      const other = taskById.get(id);
      if (other === undefined || other.sprint === task.sprint || sprintOrder.isBefore(other.sprint, task.sprint)) return [];
      const [its, ours] = [elementAt(outline.sprints, other.sprint).id, elementAt(outline.sprints, task.sprint).id];
      const message = `task ${task.id} depends on ${id} of sprint ${its}, which does not come before sprint ${ours}`;
      return [
        {
          at,
          expected: 'a task of the same or an earlier sprint',
          got: JSON.stringify(id),
          message,
          hint: `add ${its} to dependsOn of sprint ${ours}`,
        },
      ];
    }),
  );
}

function strayCheckpoints({ outline, taskById }: RuleContext): Finding[] {
  return outline.sprints.flatMap((sprint, index) =>
    sprint.checkpoints.flatMap(({ after }) =>
      after.flatMap(({ id, at }) => {
        const other = taskById.get(id);
        if (other === undefined || other.sprint === index) return [];
        const its = elementAt(outline.sprints, other.sprint).id;
        const message = `the checkpoint waits for task ${id} of another sprint, ${its}`;
        return [
          {
            at,
            expected: `a task of sprint ${sprint.id}`,
            got: JSON.stringify(id),
            message,
            hint: 'sprints already wait for those before them',
          },
        ];
      }),
    ),
  );
}
