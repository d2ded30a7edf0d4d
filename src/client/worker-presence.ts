import { hostname } from 'node:os';
import type { ServerLink } from './connection.ts';

const WORKFLOW_TASK_QUEUE = 1;
/** A worker asks for work in polls of 60 s, so a live one has been seen within that time and a margin. */
const POLL_WINDOW_MS = 75_000;

export interface Poller {
  /** `<pid>@<host>` unless the worker was given another identity. */
  readonly identity: string;
  /** Unix ms. */
  readonly lastSeen: number;
}

/** Workers that poll the queue for workflows and are, as far as can be known, alive. */
export async function livePollers(link: ServerLink, taskQueue: string): Promise<readonly Poller[]> {
  const answer = await link.call(null, () =>
    link.connection.workflowService.describeTaskQueue({
      namespace: link.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: WORKFLOW_TASK_QUEUE,
    }),
  );
  const pollers = (answer.pollers ?? []).map((poller) => ({
    identity: poller.identity ?? '',
    lastSeen: Number(poller.lastAccessTime?.seconds ?? 0) * 1000,
  }));
  return pollers.filter((poller) => isLivePoller(poller, { now: Date.now(), host: hostname(), isProcessAlive }));
}

/**
 * The server remembers pollers for five minutes after they have gone. One that names a process of this host is asked after
 * directly; of the others the time of the last poll decides.
 */
export function isLivePoller(
  poller: Poller,
  facts: { readonly now: number; readonly host: string; readonly isProcessAlive: (pid: number) => boolean },
): boolean {
  if (facts.now - poller.lastSeen > POLL_WINDOW_MS) return false;
  const [, pid, host] = /^(\d+)@(.+)$/.exec(poller.identity) ?? [];
  return pid === undefined || host !== facts.host || facts.isProcessAlive(Number(pid));
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
