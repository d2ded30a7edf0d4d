import type { AttemptFailure } from '../attempt.ts';
import type { Refusal } from '../failure.ts';
import type { Respond } from '../messages.ts';
import { err, ok, type Result } from '../result.ts';
import { abandonTask, endTask, failAttempt, finishTask, skipDependents } from './attempts.ts';
import { cancel, resume } from './control.ts';
import { closeItem, NEGATIVE } from './inbox.ts';
import type { OpenItem, SprintState } from './state.ts';
import { decide, taskRun, type Turn } from './turn.ts';

/** May this person give this answer to this item? */
export function checkResponse(state: Pick<SprintState, 'inbox'>, answer: Respond): Result<OpenItem, Refusal> {
  const item = state.inbox[answer.itemId];
  if (!item) return err({ type: 'UnknownItem', message: `no item "${answer.itemId}" waits; open are: ${Object.keys(state.inbox).join(', ') || 'none'}` });
  if (item.people !== 'anyone' && !item.people.includes(answer.by)) {
    return err({ type: 'NotAnApprover', message: `"${answer.by}" may not answer "${item.itemId}"; expected one of: ${item.people.join(', ')}` });
  }
  if (item.options.length > 0 && !item.options.includes(answer.decision)) {
    return err({ type: 'InvalidMessage', message: `decision: expected one of ${item.options.join(', ')}, got "${answer.decision}"` });
  }
  return ok(item);
}

export function takeResponse(turn: Turn, item: OpenItem, answer: Respond): void {
  const note = answer.note ? `: ${answer.note}` : '';
  decide(turn, 'answered', `${answer.by} answered "${answer.decision}" to "${item.title}"${note}`, {
    itemId: item.itemId,
    by: answer.by,
    decision: answer.decision,
  });
  closeItem(turn, item.itemId);
  if (item.kind === 'question') answerQuestion(turn, item, answer);
  else if (item.kind === 'humanTask') endHumanTask(turn, item, answer);
  else if (item.kind === 'agentUnavailable') failWaitingFor(turn, item);
  else if (item.kind === 'paused' || item.kind === 'stopped') resume(turn, { by: answer.by, reason: answer.note });
}

function answerQuestion(turn: Turn, item: OpenItem, answer: Pick<Respond, 'decision' | 'note' | 'data'>): void {
  const task = turn.index.taskNumber.get(item.task ?? '') as number;
  const run = taskRun(turn, task);
  const questionId = item.itemId.slice(`${item.task}#${run.attempt}/`.length);
  run.answers.push({ questionId, decision: answer.decision, text: answer.note ?? null, data: (answer.data ?? null) as never });
}

function endHumanTask(turn: Turn, item: OpenItem, answer: Respond): void {
  const task = turn.index.taskNumber.get(item.task ?? '') as number;
  const summary = `${answer.by}: ${answer.decision}${answer.note ? ` (${answer.note})` : ''}`;
  if (!NEGATIVE.includes(answer.decision)) finishTask(turn, task, { summary, deliverables: [] });
  else failAttempt(turn, task, toPersonFailure(`rejected by ${answer.by}${answer.note ? `: ${answer.note}` : ''}`));
}

/** Nobody answered in time: what was declared happens, and the log says that it was silence. */
export function itemIsDue(turn: Turn, itemId: string): void {
  const item = turn.state.inbox[itemId] as OpenItem;
  decide(turn, 'nobodyAnswered', `nobody answered "${item.title}" by ${item.deadline}: ${item.otherwise}`, { itemId });
  closeItem(turn, itemId);
  if (item.kind === 'question') answerQuestion(turn, item, { decision: 'noAnswer' });
  else if (item.kind === 'agentUnavailable') failWaitingFor(turn, item);
  else if (item.kind === 'humanTask') humanTaskIsDue(turn, item);
  else cancel(turn);
}

function humanTaskIsDue(turn: Turn, item: OpenItem): void {
  const task = turn.index.taskNumber.get(item.task ?? '') as number;
  const agent = turn.index.agents[taskRun(turn, task).agent as number];
  const message = `nobody answered by ${item.deadline}`;
  if (agent?.human?.otherwise === 'skip') abandonTask(turn, task, message);
  else failAttempt(turn, task, toPersonFailure(message));
}

function toPersonFailure(message: string): AttemptFailure {
  return { cause: 'person', type: 'AgentError', message, retryable: false, exitCode: null, tail: '', checks: [], log: null };
}

/** Fails the ready tasks that only this unavailable agent could do. */
function failWaitingFor(turn: Turn, item: OpenItem): void {
  const agent = turn.index.agentNumber.get(item.itemId.slice('agent/'.length)) as number;
  for (const group of turn.index.classesOfAgent[agent] ?? []) {
    for (const task of turn.state.ready[group]?.splice(0) ?? []) {
      endTask(turn, task, 'failed', `${turn.index.agents[agent]?.id} is unavailable`);
      skipDependents(turn, task);
    }
  }
}
