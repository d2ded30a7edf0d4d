import type { AgentStatus } from '../../domain/agent-status.ts';
import { createAgentBudget, type AgentAllowance, type AgentBudget } from './agent-budget.ts';
import type { Interruption } from './agent-outcome.ts';
import type { AgentLog } from './agent-log.ts';
import type { AgentRun, RunnerReport } from './agent-runner.ts';
import { createAgentSupervisor, type AgentSupervisor } from './agent-supervisor.ts';
import { projectCompletion } from './forecast.ts';
import { createLineSplitter, type LineSplitter } from './line-splitter.ts';
import { LIMITS, parseLine } from './protocol.ts';
import { boundStatus } from './status-bound.ts';
import { createSuccessorSigns, isAcknowledgement, type SuccessorSigns } from './successor-signs.ts';
import { watchSilence, type SilenceWatch } from './silence-watch.ts';
import { answerQuestion, initialTranscript, readLine, type Transcript } from './transcript.ts';

/** The engine's side of the conversation with one running agent: reads what it says, reports it, and watches over it. */
export interface AgentSession {
  readOutput(chunk: Buffer, stream: 'stdout' | 'stderr'): void;
  /** The answer to a question has been sent. */
  answered(questionId: string): void;
  /** Begins to supervise. */
  watch(): void;
  allow(allowance: AgentAllowance): void;
  stopWatching(): void;
  /** The process has ended: reads a last line without line feed, and says how all of it went. */
  finish(): Transcript;
}

export interface AgentSessionOptions {
  readonly run: AgentRun;
  readonly log: AgentLog;
  /** Ends the agent; only the first call counts. */
  readonly interrupt: (cause: Interruption) => void;
  /** Stops all of its processes, and lets them go on. */
  readonly pause: () => void;
  readonly resume: () => void;
}

export function createAgentSession({ run, log, interrupt, pause, resume }: AgentSessionOptions): AgentSession {
  const signs = createSuccessorSigns(run.request.handover !== null);
  let transcript = initialTranscript(run.request.agent_id, run.request.task.title.slice(0, LIMITS.shortChars));
  const report = (urgent: boolean): void =>
    passOn(run, log, () => toReport(transcript, { supervisor, urgent, paused: budget.reason, signs }));
  const tell = (): void => report(true);
  const own = createAgentSupervisor({ run, interrupt, transcript: () => transcript, onSlip: tell });
  const supervisor = watchSilence(own, run, tell);
  const budget = createPurse(run, { supervisor, pause, resume, report: tell });
  const moved = (): void => {
    supervisor.moved();
    if (signs.note(transcript, true)) report(true);
  };
  const readCandidate = (line: Buffer): void => {
    const parsed = parseLine(line);
    if (parsed.kind === 'log') return moved();
    if (parsed.kind === 'invalid') {
      if (parsed.of === 'message') run.onMessage(null);
      return log.note(`protocol error: ${parsed.problem}`);
    }
    const effect = readLine(transcript, parsed);
    transcript = effect.transcript;
    const refused = parsed.kind === 'message' && effect.problems.length === 0 ? run.onMessage(parsed.message) : null;
    for (const problem of [...effect.problems, ...(refused === null ? [] : [refused])]) log.note(`protocol error: ${problem}`);
    if (effect.moved) supervisor.moved();
    const isUrgent = meter(budget, transcript) || effect.urgent;
    const isSign = signs.note(transcript, effect.moved && !isAcknowledgement(parsed));
    if (effect.changed || isSign) report(isUrgent || isSign);
    const [question] = transcript.openQuestions;
    if (question === undefined || run.adapter.input === 'stream') return;
    interrupt({ kind: 'question', id: question.id, text: question.text });
  };
  const splitter = createSplitter(log, readCandidate, moved);
  return {
    readOutput: (chunk, stream) => {
      log.write(chunk);
      if (stream === 'stdout') splitter.push(chunk);
      else moved();
    },
    answered: (questionId) => {
      transcript = answerQuestion(transcript, questionId);
      supervisor.resumed();
      report(true);
    },
    watch: supervisor.start,
    allow: (allowance) => void (transcript.result === null && budget.allow(allowance)),
    stopWatching: () => {
      transcript = { ...transcript, isInterrupted: true };
      supervisor.stop();
    },
    finish: () => {
      supervisor.stop();
      splitter.end();
      return { ...transcript, status: boundStatus(transcript.status) };
    },
  };
}

/** The listener's fault must not end the worker. */
function passOn(run: AgentRun, log: AgentLog, toTell: () => RunnerReport): void {
  try {
    run.onStatus(toTell());
  } catch (error) {
    log.note(`the status could not be passed on: ${String(error)}`);
  }
}

function createSplitter(log: AgentLog, onCandidate: (line: Buffer) => void, onLog: () => void): LineSplitter {
  return createLineSplitter({
    maxLineBytes: LIMITS.lineBytes,
    onCandidate,
    onLog,
    onOverlong: () => {
      onLog();
      log.note(`a line of more than ${LIMITS.lineBytes} bytes that begins with "{" is taken as log`);
    },
  });
}

/** Whether what it has used is worth telling at once. One that has given its result is about to end, and is held up no more. */
function meter(budget: AgentBudget, { result, usage }: Transcript): boolean {
  if (result === null) return usage !== null && budget.use(usage);
  if (budget.reason !== null) budget.allow({ isPaused: false, ...NO_LIMITS });
  return false;
}

/** The status with a projected time of completion where the agent gives none, within 1 KiB. */
function toReport(
  { status: said, forecastsItself, openQuestions, usage }: Transcript,
  {
    supervisor,
    urgent,
    paused,
    signs,
  }: { supervisor: SilenceWatch; urgent: boolean; paused: string | null; signs: SuccessorSigns },
): RunnerReport {
  const projected = forecastsItself ? null : projectCompletion(supervisor.watched());
  const status: AgentStatus =
    paused === null ? said : { ...said, status: 'blocked', blocking_issues: [paused, ...said.blocking_issues] };
  return {
    status: boundStatus(projected === null ? status : { ...status, estimated_completion: new Date(projected).toISOString() }),
    urgent,
    question: openQuestions.at(-1) ?? null,
    usage,
    ...signs.told(),
    ...supervisor.told(),
  };
}

const NO_LIMITS = { tokens: null, cost: null } as const;

interface Pausable {
  readonly supervisor: AgentSupervisor;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly report: () => void;
}

/** What it may use; while it is paused no clock runs on, and the sprint hears of it at once. */
function createPurse({ budget }: AgentRun, { supervisor, pause, resume, report }: Pausable): AgentBudget {
  return createAgentBudget({
    limits: budget ?? NO_LIMITS,
    pause: () => {
      supervisor.pause();
      pause();
      report();
    },
    resume: () => {
      resume();
      supervisor.resume();
      report();
    },
  });
}
