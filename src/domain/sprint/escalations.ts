import { clip } from '../clip.ts';
import type { MeanwhileAction } from '../emergencies/contingency.ts';
import { taskKey } from '../emergencies/emergency-keys.ts';
import type { DecisionTerms } from '../escalation/decision-data.ts';
import { ACKNOWLEDGE, type EscalationCause, type EscalationSaid } from '../escalation/escalation.ts';
import type { EscalationPolicy, Severity } from '../escalation/policy.ts';
import type { Respond } from '../messages.ts';
import type { Json, Priority } from '../plan/plan.ts';
import type { InboxItem } from '../views.ts';
import { declaredChain, mediationChain } from './chain.ts';
import { closeItem, openItem } from './inbox.ts';
import { measuresFor } from './measures.ts';
import { boundSilence } from './silent-rollbacks.ts';
import type { OpenItem } from './state.ts';
import { toTaskQuestion } from './task-questions.ts';
import { alert, decide, resolveAlert, taskRun, taskSpec, type Sprint, type Turn } from './turn.ts';

/** An escalation under way, as the sprint keeps it. */
export interface OpenEscalation {
  readonly n: number;
  readonly cause: EscalationCause;
  readonly options: readonly string[];
  readonly takes?: DecisionTerms;
  /** What its chain has done while it is open; absent: nothing. */
  readonly meanwhile?: readonly MeanwhileAction[];
  /** Level that is asked; 0 before the first. */
  level: number;
}

/** So many at a time; what comes beyond is an alert, and what it would have decided happens as if nobody had answered. */
const MAX_OPEN = 50;
/** Of what went wrong, in the state and in the child's input. */
const MAX_TEXT = 2_000;
/** A task that goes on failing is not asked about for ever. */
const MAX_OF_TASK = 5;
/** Chain where the plan declares none: whoever may answer, for a day. */
const DEFAULT_WITHIN_MS = 86_400_000;

/** The chain that is asked about a task, or about the sprint as a whole. */
export function policyFor(
  sprint: Sprint,
  cause: Pick<EscalationCause, 'task'> & Partial<Pick<EscalationCause, 'kind'>>,
): EscalationPolicy {
  if (cause.kind === 'conflict') return mediationChain(sprint, cause.task);
  const { people } = sprint.definition;
  return (
    declaredChain(sprint, cause.task) ?? {
      levels: [{ to: people === 'anyone' ? [] : people, via: [], withinMs: DEFAULT_WITHIN_MS }],
      otherwise: 'stop',
    }
  );
}

/** Whether the plan wants a failing task to be escalated rather than to fail at once. */
export const isEscalated = ({ definition }: Sprint, task: number): boolean =>
  Boolean(definition.sprint.tasks[task]?.escalation ?? definition.sprint.escalation ?? definition.escalation);

/**
 * Puts a cause before the chain that the plan declares; the task that it names waits for the decision. One cause at a time: the same key
 * again only counts. Answers whether it is before somebody now.
 * @param takes What data the decisions take that need some.
 */
export function startEscalation(turn: Turn, given: EscalationCause, options: readonly string[], takes?: DecisionTerms): boolean {
  const { definition, state } = turn;
  const open = Object.values(state.escalations).find((one) => one.cause.key === given.key);
  if (open) {
    const text = clip(given.text, 500);
    turn.effects.push({ type: 'tellProcedure', kind: 'escalation', n: open.n, news: { type: 'repeated', text } });
    return true;
  }
  if (Object.keys(state.escalations).length >= MAX_OPEN) {
    decide(turn, 'escalationRefused', `"${given.title}" is not escalated: ${MAX_OPEN} escalations are open`, { key: given.key });
    return false;
  }
  const n = (state.procedures.escalation += 1);
  const policy = boundSilence(turn, given, policyFor(turn, given));
  const { meanwhile } = policy;
  const cause = { ...given, measures: measuresFor(turn, given, meanwhile) };
  state.escalations[n] = { n, cause, options, ...(takes ? { takes } : {}), ...(meanwhile ? { meanwhile } : {}), level: 0 };
  // An alert that escalates is open already.
  if (cause.kind !== 'alert') alert(turn, ALERT_OF[cause.kind], `escalation/${n}`, `${cause.title}: ${cause.text}`);
  decide(turn, 'escalationStarted', `escalation ${n}: ${cause.title}: ${cause.text}`, toFacts(n, cause), {
    ...toFacts(n, cause),
    severity: cause.severity,
    evidence: cause.evidence,
    measures: cause.measures,
  });
  const named = new Set(policy.levels.flatMap(({ to }) => to));
  turn.effects.push({
    type: 'startProcedure',
    kind: 'escalation',
    n,
    summary: cause.title,
    input: {
      executionId: definition.executionId,
      sprint: definition.sprint.id,
      cause,
      policy,
      options,
      ...(takes ? { takes } : {}),
      agents: definition.agents.filter(({ id }) => named.has(id)),
    },
  });
  return true;
}

export const ALERT_OF = {
  taskFailed: 'quality',
  reallocationFailed: 'performance',
  agentFailure: 'performance',
  resourceFailure: 'resource',
  communicationBreakdown: 'communication',
  qualityCrisis: 'quality',
  dependencyDown: 'resource',
  unansweredRequest: 'communication',
  conflict: 'resource',
  rollbackFailed: 'quality',
} as const;

