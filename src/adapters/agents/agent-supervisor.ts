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
  const startedAt = Date.now();
  let movedAt = performance.now();
  let lastOutputAt: number | null = null;
  let reportedSlip = 0;
  let timer: NodeJS.Timeout | null = null;

  const watched = (): Watched => {
    const { status, forecastsItself, openQuestions } = transcript();
    return {
      now: Date.now(),
      startedAt,
      silentMs: performance.now() - movedAt,
      stallAfterMs: run.stallAfterMs,
      deadlineAt: run.deadlineAt,
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
    if (verdict.kind === 'timeBudget') return interrupt({ kind: 'timeBudget', elapsedMs: seen.now - startedAt });
    if (verdict.kind === 'stalled') return interrupt({ kind: 'stalled', silentMs, stallAfterMs, lastOutputAt });
    timer = setTimeout(look, nextLookMs(seen));
    if (verdict.kind !== 'slipped') return;
    reportedSlip = verdict.level;
    onSlip();
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
    stop: () => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
