import type { StatusReport } from '../agent-status.ts';
import type { InboxItem } from '../views.ts';
import { addTimer } from './timers.ts';
import { decide, taskRun, toIso, type Turn } from './turn.ts';

/** Time to answer where nothing else is declared. */
export const DEFAULT_WITHIN_MS = 86_400_000;

export const POSITIVE = ['done', 'approve'];
export const NEGATIVE = ['reject'];

/** Puts something before people. Silence has an end too: the deadline and what then happens. */
export function openItem(turn: Turn, item: Omit<InboxItem, 'since' | 'deadline'>, withinMs: number): void {
  const { state } = turn;
  const deadlineMs = state.now + withinMs;
  state.inbox[item.itemId] = { ...item, since: toIso(state.now), deadline: toIso(deadlineMs), deadlineMs };
  addTimer(state, { at: deadlineMs, kind: 'item', ref: item.itemId });
  decide(turn, 'personNeeded', `${item.title}: ${item.question}`, { itemId: item.itemId, deadline: toIso(deadlineMs), otherwise: item.otherwise });
  turn.effects.push({ type: 'notify', kind: 'personNeeded', title: item.title, text: item.question });
  turn.news = 'urgent';
}

export function closeItem(turn: Turn, itemId: string): void {
  if (!(itemId in turn.state.inbox)) return;
  delete turn.state.inbox[itemId];
  turn.news = 'urgent';
}

export function closeItemsOf(turn: Turn, task: number): void {
  const id = turn.index.tasks[task]?.id;
  for (const item of Object.values(turn.state.inbox)) if (item.task === id) closeItem(turn, item.itemId);
}

/** A task of a human agent is an item that waits for an answer; it holds no worker slot. */
export function openHumanTask(turn: Turn, task: number): void {
  const run = taskRun(turn, task);
  const spec = turn.index.tasks[task] as (typeof turn.index.tasks)[number];
  const agent = turn.index.agents[run.agent as number];
  const human = agent?.human ?? { people: [agent?.id ?? ''], withinMs: DEFAULT_WITHIN_MS, otherwise: 'fail' as const };
  const question = typeof spec.input.question === 'string' ? spec.input.question : (spec.description ?? spec.title);
  openItem(
    turn,
    {
      itemId: `${spec.id}#${run.attempt}`,
      kind: 'humanTask',
      title: `${agent?.id}: ${spec.title}`,
      question,
      options: [...POSITIVE, ...NEGATIVE],
      people: human.people,
      otherwise: human.otherwise === 'skip' ? 'the task is skipped with what depends on it' : 'the task fails',
      sprint: turn.definition.sprint.id,
      task: spec.id,
    },
    spec.budget.timeMs ?? human.withinMs,
  );
}

export function openQuestion(turn: Turn, task: number, question: NonNullable<StatusReport['question']>): void {
  const run = taskRun(turn, task);
  const spec = turn.index.tasks[task] as (typeof turn.index.tasks)[number];
  const itemId = `${spec.id}#${run.attempt}/${question.id}`;
  if (itemId in turn.state.inbox || run.answers.some(({ questionId }) => questionId === question.id)) return;
  openItem(
    turn,
    {
      itemId,
      kind: 'question',
      title: `${turn.index.agents[run.agent as number]?.id} asks in "${spec.title}"`,
      question: question.text,
      options: question.options,
      people: turn.definition.people,
      otherwise: 'the agent is told "noAnswer"',
      sprint: turn.definition.sprint.id,
      task: spec.id,
    },
    DEFAULT_WITHIN_MS,
  );
}
