import type { AgentAnswer } from '../../domain/agent-question.ts';
import { maxUsage, type Usage } from '../../domain/budget.ts';
import type { AgentStatus } from '../../domain/agent-status.ts';
import {
  LIMITS,
  type AgentError,
  type AgentQuestion,
  type AgentResult,
  type ProtocolLine,
  type StatusFields,
} from './protocol.ts';

/** What an agent has said so far: the last of each field of its status, its first result, its last error. */
export interface Transcript {
  readonly status: AgentStatus;
  /** True when the agent itself forecasts its end; else the engine projects it. */
  readonly forecastsItself: boolean;
  readonly result: AgentResult | null;
  /** It was told to end; the result came after that. */
  readonly isInterrupted: boolean;
  readonly hasLateResult: boolean;
  readonly error: AgentError | null;
  /** What it decided about the question of its request. */
  readonly answer: AgentAnswer | null;
  /** For whoever comes after it, the newest ones. */
  readonly notes: readonly string[];
  /** It has said that it has got what an earlier attempt has left, or reported a status. */
  readonly acknowledged: boolean;
  /** Asked and not answered, oldest first. */
  readonly openQuestions: readonly AgentQuestion[];
  /** What the attempt has used so far, the most that was said; null: nothing was. */
  readonly usage: Usage | null;
}

/** What a line changed. */
export interface LineEffect {
  readonly transcript: Transcript;
  /** The status is another one than before. */
  readonly changed: boolean;
  /** The sprint must know now. */
  readonly urgent: boolean;
  /** It says that work moves; saying the same again, or another time of completion, does not. */
  readonly moved: boolean;
  /** For the log: what of it was not taken over, and why. */
  readonly problems: readonly string[];
}

const MAX_OPEN_QUESTIONS = 16;

export const initialTranscript = (agentId: string, taskTitle: string): Transcript => ({
  status: {
    agent_id: agentId,
    status: 'working',
    current_task: taskTitle,
    progress_percentage: 0,
    estimated_completion: null,
    blocking_issues: [],
    next_coordination_point: null,
    outputs_ready: [],
  },
  forecastsItself: false,
  result: null,
  error: null,
  isInterrupted: false,
  hasLateResult: false,
  answer: null,
  notes: [],
  acknowledged: false,
  openQuestions: [],
  usage: null,
});

/** Takes one line over. */
export function readLine(transcript: Transcript, line: ProtocolLine): LineEffect {
  switch (line.kind) {
    case 'status':
      return readStatus(transcript, line.fields, line.problems);
    case 'result': {
      if (transcript.result !== null) return ignored(transcript, 'a second result: the first one counts');
      const { kind: _, ...result } = line;
      const usage = maxUsage(transcript.usage, result.usage);
      const hasLateResult = transcript.isInterrupted;
      const next = { ...transcript, result, usage, hasLateResult };
      return { transcript: next, changed: false, urgent: false, moved: true, problems: [] };
    }
    case 'answer': {
      if (transcript.answer !== null) return ignored(transcript, 'a second answer: the first one counts');
      const { kind: _, ...answer } = line;
      return { transcript: { ...transcript, answer }, changed: false, urgent: false, moved: true, problems: [] };
    }
    case 'question':
      return readQuestion(transcript, line);
    case 'message':
      if (transcript.result !== null) return ignored(transcript, 'a message after the result');
      return { transcript, changed: false, urgent: false, moved: true, problems: [] };
    case 'note': {
      const notes = [...transcript.notes, line.text].slice(-LIMITS.notes);
      return { transcript: { ...transcript, notes }, changed: false, urgent: false, moved: true, problems: [] };
    }
    case 'error': {
      const { kind: _, ...error } = line;
      const status: AgentStatus = { ...transcript.status, status: 'error' };
      return { transcript: { ...transcript, error, status }, changed: true, urgent: true, moved: true, problems: [] };
    }
  }
}

/** The answer has been sent: the agent works again unless it waits for another one, or said something else meanwhile. */
export function answerQuestion(transcript: Transcript, id: string): Transcript {
  const openQuestions = transcript.openQuestions.filter((question) => question.id !== id);
  const isUnblocked = openQuestions.length === 0 && transcript.openQuestions.length > 0 && transcript.status.status === 'blocked';
  const status: AgentStatus = isUnblocked ? { ...transcript.status, status: 'working', blocking_issues: [] } : transcript.status;
  return { ...transcript, openQuestions, status };
}

function readStatus(
  transcript: Transcript,
  { usage: used, handover: _acknowledges, ...fields }: StatusFields,
  problems: readonly string[],
): LineEffect {
  if (transcript.result !== null) return ignored(transcript, 'a status after the result');
  const before = transcript.status;
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const status = { ...before, ...given } as AgentStatus;
  const usage = maxUsage(transcript.usage, used ?? null);
  const saysTime = fields.estimated_completion !== undefined;
  const moved = !isSame({ ...before, estimated_completion: null }, { ...status, estimated_completion: null });
  const hasNewOutput = status.outputs_ready.some((output) => !before.outputs_ready.includes(output));
  const isAlarm = (value: AgentStatus['status']): boolean => value === 'blocked' || value === 'error';
  const turned = status.status !== before.status && (isAlarm(status.status) || isAlarm(before.status));
  return {
    transcript: {
      ...transcript,
      status,
      usage,
      acknowledged: true,
      forecastsItself: saysTime ? fields.estimated_completion !== null : transcript.forecastsItself,
    },
    changed: !isSame(before, status) || JSON.stringify(usage) !== JSON.stringify(transcript.usage),
    urgent: turned || hasNewOutput,
    moved,
    problems,
  };
}

function readQuestion(transcript: Transcript, { id, text, options }: AgentQuestion): LineEffect {
  const { openQuestions, status, result } = transcript;
  if (result !== null) return ignored(transcript, `question ${id} after the result`);
  if (openQuestions.some((question) => question.id === id)) return ignored(transcript, `question ${id} is asked already`);
  if (openQuestions.length >= MAX_OPEN_QUESTIONS)
    return ignored(transcript, `question ${id}: ${MAX_OPEN_QUESTIONS} are open already`);
  const issue = text.length <= 200 ? text : `${text.slice(0, 199)}…`;
  return {
    transcript: {
      ...transcript,
      openQuestions: [...openQuestions, { id, text, options }],
      status: { ...status, status: 'blocked', blocking_issues: [...status.blocking_issues, issue].slice(-20) },
    },
    changed: true,
    urgent: true,
    moved: true,
    problems: [],
  };
}

const ignored = (transcript: Transcript, problem: string): LineEffect => ({
  transcript,
  changed: false,
  urgent: false,
  moved: false,
  problems: [problem],
});

const isSame = (a: AgentStatus, b: AgentStatus): boolean => JSON.stringify(a) === JSON.stringify(b);
