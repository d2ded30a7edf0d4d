import type { Interruption } from './agent-outcome.ts';
import type { AgentRun } from './agent-runner.ts';
import { judge, nextLookMs, type Watched } from './supervision.ts';
import type { Transcript } from './transcript.ts';

/** The clock beside one agent: looks at it as often as its limits ask for, and ends it or tells of a slip. */
export interface AgentSupervisor {
  /** It printed something, or said that work moves. */
  moved(): void;
  /** It was given something to go on with, which is no output of its own. */
  resumed(): void;
  watched(): Watched;
  start(): void;
  /** Its processes are stopped: no clock runs on until they go on. */
  pause(): void;
  resume(): void;
  stop(): void;
}

export interface AgentSupervisorOptions {
  readonly run: AgentRun;
  readonly transcript: () => Transcript;
  readonly interrupt: (cause: Interruption) => void;
  /** The forecast slipped by another level. */
  readonly onSlip: () => void;
}

export function createAgentSupervisor({ run, transcript, interrupt, onSlip }: AgentSupervisorOptions): AgentSupervisor {
  const clock = createPausableClock();
  let movedAt = performance.now();
  let lastOutputAt: number | null = null;
  let reportedSlip = 0;
  let timer: NodeJS.Timeout | null = null;

  const watched = (): Watched => {
    const { status, forecastsItself, openQuestions } = transcript();
    return {
      now: Date.now(),
      startedAt: clock.startedAt,
      silentMs: performance.now() - movedAt,
      stallAfterMs: run.stallAfterMs,
      deadlineAt: run.deadlineAt === null ? null : run.deadlineAt + clock.pausedMs,
      estimateMs: run.request.task.estimateMs,
      progress: status.progress_percentage,
      agentSays: forecastsItself ? Date.parse(status.estimated_completion ?? '') : null,
      waitsForAnswer: openQuestions.length > 0,
      reportedSlip,
    };
  };
  const look = (): void => {
    const seen = watched();
    const verdict = judge(seen);
    const { silentMs, stallAfterMs } = seen;
    if (verdict.kind === 'timeBudget') return interrupt({ kind: 'timeBudget', elapsedMs: seen.now - seen.startedAt });
    if (verdict.kind === 'stalled') return interrupt({ kind: 'stalled', silentMs, stallAfterMs, lastOutputAt });
    timer = setTimeout(look, nextLookMs(seen));
    if (verdict.kind !== 'slipped') return;
    reportedSlip = verdict.level;
    onSlip();
  };
  const rest = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  return {
    moved: () => {
      movedAt = performance.now();
      lastOutputAt = Date.now();
    },
    resumed: () => {
      movedAt = performance.now();
    },
    watched,
    start: () => {
      if (timer === null) look();
    },
    pause: () => {
      clock.pause();
      rest();
    },
    resume: () => {
      if (!clock.resume()) return;
      movedAt = performance.now();
      look();
    },
    stop: rest,
  };
}

/** Time in which the agent was paused is none that it has had. */
function createPausableClock() {
  const beganAt = Date.now();
  let pausedAt: number | null = null;
  let pausedMs = 0;
  return {
    get pausedMs() {
      return pausedMs;
    },
    /** Unix ms, later by the time of all pauses. */
    get startedAt() {
      return beganAt + pausedMs;
    },
    pause: () => {
      pausedAt ??= Date.now();
    },
    /** Answers whether it was paused. */
    resume: () => {
      if (pausedAt === null) return false;
      pausedMs += Date.now() - pausedAt;
      pausedAt = null;
      return true;
    },
  };
}
