import type { StatusReport } from '../agent-status.ts';
import type { InboxItem } from '../views.ts';
import type { Answer, TaskRun } from './state.ts';
import { addTimer } from './timers.ts';
import { agentOfTask, decide, taskRun, taskSpec, toIso, type Turn } from './turn.ts';

/** Time to answer where nothing else is declared. */
export const DEFAULT_WITHIN_MS = 86_400_000;

export const POSITIVE = ['done', 'approve'];
export const NEGATIVE = ['reject'];

/** Puts something before people. Silence has an end too: the deadline and what then happens. */
export function openItem(turn: Turn, item: Omit<InboxItem, 'since' | 'deadline'>, withinMs: number): void {
  const { state } = turn;
  const deadlineMs = state.now + withinMs;
  const deadline = toIso(deadlineMs);
  state.inbox[item.itemId] = { ...item, since: turn.at, deadline, deadlineMs };
  addTimer(state, { at: deadlineMs, kind: 'item', ref: item.itemId });
  decide(turn, 'personNeeded', `${item.title}: ${item.question}`, { itemId: item.itemId, deadline, otherwise: item.otherwise });
  turn.news = 'urgent';
}

export function closeItem(turn: Turn, itemId: string): void {
  if (!Object.hasOwn(turn.state.inbox, itemId)) return;
  delete turn.state.inbox[itemId];
  turn.news = 'urgent';
}

/** A budget outlives the attempt that has used it up. */
export function closeItemsOf(turn: Turn, task: number): void {
  const { id } = taskSpec(turn, task);
  const { inbox } = turn.state;
  // What others are asked about the task is not the attempt's.
  for (const itemId in inbox) if (inbox[itemId]?.task === id && itemId.startsWith(`${id}#`)) closeItem(turn, itemId);
}

/** A task of a human agent is an item that waits for an answer; it holds no worker slot. */
export function openHumanTask(turn: Turn, task: number): void {
  const spec = taskSpec(turn, task);
  const agent = agentOfTask(turn, task);
  const human = agent.human ?? { people: [agent.id], withinMs: DEFAULT_WITHIN_MS, otherwise: 'fail' as const };
  const question = typeof spec.input.question === 'string' ? spec.input.question : (spec.description ?? spec.title);
  const { from, notes = [] } = taskRun(turn, task).moves?.handover ?? {};
  const left = notes.length === 0 ? '' : `\n\nLeft by ${from?.agent_id} in attempt ${from?.attempt}: ${notes.join(' ')}`;
  openItem(
    turn,
    {
      itemId: `${spec.id}#${taskRun(turn, task).attempt}`,
      kind: 'humanTask',
      title: `${agent.id}: ${spec.title}`,
      question: question + left,
      options: [...POSITIVE, ...NEGATIVE],
      people: human.people,
      otherwise: human.otherwise === 'skip' ? 'the task is skipped with what depends on it' : 'the task fails',
      sprint: turn.definition.sprint.id,
      task: spec.id,
    },
    spec.budget.timeMs ?? human.withinMs,
  );
}

/** Open questions of one attempt at a time; an agent is expected to wait for the answer to its first. */
const MAX_QUESTIONS = 5;

export function openQuestion(turn: Turn, task: number, question: NonNullable<StatusReport['question']>): void {
  const run = taskRun(turn, task);
  const spec = taskSpec(turn, task);
  const agent_id = agentOfTask(turn, task).id;
  const itemId = `${spec.id}#${run.attempt}/${question.id}`;
  const { inbox } = turn.state;
  if (Object.hasOwn(inbox, itemId) || run.answers.some(({ questionId }) => questionId === question.id)) return;
  if (Object.values(inbox).filter((item) => item.task === spec.id).length >= MAX_QUESTIONS) {
    addAnswer(run, {
      questionId: question.id,
      decision: 'noAnswer',
      text: `${MAX_QUESTIONS} questions are open already`,
      data: null,
    });
    const text = `a question of ${agent_id} in "${spec.title}" was refused: ${MAX_QUESTIONS} are open already`;
    return decide(turn, 'questionRefused', text, { itemId, agent_id });
  }
  openItem(
    turn,
    {
      itemId,
      kind: 'question',
      title: `${agent_id} asks in "${spec.title}"`,
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

const MAX_ANSWERS = 20;

/** Puts an answer where the agent's worker fetches it; the oldest of more than 20 is dropped. */
export function addAnswer(run: TaskRun, answer: Answer): void {
  run.answers = [...run.answers, answer].slice(-MAX_ANSWERS);
}
