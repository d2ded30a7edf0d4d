import { condition, workflowInfo } from '@temporalio/workflow';

/**
 * All commands of one workflow task go to the server in one message. Above 4 MiB it is refused and the task is done again for
 * ever, so what may be large takes its share of this.
 */
const MAX_TASK_BYTES = 1024 * 1024;
/** A busy workflow has its next task sooner than this. */
const NEXT_TASK_WITHIN_MS = 100;

let current = -1;
let used = 0;
let line: Promise<void> | null = null;

/** Sends now if the workflow task has room for so many bytes, else in a later one; in the order of the calls. */
export function whenRoom<R>(bytes: number, send: () => Promise<R>): Promise<R> {
  if (line === null && take(bytes)) return send();
  const turn = waitForRoom(line, bytes);
  line = turn;
  const leave = (): void => {
    if (line === turn) line = null;
  };
  turn.then(leave, leave);
  return turn.then(send);
}

async function waitForRoom(before: Promise<void> | null, bytes: number): Promise<void> {
  // One that was cancelled while it waited holds up nobody.
  await before?.catch(() => undefined);
  while (!take(bytes)) await condition(() => workflowInfo().historyLength !== current, NEXT_TASK_WITHIN_MS);
}

/** The length of the history tells workflow tasks apart, the same when they are replayed. */
function take(bytes: number): boolean {
  const { historyLength } = workflowInfo();
  if (historyLength !== current) {
    current = historyLength;
    used = 0;
  }
  if (used > 0 && used + bytes > MAX_TASK_BYTES) return false;
  used += bytes;
  return true;
}
