import { ActivityCancellationType, CancellationScope, scheduleActivity, sleep } from '@temporalio/workflow';
import { z } from 'zod';
import type { WatchProbesInput } from '../activities/watch-probes.ts';
import { probeChangeSchema, targetKey } from '../domain/emergencies/probe.ts';
import type { SprintEvent } from '../domain/sprint/events.ts';
import type { Sprint } from '../domain/sprint/turn.ts';

/** Has the workers watch what a sprint uses, for as long as a run of it lasts. */
export interface ProbeWatch {
  /** Begins, or begins again with what the definition says now; nothing where the sprint uses nothing that has a probe. */
  start(): void;
  stop(): void;
  /** Takes what the watch has signalled; answers false for what is not from there. */
  takeChanges(raw: unknown): boolean;
}

const LONGEST = '3650 days';

export interface ProbeWatchOptions {
  /** Of the sprint: the watch shows it. */
  readonly key: string;
  readonly heartbeatTimeoutMs: number;
  /** An earlier run has had a watch. */
  readonly isCarried: boolean;
}

export function createProbeWatch(
  sprint: Sprint,
  { key, heartbeatTimeoutMs, isCarried }: ProbeWatchOptions,
  take: (event: SprintEvent) => void,
): ProbeWatch {
  let scope: CancellationScope | null = null;
  let isAgain = isCarried;
  const stop = (): void => {
    scope?.cancel();
    scope = null;
  };
  return {
    start() {
      stop();
      const { ownerId, watched } = sprint.definition;
      const targets = (watched?.targets ?? []).filter(({ digest }) => digest !== null);
      if (watched === undefined || targets.length === 0) return;
      scope = new CancellationScope();
      const input: WatchProbesInput = { ownerId, key, targets, isAgain };
      isAgain = true;
      void scope.run(() => keepWatching(input, { taskQueue: watched.queue, heartbeatTimeoutMs })).catch(() => undefined);
    },
    stop,
    takeChanges(raw) {
      const letter = letterSchema.safeParse(raw);
      if (!letter.success || letter.data.key !== key) return false;
      take({ type: 'probesChanged', at: Date.now(), changes: letter.data.changes });
      return true;
    },
  };
}

const letterSchema = z.object({ key: z.string(), changes: z.array(probeChangeSchema).max(1_000) });

interface WatchPlace {
  readonly taskQueue: string;
  readonly heartbeatTimeoutMs: number;
}

/** What goes wrong with a watch is tried again by Temporal; one that is ended by hand is begun anew. Ends by a cancel only. */
async function keepWatching(input: WatchProbesInput, place: WatchPlace): Promise<never> {
  for (let next = input; ; next = { ...input, isAgain: true }) {
    await watch(next, place).catch(() => undefined);
    await sleep(BEGIN_AGAIN);
  }
}

const BEGIN_AGAIN = '10 seconds';

const watch = (input: WatchProbesInput, { taskQueue, heartbeatTimeoutMs }: WatchPlace): Promise<void> =>
  scheduleActivity<void>('watchProbes', [input], {
    taskQueue,
    startToCloseTimeout: LONGEST,
    heartbeatTimeout: heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    // A watch lasts for days and may lose many workers: the gaps must not grow with that.
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 seconds' },
    summary: `probes of ${input.targets.map(targetKey).join(', ')}`.slice(0, 200),
  });
