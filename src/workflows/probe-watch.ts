import { ActivityCancellationType, CancellationScope, scheduleActivity } from '@temporalio/workflow';
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

/** @param key Of the sprint: the watch shows it. */
export function createProbeWatch(sprint: Sprint, key: string, take: (event: SprintEvent) => void): ProbeWatch {
  let scope: CancellationScope | null = null;
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
      const open = sprint.state.emergencies?.open ?? {};
      const down = targets.map(targetKey).filter((target) => open[target]?.foundBy === 'probe');
      scope = new CancellationScope();
      const input: WatchProbesInput = { ownerId, key, targets, down };
      // It ends by a cancel only, and what goes wrong with it is tried again by Temporal.
      void scope.run(() => watch(input, watched.queue)).catch(() => undefined);
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

const watch = (input: WatchProbesInput, taskQueue: string): Promise<void> =>
  scheduleActivity<void>('watchProbes', [input], {
    taskQueue,
    startToCloseTimeout: LONGEST,
    heartbeatTimeout: '10 seconds',
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
    summary: `probes of ${input.targets.map(targetKey).join(', ')}`.slice(0, 200),
  });