export const toFacts = (n: number, { kind, key, task, agent_id }: EscalationCause) => ({
  escalation: n,
  kind,
  key,
  ...(task === null ? {} : { task }),
  ...(agent_id === null ? {} : { agent_id }),
});

/** The task would fail for good: where the plan declares a chain, it is asked first. Answers whether it was. */
export function escalateFailure(turn: Turn, task: number, text: string, reason: string): boolean {
  const run = taskRun(turn, task);
  if (!isEscalated(turn, task) || turn.state.cancelling || run.escalations >= MAX_OF_TASK) return false;
  const { id, title } = taskSpec(turn, task);
  const cause: EscalationCause = {
    key: taskKey(id),
    kind: 'taskFailed',
    severity: severityOf(run.priority),
    title: `"${title}" failed${text}`,
    text: clip(reason, MAX_TEXT),
    task: id,
    agent_id: null,
    evidence: { attempts: run.attempt, feedback: run.feedback.slice(-3) },
    measures: ['the task waits, and what depends on it'],
  };
  const { options, takes } = toTaskQuestion(turn, task);
  if (!startEscalation(turn, cause, options, takes)) return false;
  run.escalations += 1;
  holdForDecision(turn, task);
  return true;
}

export const severityOf = (priority: Priority): Severity =>
  priority === 'urgent' ? 'critical' : priority === 'high' ? 'high' : 'medium';

/** The task waits for the decision, and not for an agent. */
export function holdForDecision(turn: Turn, task: number): void {
  const run = taskRun(turn, task);
  run.state = 'waiting';
  run.isEscalated = true;
  run.reason = 'escalated';
}

/** Of a task that could not be reallocated. */
export const toEscalationKey = (taskId: string): string => `reallocation/${taskId}`;

/** What the child says: who is asked now, until when. */
export function takeEscalationWord(turn: Turn, n: number, said: EscalationSaid): void {
  const open = turn.state.escalations[n];
  if (!open) return;
  if (said.type === 'reminded') {
    const item = turn.state.inbox[toItemId(open, said.level)];
    if (item) decide(turn, 'escalationReminded', `level ${said.level} is reminded of "${item.title}"`, toFacts(n, open.cause));
    return;
  }
  closeItem(turn, toItemId(open, open.level));
  open.level = said.level;
  // Its word came too late: the next one is on its way.
  if (said.deadline <= turn.state.now) return;
  const { people, sprint } = turn.definition;
  openItem(turn, toEscalationItem(open, said, people, sprint.id), said.deadline - turn.state.now);
}

/** What the level is asked that has its turn. @param people Who may answer where the level names agents only. */
export function toEscalationItem(
  open: OpenEscalation,
  { level, people: named, via, otherwise }: Extract<EscalationSaid, { type: 'asked' }>,
  people: InboxItem['people'],
  sprint: string | null,
): Omit<InboxItem, 'since' | 'deadline'> {
  const { cause, options, takes } = open;
  return {
    itemId: toItemId(open, level),
    kind: 'escalation',
    title: clip(`level ${level}: ${cause.title}`, 300),
    question: cause.text,
    options: [...options, ACKNOWLEDGE],
    people: named.length > 0 ? named : people,
    otherwise,
    sprint,
    task: cause.task,
    ...(takes ? { takes } : {}),
    ...(cause.measures.length === 0 ? {} : { measures: cause.measures }),
    ...(via.length === 0 ? {} : { via }),
  };
}

/** Unique within the plan where a task is named, within the sprint otherwise: see `listItems` of the execution. */
export const toItemId = ({ n, cause }: OpenEscalation, level: number): string =>
  `${cause.task === null ? '' : `${cause.task}/`}escalation/${n}/${level}`;

/** A person has answered: the child decides what that means for the chain. */
export function passOnDecision(turn: Turn, { itemId }: OpenItem, { by, decision, note, data }: Respond): void {
  const n = Number(itemId.split('/').at(-2));
  const news = { type: 'responded', by, decision, note: note ?? null, data: (data ?? null) as Json } as const;
  turn.effects.push({ type: 'tellProcedure', kind: 'escalation', n, news });
}

/** The sprint is over: what is still asked is of no use any more. */
export function withdrawEscalations(turn: Turn, reason: string): void {
  for (const open of Object.values(turn.state.escalations)) withdrawEscalation(turn, open, reason);
}

/** Its cause is gone. */
export function withdrawEscalation(turn: Turn, open: OpenEscalation, reason: string): void {
  closeItem(turn, toItemId(open, open.level));
  resolveAlert(turn, `escalation/${open.n}`);
  turn.effects.push({ type: 'tellProcedure', kind: 'escalation', n: open.n, news: { type: 'withdrawn', reason } });
  delete turn.state.escalations[open.n];
}

/** As `withdrawEscalation`, of whatever is asked because of that; does nothing where nobody is. */
export function withdrawCause(turn: Turn, key: string, reason: string): void {
  const open = Object.values(turn.state.escalations).find(({ cause }) => cause.key === key);
  if (open) withdrawEscalation(turn, open, reason);
}

/** Whether the task waits for a decision. */
export const isHeldByEscalation = ({ state }: Sprint, task: number): boolean =>
  state.tasks[task]?.state === 'waiting' && state.tasks[task].isEscalated;

/** Somebody is asked, or is about to be, or what was decided is to come into force. */
export const isEscalating = ({ state }: Sprint): boolean => {
  if (state.proposals) return true;
  for (const _ in state.escalations) return true;
  return false;
};
