import type { Task } from '../../../src/domain/plan/plan.ts';
import type { AgentProfile } from '../../../src/domain/roster.ts';
import type { SprintAmendment } from '../../../src/domain/sprint/amended-definition.ts';
import type { SprintEvent } from '../../../src/domain/sprint/events.ts';
import type { ProposedAmendment } from '../../../src/domain/sprint/proposals.ts';
import { isTaskEnded } from '../../../src/domain/sprint/state.ts';
import { plannedSpec, taskRun, type Sprint } from '../../../src/domain/sprint/turn.ts';
import type { Action } from './sprint-arbitrary.ts';
import { agent, task } from './sprint-definition.ts';

const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;
const PATHS = ['.', 'docs', 'src', 'src/a', 'src/b'];

/** An amendment as the execution would have checked it, of the sprint as it stands: a graph without cycles in which nothing open waits for a cancelled task. */
export function toRandomAmendment(sprint: Sprint, revision: number, { pick, other, afterMs }: Action): SprintAmendment {
  const { definition } = sprint;
  const tasks = plannedTasks(sprint);
  const open = tasks.filter((_, number) => !isTaskEnded(taskRun(sprint, number).state));
  const chosen = open[pick % Math.max(1, open.length)];
  const restart = chosen && afterMs % 2 === 0 ? [chosen.id] : [];
  const need = { paths: [PATHS[afterMs % PATHS.length] as string], resources: [{ id: 'gpu', mode: 'shared' as const }] };
  const before = tasks[afterMs % tasks.length]?.id as string;
  const fresh = (name: string, dependsOn: Task['dependsOn']): Task => ({
    ...task(`r${revision}${name}`, { estimateMs: 1 + other, deliverables: [{ id: 'out', path: 'out' }] }),
    ...(pick % 2 === 0 ? need : {}),
    dependsOn,
  });
  const after = (id: string): Task['dependsOn'] => [{ task: id, until: 'finished' }];
  if (!chosen || other % 7 === 0) {
    const dependsOn = tasks.find(({ id }) => id === before)?.cancelled ? [] : after(before);
    return { revision, tasks: [fresh('a', dependsOn), fresh('b', after(`r${revision}a`))] };
  }
  switch (other % 7) {
    case 1:
      return { revision, tasks: [{ ...chosen, cancelled: true }, ...relinked(sprint, chosen.id, [])], durationMs: 1 + afterMs };
    case 2: {
      const parts = [fresh('x', chosen.dependsOn), fresh('y', chosen.dependsOn)];
      const ends = parts.flatMap(({ id }) => after(id));
      return { revision, tasks: [{ ...chosen, cancelled: true }, ...relinked(sprint, chosen.id, ends), ...parts] };
    }
    case 3: {
      const named = definition.agents[afterMs % definition.agents.length]?.id as string;
      const isGone = !definition.sprint.agents.includes(named);
      return { revision, tasks: [{ ...chosen, ...need, agent: isGone ? null : named, skills: [] }], restart };
    }
    case 4: {
      const isCycle = before === chosen.id || reaches(tasks, before, chosen.id);
      const isGone = tasks.find(({ id }) => id === before)?.cancelled === true;
      return { revision, tasks: [{ ...chosen, dependsOn: isCycle || isGone ? [] : after(before) }], restart };
    }
    case 5: {
      const named = agent(`new${revision}`, { capacity: 1 + (afterMs % 3), skills: ['build', 'review', 'test'] });
      const gone = definition.agents[pick % definition.agents.length]?.id;
      return { revision, agents: [named], team: [...definition.sprint.agents.filter((id) => id !== gone), named.id] };
    }
    default: {
      const priority = PRIORITIES[afterMs % 4] as Task['priority'];
      const isLimited = afterMs % 2 === 0;
      const limit = { tokens: 1 + (afterMs % 500) };
      const { plan: _, ...terms } = definition.budgets ?? { warnAt: 0.8, withinMs: 60_000, elsewhere: {} };
      const budgets = { ...terms, ...(isLimited ? { plan: { ...limit, timeMs: 1 + afterMs } } : {}) };
      const { budget: _of, ...plain } = definition.agents[pick % definition.agents.length] as AgentProfile;
      const own = { attempts: 1 + (pick % 4), timeMs: null, ...(isLimited && pick % 3 === 0 ? limit : {}) };
      return {
        revision,
        ...(afterMs % 3 === 0 ? { budgets, budget: isLimited ? limit : null } : {}),
        ...(afterMs % 3 === 1 && definition.budgets ? { agents: [isLimited ? { ...plain, budget: limit } : plain] } : {}),
        tasks: [{ ...chosen, priority, estimateMs: 1 + afterMs, budget: own }],
      };
    }
  }
}

/** What an execution makes of a proposal: it refuses it, finds nothing to do, has it authorized first, or puts it in force. */
export function toProposalAnswer(sprint: Sprint, { n, changes }: ProposedAmendment, revision: number, at: number): SprintEvent {
  const { changeTask } = changes[0] as unknown as { changeTask: { task: string; set: { budget?: { attempts: number } } } };
  const task = plannedTasks(sprint).find(({ id }) => id === changeTask.task) as Task;
  if (n % 4 === 0) return { type: 'proposalSettled', at, proposal: n, why: 'more than its sprint has' };
  if (n % 4 === 1) return { type: 'proposalSettled', at, proposal: n, why: null };
  if (n % 4 === 2) return { type: 'tasksHeld', at, revision, taskIds: [task.id], proposal: n };
  const budget = { ...task.budget, attempts: changeTask.set.budget?.attempts ?? task.budget.attempts };
  return { type: 'amended', at, amendment: { revision, tasks: [{ ...task, budget, estimateMs: 1 + n }] }, proposal: n };
}

/** As the plan has them, which those at work are only after their attempts. */
const plannedTasks = (sprint: Sprint): Task[] => sprint.definition.sprint.tasks.map((_, number) => plannedSpec(sprint, number));

/** Open tasks that depend on one, with others in its place. */
function relinked(sprint: Sprint, gone: string, instead: Task['dependsOn']): Task[] {
  return plannedTasks(sprint).flatMap((one, number) => {
    if (isTaskEnded(taskRun(sprint, number).state) || !one.dependsOn.some((on) => on.task === gone)) return [];
    return [{ ...one, dependsOn: [...one.dependsOn.filter((on) => on.task !== gone), ...instead] }];
  });
}

/** Whether `from` waits for `to`, at any distance. */
function reaches(tasks: readonly Task[], from: string, to: string): boolean {
  const byId = new Map(tasks.map((one) => [one.id, one]));
  const open = [from];
  const seen = new Set<string>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === to) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    for (const on of byId.get(next)?.dependsOn ?? []) open.push(on.task);
  }
  return false;
}
