import type { AttemptFailure } from '../attempt.ts';
import { clip } from '../clip.ts';
import { readTopUp } from '../budget.ts';
import { needsData, readDecision } from '../escalation/decision-data.ts';
import type { Refusal } from '../failure.ts';
import type { Respond } from '../messages.ts';
import { ownValue } from '../own-value.ts';
import type { Json } from '../plan/plan.ts';
import { err, ok, type Result } from '../result.ts';
import type { StepDecision } from '../rollback/rollback.ts';
import { findStaleAttempt, type TaskStanding } from '../stale-attempt.ts';
import { abandonTask, failAttempt, finishTask } from './attempts.ts';
import { answerTopUp, topUpIsDue } from './budget-answers.ts';
import { TOP_UP } from './budget-questions.ts';
import { cancel, resume } from './control.ts';
import { passOnDecision } from './escalations.ts';
import { HAND_OVER } from './giving-way.ts';
import { addAnswer, closeItem, NEGATIVE } from './inbox.ts';
import { movesOf } from './moves.ts';
import { decideStep } from './rollbacks.ts';
import { passOnBid } from './reallocation-words.ts';
import { failWaitingFor } from './standstill.ts';
import { isTaskEnded, type OpenItem, type SprintState } from './state.ts';
import { agentOfTask, decide, taskRun, taskSpec, type Sprint, type Turn } from './turn.ts';
import { toWithdrawal } from './withdrawal.ts';

const MAX_NAMED = 20;

/** May this person give this answer to this item? @param standingOf What is known of a task, by its id. */
export function checkResponse(
  inbox: SprintState['inbox'],
  answer: Respond,
  standingOf: (taskId: string) => TaskStanding | undefined,
): Result<OpenItem, Refusal> {
  const item = ownValue(inbox, answer.itemId);
  if (!item) {
    const message = `no item "${answer.itemId}" waits; open are: ${listNames(Object.keys(inbox))}`;
    return err(findStaleAttempt(answer.itemId, standingOf) ?? { type: 'UnknownItem', message });
  }
  if (item.people !== 'anyone' && !item.people.includes(answer.by)) {
    const message = `"${answer.by}" may not answer "${item.itemId}"; expected one of: ${listNames(item.people)}`;
    return err({ type: 'NotAnApprover', message });
  }
  if (item.options.length > 0 && !item.options.includes(answer.decision)) {
    return err({
      type: 'InvalidMessage',
      message: `decision: expected one of ${item.options.join(', ')}, got "${answer.decision}"`,
    });
  }
  const read = readData(item, answer);
  return read?.ok === false ? err({ type: 'InvalidMessage', message: read.error }) : ok(item);
}

/** As `checkResponse`, of the sprint's own items. */
export const checkOwnResponse = ({ index, state }: Sprint, answer: Respond): Result<OpenItem, Refusal> =>
  checkResponse(state.inbox, answer, (id) => state.tasks[index.taskNumber.get(id) ?? -1]);

/** What the decision needs of `data`; null: nothing. */
function readData({ topUp, takes = {} }: OpenItem, { decision, data }: Respond): Result<unknown> | null {
  if (topUp && decision === TOP_UP) return readTopUp(data, topUp);
  return needsData(takes, decision) ? readDecision(takes, decision, data) : null;
}

const listNames = (names: readonly string[]): string =>
  names.length === 0 ? 'none' : names.slice(0, MAX_NAMED).join(', ') + (names.length > MAX_NAMED ? ', …' : '');

export function takeResponse(turn: Turn, item: OpenItem, answer: Respond): void {
  const note = answer.note ? `: ${answer.note}` : '';
  decide(turn, 'answered', `${answer.by} answered "${answer.decision}" to "${item.title}"${note}`, {
    itemId: item.itemId,
    by: answer.by,
    decision: answer.decision,
  });
  closeItem(turn, item.itemId);
  switch (item.kind) {
    case 'question':
      return answerQuestion(turn, item, answer);
    case 'humanTask':
      return endHumanTask(turn, item, answer);
    case 'agentUnavailable':
      return failWaitingFor(turn, agentOfItem(item));
    case 'escalation':
      return passOnDecision(turn, item, answer);
    case 'topUp':
      return answerTopUp(turn, item, answer);
    case 'rollback':
      return decideStep(turn, item, answer.decision as StepDecision, answer.by);
    case 'offer':
      return passOnBid(turn, item, answer);
    default:
      return resume(turn, { by: answer.by, reason: answer.note });
  }
}

