import { CHANGEABLE, type DecisionTerms } from '../escalation/decision-data.ts';
import type { Task } from '../plan/plan.ts';
import { openBooks, specOf } from './accounts.ts';
import { nextSpec, taskRun, type Sprint } from './turn.ts';

const MAX_AGENTS = 100;

/** What can be decided about a task that waits for a decision. */
const TASK_OPTIONS = ['retry', 'reassign', 'extend', 'topUp', 'change', 'skip', 'reject', 'rollback', 'stop'] as const;

/** The decisions that there are for this task, and what data those take that need some. */
export function toTaskQuestion(sprint: Sprint, task: number): { options: readonly string[]; takes: DecisionTerms } {
  const takes = toTerms(sprint, task);
  const isOffered = (option: string): boolean => Object.hasOwn(takes, option) || !['reassign', 'topUp'].includes(option);
  return { options: TASK_OPTIONS.filter(isOffered), takes };
}

/** What data the decisions about the task take that need some; those that are not possible are absent. */
export function toTerms(sprint: Sprint, task: number): DecisionTerms {
  const books = openBooks(sprint);
  const { budget } = nextSpec(sprint, task);
  const agents = othersFor(sprint, task);
  const account = books?.index.ofTask[task] ?? null;
  return {
    ...(agents.length === 0 ? {} : { reassign: agents }),
    extend: budget.timeMs === null ? ['attempts'] : ['time', 'attempts'],
    ...(books === null || account === null ? {} : { topUp: specOf(books, account).kinds }),
    change: CHANGEABLE,
  };
}

/** Agents of the sprint with the skills that the task asks for, also where the plan names one, without whoever had it last. */
function othersFor(sprint: Sprint, task: number): string[] {
  const { definition, index } = sprint;
  const { skills } = index.tasks[task] as Task;
  const last = taskRun(sprint, task).agent;
  const isFit = (id: string): boolean => {
    const number = index.agentNumber.get(id) as number;
    return number !== last && skills.every((skill) => index.agents[number]?.skills.includes(skill));
  };
  return definition.sprint.agents.filter(isFit).slice(0, MAX_AGENTS);
}
