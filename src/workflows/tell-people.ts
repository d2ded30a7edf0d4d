import { log, proxyActivities } from '@temporalio/workflow';
import type { WorkflowActivities } from '../activities/index.ts';

const { notify } = proxyActivities<WorkflowActivities>({
  startToCloseTimeout: '2 minutes',
  retry: { maximumAttempts: 3 },
  summary: 'tell people',
});

export interface Notice {
  readonly kind: string;
  readonly title: string;
  readonly text: string;
}

export interface Notices {
  /** Sends an event to the channels of the config, without waiting for them. */
  tell(notice: Notice): void;
  /** A channel has not answered yet: nobody may be told twice, so the run must not end. */
  readonly isBusy: boolean;
  /** Whether what is to be told waits for the next run. */
  hold(isHeld: boolean): void;
  carry(): readonly Notice[];
}

/** @param channels Asked for each time, since they are known only when the plan is prepared. */
export function createNotices(channels: () => readonly string[], executionId: string): Notices {
  const waiting: Notice[] = [];
  let isHeld = false;
  let pending = 0;
  const tell = ({ kind, title, text }: Notice): void => {
    if (channels().length === 0) return;
    if (isHeld) return void waiting.push({ kind, title, text });
    pending += 1;
    notify({ channels: channels(), event: { kind, executionId, title, text } })
      .catch((error: unknown) => log.warn('nobody could be told', { title, error }))
      .finally(() => (pending -= 1));
  };
  return {
    tell,
    get isBusy() {
      return pending > 0;
    },
    hold(wanted) {
      isHeld = wanted;
      if (!isHeld) for (const notice of waiting.splice(0)) tell(notice);
    },
    carry: () => waiting,
  };
}
