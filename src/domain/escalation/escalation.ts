import type { AgentAnswer } from '../agent-question.ts';
import { clip } from '../clip.ts';
import { toIso } from '../iso-time.ts';
import type { Json, JsonObject } from '../plan/plan.ts';
import type { AgentProfile } from '../roster.ts';
import { needsData, readDecision, type DecisionTerms } from './decision-data.ts';
import { addOpenTime } from './open-hours.ts';
import type { ChainEnd, EscalationLevel, EscalationPolicy, Severity } from './policy.ts';

/** What went wrong that its owner does not decide by itself. */
export const CAUSE_KINDS = [
  'taskFailed',
  'reallocationFailed',
  'agentFailure',
  'resourceFailure',
  'communicationBreakdown',
  'qualityCrisis',
  'dependencyDown',
  'unansweredRequest',
  'conflict',
  'rollbackFailed',
  'alert',
] as const;
export type CauseKind = (typeof CAUSE_KINDS)[number];

export interface EscalationCause {
  /** The same cause has the same key: while it is open nothing else is started for it. */
  readonly key: string;
  readonly kind: CauseKind;
  readonly severity: Severity;
  readonly title: string;
  /** What happened, for whoever decides. */
  readonly text: string;
  readonly task: string | null;
  readonly agent_id: string | null;
  readonly evidence: JsonObject;
  /** What was done already to limit the damage, in words. */
  readonly measures: readonly string[];
}

/** Input of the child workflow `escalation`. */
export interface EscalationInput {
  readonly executionId: string;
  /** Id of the sprint; null: the execution itself asks. */
  readonly sprint: string | null;
  readonly cause: EscalationCause;
  readonly policy: EscalationPolicy;
  /** What may be decided, besides `acknowledge`. */
  readonly options: readonly string[];
  /** What data the decisions take that need some; absent: none does. */
  readonly takes?: DecisionTerms;
  /** Agents that levels name. */
  readonly agents: readonly AgentProfile[];
}

/** What it tells its owner while it goes on. */
export type EscalationSaid =
  | {
      readonly type: 'asked';
      /** From 1. */
      readonly level: number;
      readonly people: readonly string[];
      readonly via: readonly string[];
      /** Unix ms. */
      readonly deadline: number;
      readonly otherwise: string;
    }
  | { readonly type: 'reminded'; readonly level: number };

/** What its owner tells it. */
export type EscalationNews =
  | {
      readonly type: 'responded';
      readonly by: string;
      readonly decision: string;
      readonly note: string | null;
      readonly data: Json;
    }
  | { readonly type: 'repeated'; readonly text: string }
  /** The cause is gone. */
  | { readonly type: 'withdrawn'; readonly reason: string };