/** Nobody answered in time: what was declared happens, and the log says that it was silence. */
export function itemIsDue(turn: Turn, itemId: string): void {
  const item = turn.state.inbox[itemId] as OpenItem;
  decide(turn, 'nobodyAnswered', `nobody answered "${item.title}" by ${item.deadline}: ${item.otherwise}`, { itemId });
  closeItem(turn, itemId);
  switch (item.kind) {
    case 'question':
      return answerQuestion(turn, item, { decision: 'noAnswer' });
    case 'humanTask':
      return humanTaskIsDue(turn, item);
    case 'agentUnavailable':
      return failWaitingFor(turn, agentOfItem(item));
    case 'rollback':
      return decideStep(turn, item, 'abandon', null);
    case 'escalation':
    case 'offer':
      return; // the procedure itself asks the next level, awards the work to another, or ends
    case 'topUp':
      return topUpIsDue(turn, item);
    default:
      return cancel(turn);
  }
}

function answerQuestion(turn: Turn, item: OpenItem, answer: Pick<Respond, 'decision' | 'note' | 'data'>): void {
  const run = taskRun(turn, taskOfItem(turn, item));
  const questionId = item.itemId.slice(`${item.task}#${run.attempt}/`.length);
  addAnswer(run, { questionId, decision: answer.decision, text: answer.note ?? null, data: (answer.data ?? null) as Json });
}

function endHumanTask(turn: Turn, item: OpenItem, answer: Respond): void {
  const task = taskOfItem(turn, item);
  if (answer.decision === HAND_OVER) return endGivingWay(turn, task, answer);
  const note = answer.note ?? '';
  const summary = `${answer.by}: ${answer.decision}${note && ` (${note})`}`;
  if (!NEGATIVE.includes(answer.decision)) finishTask(turn, task, { summary, deliverables: [] });
  else failAttempt(turn, task, toPersonFailure(`rejected by ${answer.by}${note && `: ${note}`}`));
}

function humanTaskIsDue(turn: Turn, item: OpenItem): void {
  const task = taskOfItem(turn, item);
  if (taskRun(turn, task).withdrawn !== undefined) return endGivingWay(turn, task, null);
  const message = `nobody answered by ${item.deadline}`;
  if (agentOfTask(turn, task).human?.otherwise === 'skip') abandonTask(turn, task, message);
  else failAttempt(turn, task, toPersonFailure(message));
}

/** Of what a person leaves, in each of note and data; the ledger has all of it. */
const MAX_LEFT = 4_000;

/** The person has handed over what there is, or its time is up: the next attempt is told what was left. @param answer null: nothing was. */
function endGivingWay(turn: Turn, task: number, answer: Respond | null): void {
  const run = taskRun(turn, task);
  const { id, title } = taskSpec(turn, task);
  const { attempt, status, withdrawn: reason = '' } = run;
  const from = { agent_id: agentOfTask(turn, task).id, attempt };
  failAttempt(turn, task, toWithdrawal(reason));
  if (answer === null) return;
  const { by, note = null, data = null } = answer;
  const left = [note, data === null ? null : JSON.stringify(data)].flatMap((text) => (text ? [clip(text, MAX_LEFT)] : []));
  if (!isTaskEnded(run.state)) movesOf(run).handover = { from, reason, status, bundle: null, notes: left };
  const facts = { task: id, attempt, by };
  const text = `${by} handed over "${title}"${left.length === 0 ? '' : `: ${left.join(' ')}`}`;
  decide(turn, 'handedOver', text, facts, { ...facts, note, data: data as Json });
}

function toPersonFailure(message: string): AttemptFailure {
  return { cause: 'person', type: 'AgentError', message, retryable: false, exitCode: null, tail: '', checks: [], log: null };
}

const taskOfItem = (turn: Turn, item: OpenItem): number => turn.index.taskNumber.get(item.task as string) as number;

const agentOfItem = (item: OpenItem): string => item.itemId.slice('agent/'.length);
