import { clip } from '../clip.ts';
import { toIso } from '../iso-time.ts';
import { putNotice, takeDue } from '../notices/outbox.ts';
import type { Notice, NoticeItem, NoticeKind } from '../notices/notice.ts';
import type { Prepared } from '../prepared.ts';
import { shellQuote } from '../shell-quote.ts';
import type { SprintProgress } from '../sprint/progress.ts';
import type { AlertView, InboxItem, TaskPhase } from '../views.ts';
import { itemIdOf } from './inbox.ts';
import { isExecutionFinal, type ExecutionState, type TaskNews } from './state.ts';
import type { ExecutionTurn } from './turn.ts';

/**
 * What people are told of an execution: a pure reading of what changes in it, its sprints' reports included. Sprints themselves tell
 * nobody, so that one outbox keeps the whole within its limit.
 */

const MAX_TITLE = 300;
const MAX_TEXT = 3_000;
/** The words of whoever asks leave room for who may answer, until when and how. */
const MAX_QUESTION = 1_500;
const MAX_NAMED = 20;

export function tell(
  { state }: ExecutionTurn,
  kind: NoticeKind,
  title: string,
  lines: readonly string[],
  item: NoticeItem | null = null,
  via?: readonly string[],
): void {
  if ((via ?? routes(state)).length === 0) return;
  state.outbox.count += 1;
  const { executionId, phase } = state;
  const id = `${executionId}/notice/${state.outbox.count}`;
  const text = clip(lines.join('\n'), MAX_TEXT);
  const notice: Notice = {
    id,
    kind,
    executionId,
    phase,
    at: toIso(state.now),
    title: clip(title.replaceAll(/\s+/g, ' '), MAX_TITLE),
    text,
    item,
    ...(via ? { via } : {}),
  };
  putNotice(state.outbox, notice);
}

const routes = ({ prepared }: ExecutionState): readonly string[] => prepared?.resolved.policies.notify ?? [];

/** Emits what is due to be told; the last of all is not held up. */
export function releaseNotices({ state, effects }: ExecutionTurn): void {
  const due = takeDue(state.outbox, state.now, isExecutionFinal(state.phase));
  if (due !== null) effects.push({ type: 'notify', channels: routes(state), ...due });
}

export function tellItem(turn: ExecutionTurn, item: InboxItem): void {
  const { itemId, kind, title, question, deadline, otherwise, measures = [] } = item;
  const options = item.options.slice(0, MAX_NAMED);
  const people = item.people === 'anyone' ? item.people : item.people.slice(0, MAX_NAMED);
  const { executionId } = turn.state;
  const who = people === 'anyone' ? 'anyone' : people.join(', ');
  const decision = options[0] ?? 'DECISION';
  const isAuthorization = kind === 'authorization';
  const words = isAuthorization
    ? ['--hash', turn.state.amendments?.pending?.revision.planHash ?? (turn.state.prepared as Prepared).planHash]
    : [itemId, decision];
  const command = [`pact ${isAuthorization ? 'authorize' : 'respond'}`, ...[executionId, ...words].map(shellQuote)].join(' ');
  const lines = [
    clip(question, MAX_QUESTION),
    '',
    clip(`For ${who}; ${options.length === 0 ? 'a free answer' : `answers: ${options.join(', ')}`}`, MAX_TITLE),
    `Due ${deadline}; without an answer ${otherwise}.`,
    `Answer with: ${command} --as NAME`,
    ...(measures.length === 0 ? [] : ['', 'Meanwhile:', ...measures]),
  ];
  const asked = { itemId, options, people, deadline, otherwise };
  tell(turn, isAuthorization ? 'authorizationNeeded' : 'personNeeded', title, lines, asked, item.via);
}

export const tellAlert = (turn: ExecutionTurn, { kind, text, via }: Pick<AlertView, 'kind' | 'text' | 'via'>): void =>
  tell(turn, 'alert', `${kind} alert`, [text], null, via);

/** What a sprint's report says that its last one did not. */
export function tellProgress(turn: ExecutionTurn, before: SprintProgress | null, now: SprintProgress): void {
  const { sprintId, inbox, alerts, coordination } = now;
  // One that was opened anew asks something else.
  const known = new Map(before?.inbox.map(({ itemId, since }) => [itemId, since]));
  for (const item of inbox) {
    if (known.get(item.itemId) === item.since || isHeldAnyway(turn.state, item)) continue;
    tellItem(turn, { ...item, itemId: itemIdOf(sprintId, item) });
  }
  const open = new Set(before?.alerts.map(({ id }) => id));
  for (const alert of alerts) if (!open.has(alert.id)) tellAlert(turn, alert);
  const passed = new Set(before?.coordination.checkpoints.flatMap(({ id, state }) => (state === 'passed' ? [id] : [])));
  for (const { id, state } of coordination.checkpoints) {
    if (state === 'passed' && !passed.has(id)) tell(turn, 'milestone', `checkpoint ${id} passed`, [`In sprint ${sprintId}.`]);
  }
}

/** The whole is paused or stopped, and people have been asked about that. */
const isHeldAnyway = ({ phase }: ExecutionState, { kind }: InboxItem): boolean =>
  (kind === 'paused' || kind === 'stopped') && phase !== 'running';

/** A task that fails, or is blocked by something else than a question to people. */
export function tellTask(
  turn: ExecutionTurn,
  { sprintId, title, before }: { readonly sprintId: string; readonly title: string; readonly before: TaskPhase | undefined },
  { id, state, agent_id, attempts, reason }: TaskNews,
): void {
  if (state === before || (state !== 'failed' && state !== 'blocked')) return;
  const asks = (): boolean => turn.state.sprints.some(({ progress }) => progress?.inbox.some(({ task }) => task === id));
  if (state === 'blocked' && asks()) return;
  const lines = [
    reason ?? 'no reason given',
    `Task ${id} of sprint ${sprintId}, attempt ${attempts}${agent_id === null ? '' : ` by ${agent_id}`}.`,
  ];
  tell(
    turn,
    state === 'failed' ? 'taskFailed' : 'taskBlocked',
    `"${title}" ${state === 'failed' ? 'failed' : 'is blocked'}`,
    lines,
  );
}

export function tellSprintEnd(turn: ExecutionTurn, { sprintId, phase, reason, tasks }: SprintProgress): void {
  const lines = [`${tasks.done} of ${tasks.total} tasks are done.`, ...(reason === null ? [] : [reason])];
  tell(turn, 'milestone', `sprint ${sprintId} ${phase}`, lines);
}