export interface EscalationOutcome {
  readonly decision: string;
  /** Who decided; null: nobody, see `how`. */
  readonly by: string | null;
  readonly how: 'answered' | 'silence' | 'withdrawn';
  readonly note: string | null;
  readonly data: Json;
  /** The level that decided, or the last one asked; from 1, 0 when nobody was asked. */
  readonly level: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** State of an escalation: plain JSON, changed in place. Times are Unix ms. */
export interface EscalationState {
  readonly input: EscalationInput;
  readonly startedAt: number;
  /** Index of the level that is asked; -1 before the first. */
  level: number;
  deadline: number | null;
  remindAt: number | null;
  acknowledged: { readonly by: string; readonly at: number } | null;
  /** How often the same cause has come again. */
  repeated: number;
  timeline: { readonly at: number; readonly text: string }[];
  outcome: EscalationOutcome | null;
}

export type EscalationEvent = { readonly at: number } & (
  | { readonly type: 'started' }
  | { readonly type: 'timePassed' }
  | { readonly type: 'heard'; readonly news: EscalationNews }
  /** What an agent of the level that was asked has answered; null: nothing that counts. */
  | { readonly type: 'agentAnswered'; readonly level: number; readonly agent_id: string; readonly answer: AgentAnswer | null }
);

export type EscalationEffect =
  | { readonly type: 'say'; readonly said: EscalationSaid }
  | { readonly type: 'askAgent'; readonly level: number; readonly agent: AgentProfile; readonly withinMs: number };

const MAX_TIMELINE = 200;
const MAX_LINE = 500;

export const createEscalation = (input: EscalationInput, now: number): EscalationState => ({
  input,
  startedAt: now,
  level: -1,
  deadline: null,
  remindAt: null,
  acknowledged: null,
  repeated: 0,
  timeline: [],
  outcome: null,
});

/** One step: who is asked next, or how it ended. Pure but for `state`; after the end nothing changes any more. */
export function evolveEscalation(state: EscalationState, event: EscalationEvent): EscalationEffect[] {
  const effects: EscalationEffect[] = [];
  if (state.outcome !== null) return effects;
  switch (event.type) {
    case 'started':
      note(state, event.at, `${state.input.cause.title}: ${state.input.cause.text}`);
      askNext(state, event.at, effects);
      break;
    case 'timePassed':
      takeTime(state, event.at, effects);
      break;
    case 'heard':
      hear(state, event.at, event.news, effects);
      break;
    case 'agentAnswered':
      takeAgentAnswer(state, event);
      break;
  }
  return effects;
}

/** When it must be woken (Unix ms); null: never. A reminder comes before the deadline. */
export const nextMoment = ({ deadline, remindAt }: EscalationState): number | null => remindAt ?? deadline;

/** Those who may decide at this level: names of people, those of human agents among them. */
function peopleOf({ to }: EscalationLevel, agents: readonly AgentProfile[]): string[] {
  return to.flatMap((name) => {
    const agent = agents.find(({ id }) => id === name);
    if (agent === undefined) return [name];
    if (agent.human === null) return [];
    return agent.human.people === 'anyone' ? [name] : agent.human.people;
  });
}

function askNext(state: EscalationState, now: number, effects: EscalationEffect[]): void {
  const { cause, policy, agents } = state.input;
  const next = policy.levels.findIndex(
    ({ severities }, index) => index > state.level && (severities === undefined || severities.includes(cause.severity)),
  );
  const level = policy.levels[next];
  if (level === undefined) return endSilently(state, now);
  state.level = next;
  state.acknowledged = null;
  askLevel(state, level, now, effects);
  for (const agent of agents) {
    if (agent.human !== null || !level.to.includes(agent.id)) continue;
    effects.push({ type: 'askAgent', level: next + 1, agent, withinMs: (state.deadline as number) - now });
  }
}

function askLevel(state: EscalationState, level: EscalationLevel, now: number, effects: EscalationEffect[]): void {
  const { agents, cause, policy, sprint } = state.input;
  const { withinMs, via, reminderMs } = level;
  const deadline = toDeadline(policy, cause.severity, now, withinMs);
  state.deadline = deadline;
  state.remindAt = toDeadline(policy, cause.severity, now, reminderMs ?? Math.floor(withinMs / 2));
  if (state.remindAt >= deadline) state.remindAt = null;
  const number = state.level + 1;
  note(state, now, `level ${number} is asked: ${level.to.join(', ')}, until ${toIso(deadline)}`);
  const otherwise = number < policy.levels.length ? `level ${number + 1} is asked` : describeEnd(policy.otherwise, sprint);
  effects.push({
    type: 'say',
    said: { type: 'asked', level: number, people: peopleOf(level, agents), via, deadline, otherwise },
  });
}

function toDeadline({ hours }: EscalationPolicy, severity: Severity, now: number, ms: number): number {
  return hours === undefined || severity === 'critical' ? now + ms : addOpenTime(now, ms, hours);
}

/** What silence means, in words. @param sprint null: the execution itself asks. */
export function describeEnd(end: ChainEnd, sprint: string | null): string {
  const what = sprint === null ? 'the execution' : 'the sprint';
  const words: Readonly<Record<ChainEnd, string>> = {
    hold: `${what} is paused`,
    stop: `${what} is stopped`,
    rollback: 'it is rolled back',
    skip: 'the task is skipped with what depends on it',
    reject: 'the task fails',
    fallback: 'what loses least happens',
  };
  return words[end];
}

function takeTime(state: EscalationState, now: number, effects: EscalationEffect[]): void {
  if (state.deadline !== null && now >= state.deadline) {
    note(state, now, `nobody of level ${state.level + 1} has decided`);
    askNext(state, now, effects);
  } else if (state.remindAt !== null && now >= state.remindAt) {
    state.remindAt = null;
    note(state, now, `level ${state.level + 1} is reminded`);
    effects.push({ type: 'say', said: { type: 'reminded', level: state.level + 1 } });
  }
}

function hear(state: EscalationState, now: number, news: EscalationNews, effects: EscalationEffect[]): void {
  switch (news.type) {
    case 'repeated':
      state.repeated += 1;
      return note(state, now, `again: ${news.text}`);
    case 'withdrawn':
      note(state, now, `withdrawn: ${news.reason}`);
      return end(state, now, { decision: 'withdrawn', by: null, how: 'withdrawn', note: news.reason, data: null });
    case 'responded':
      return news.decision === ACKNOWLEDGE ? acknowledge(state, now, news.by, effects) : decide(state, now, news);
  }
}

export const ACKNOWLEDGE = 'acknowledge';

/** Somebody has taken it up: the level has its time once more, from now, and nobody is reminded. Only the first one counts. */
function acknowledge(state: EscalationState, now: number, by: string, effects: EscalationEffect[]): void {
  if (state.acknowledged !== null) return;
  const level = state.input.policy.levels[state.level] as EscalationLevel;
  state.acknowledged = { by, at: now };
  note(state, now, `${by} has acknowledged it`);
  askLevel(state, level, now, effects);
  state.remindAt = null;
}

function decide(state: EscalationState, now: number, answer: AgentAnswer & { readonly by: string }): void {
  const { by, decision, data } = answer;
  note(state, now, `${by} decided "${decision}"${answer.note ? `: ${answer.note}` : ''}`);
  end(state, now, { decision, by, how: 'answered', note: answer.note, data });
}

function takeAgentAnswer(state: EscalationState, event: Extract<EscalationEvent, { type: 'agentAnswered' }>): void {
  const { at, level, agent_id, answer } = event;
  const why =
    answer === null ? 'gave no answer' : level === state.level + 1 ? findFault(state.input, answer) : 'answered too late';
  if (answer !== null && why === null) decide(state, at, { ...answer, by: agent_id });
  else note(state, at, `${agent_id} ${why}`);
}

/** Why an agent's answer does not count; null: it does. What people answer has been checked before it comes here. */
function findFault({ options, takes = {} }: EscalationInput, { decision, data }: AgentAnswer): string | null {
  if (!options.includes(decision)) return `answered "${decision}", which is no option`;
  if (!needsData(takes, decision)) return null;
  const read = readDecision(takes, decision, data);
  return read.ok ? null : `answered "${decision}" with data that does not fit: ${read.error}`;
}

function endSilently(state: EscalationState, now: number): void {
  const { policy, sprint } = state.input;
  const { otherwise } = policy;
  note(state, now, `nobody has decided: ${describeEnd(otherwise, sprint)}`);
  end(state, now, { decision: otherwise, by: null, how: 'silence', note: null, data: null });
}

function end(state: EscalationState, now: number, how: Omit<EscalationOutcome, 'level' | 'startedAt' | 'endedAt'>): void {
  state.outcome = { ...how, level: state.level + 1, startedAt: state.startedAt, endedAt: now };
  state.deadline = null;
  state.remindAt = null;
}

/** The first entries and the newest ones are kept. */
function note(state: EscalationState, at: number, text: string): void {
  state.timeline.push({ at, text: clip(text, MAX_LINE) });
  if (state.timeline.length > MAX_TIMELINE) state.timeline.splice(1, 1);
}
