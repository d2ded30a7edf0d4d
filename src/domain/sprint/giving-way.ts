import { clip } from '../clip.ts';
import { formatDuration } from '../duration.ts';
import { openItem } from './inbox.ts';
import type { OpenItem } from './state.ts';
import { agentOfTask, agentRun, taskRun, taskSpec, type Sprint, type Turn } from './turn.ts';

/** Time for a person to hand in what there is, where the config gives none. */
const DEFAULT_WRAP_UP_MS = 600_000;
const MAX_QUESTION = 4_000;

/** The decision by which a person ends an attempt that gives way without a result. */
export const HAND_OVER = 'handOver';

/** Whether whoever has the task is a person who can be asked to hand it over. */
export function isPersonThere(sprint: Sprint, task: number): boolean {
  const { agent } = taskRun(sprint, task);
  return agentOfTask(sprint, task).kind === 'human' && agentRun(sprint, agent as number).available;
}

/** Asks the person for what there is, instead of taking the task away at once: as agents are asked to wrap up. */
export function askToHandOver(turn: Turn, task: number, why: string): void {
  const spec = taskSpec(turn, task);
  const { inbox, now } = turn.state;
  const { deadlineMs, since: _since, deadline: _deadline, ...item } = inbox[itemIdOf(turn, task)] as OpenItem;
  const withinMs = Math.min(deadlineMs - now, agentOfTask(turn, task).human?.wrapUpWithinMs ?? DEFAULT_WRAP_UP_MS);
  const within = `Within ${formatDuration(withinMs)} finish it, or answer ${HAND_OVER} with a note on how far it is.`;
  openItem(
    turn,
    {
      ...item,
      title: clip(`gives way: ${item.title}`, 300),
      question: clip(`${why}. ${within} ${item.question}`, MAX_QUESTION),
      options: [...item.options, HAND_OVER],
      otherwise: `it is taken away as it is: "${spec.title}" is done again later, or by somebody else`,
    },
    withinMs,
  );
}

const itemIdOf = (turn: Turn, task: number): string => `${taskSpec(turn, task).id}#${taskRun(turn, task).attempt}`;
