import { jsonBytes } from '../json-size.ts';
import type { DeliveredMessage } from '../agent-message.ts';
import { countDropped, type BoxEntry, type KeptMessage, type Mail } from './mail.ts';

const MOST_IN_BOX = 20;
const MOST_BOX_BYTES = 32 * 1024;
const MOST_BYTES = 256 * 1024;

export const taskBox = (task: number): string => `task/${task}`;
export const agentBox = (agent: number): string => `agent/${agent}`;

/** Where a message is to lie. */
export interface Place {
  readonly box: string;
  readonly meant: BoxEntry['meant'];
}

/** Keeps a message once, in all these boxes. What is older gives way. */
export function keepMessage(mail: Mail, message: DeliveredMessage, places: readonly Place[]): void {
  const { sequence } = message;
  const bytes = jsonBytes(message);
  mail.kept[sequence] = { message, bytes, boxes: 0 };
  mail.bytes += bytes;
  for (const { box, meant } of places) {
    const kept = mail.kept[sequence] as KeptMessage;
    kept.boxes += 1;
    setBox(mail, box, [...(mail.boxes[box] ?? []), { sequence, meant, takenBy: null }]);
  }
  while (mail.bytes > MOST_BYTES) removeEverywhere(mail, Number(Object.keys(mail.kept)[0]));
}

/** Everything for the task and for the agent that begins it now: it travels in the attempt's request. */
export function takeAll(mail: Mail, task: number, agent: number, attempt: number): void {
  const own = mail.boxes[taskBox(task)] ?? [];
  const forAgent = mail.boxes[agentBox(agent)] ?? [];
  if (own.length + forAgent.length === 0) return;
  delete mail.boxes[agentBox(agent)];
  setBox(mail, taskBox(task), merge(mail, own, forAgent));
  for (const entry of mail.boxes[taskBox(task)] as BoxEntry[]) entry.takenBy = attempt;
  mail.counts.delivered += messagesOf(mail, task, attempt).length;
}

/** What the attempt has got, oldest first. */
export const messagesOf = (mail: Mail, task: number, attempt: number): DeliveredMessage[] =>
  (mail.boxes[taskBox(task)] ?? []).flatMap(({ sequence, takenBy }) =>
    takenBy === attempt ? [(mail.kept[sequence] as KeptMessage).message] : [],
  );

/** What has come for the attempt after the message with this sequence number, oldest first. */
export const messagesAfter = (mail: Mail, task: number, sequence: number): DeliveredMessage[] =>
  (mail.boxes[taskBox(task)] ?? []).flatMap((entry) =>
    entry.sequence > sequence ? [(mail.kept[entry.sequence] as KeptMessage).message] : [],
  );

/** The attempt has got everything up to this sequence number. */
export function acknowledge(mail: Mail, task: number, attempt: number, sequence: number): void {
  for (const entry of mail.boxes[taskBox(task)] ?? []) {
    if (entry.sequence > sequence || entry.takenBy !== null) continue;
    entry.takenBy = attempt;
    mail.counts.delivered += 1;
  }
}

/**
 * The attempt has ended. What it got is done with if it finished; else it is for whoever comes next, as is what it did not get: the
 * task's next attempt, or the agent's. What was for those at work goes.
 */
export function leaveBox(mail: Mail, task: number, agent: number, isFinished: boolean): void {
  const box = taskBox(task);
  const entries = mail.boxes[box];
  if (entries === undefined) return;
  const isOpen = ({ takenBy }: BoxEntry): boolean => !isFinished || takenBy === null;
  const forAgent = entries.filter((entry) => entry.meant === 'agent' && isOpen(entry));
  const forTask = isFinished ? [] : entries.filter(({ meant }) => meant === 'task');
  if (isFinished) {
    const missed = entries.filter((entry) => entry.meant === 'task' && isOpen(entry));
    if (missed.length > 0) countDropped(mail, 'undeliverable', missed.length);
  }
  const stay = new Set([...forAgent, ...forTask]);
  for (const entry of entries) {
    entry.takenBy = null;
    if (!stay.has(entry)) release(mail, entry);
  }
  replaceBox(mail, box, forTask);
  if (forAgent.length === 0) return;
  setBox(mail, agentBox(agent), merge(mail, mail.boxes[agentBox(agent)] ?? [], forAgent));
}

/** Both in the order of sequence numbers; a message that lies in both stays once. */
function merge(mail: Mail, entries: readonly BoxEntry[], more: readonly BoxEntry[]): BoxEntry[] {
  const known = new Set(entries.map(({ sequence }) => sequence));
  for (const entry of more) if (known.has(entry.sequence)) release(mail, entry);
  return [...entries, ...more.filter(({ sequence }) => !known.has(sequence))].toSorted((a, b) => a.sequence - b.sequence);
}

/** Puts the entries into the box, as many of the newest as it holds; those that somebody has got give way first. */
function setBox(mail: Mail, box: string, entries: readonly BoxEntry[]): void {
  const kept = [...entries];
  const bytesOf = ({ sequence }: BoxEntry): number => (mail.kept[sequence] as KeptMessage).bytes;
  let bytes = kept.reduce((sum, entry) => sum + bytesOf(entry), 0);
  while (kept.length > MOST_IN_BOX || (bytes > MOST_BOX_BYTES && kept.length > 1)) {
    const taken = kept.findIndex(({ takenBy }) => takenBy !== null);
    const [gone] = kept.splice(Math.max(0, taken), 1) as [BoxEntry];
    if (taken < 0) countDropped(mail, 'overflow');
    bytes -= bytesOf(gone);
    release(mail, gone);
  }
  replaceBox(mail, box, kept);
}

function replaceBox(mail: Mail, box: string, entries: BoxEntry[]): void {
  if (entries.length > 0) mail.boxes[box] = entries;
  else delete mail.boxes[box];
}

/** The message lies in one box less; in none it is kept no longer. */
function release(mail: Mail, { sequence }: BoxEntry): void {
  const kept = mail.kept[sequence] as KeptMessage;
  kept.boxes -= 1;
  if (kept.boxes > 0) return;
  mail.bytes -= kept.bytes;
  delete mail.kept[sequence];
}

function removeEverywhere(mail: Mail, sequence: number): void {
  for (const [box, entries] of Object.entries(mail.boxes)) {
    const gone = entries.find((entry) => entry.sequence === sequence);
    if (gone === undefined) continue;
    if (gone.takenBy === null) countDropped(mail, 'overflow');
    replaceBox(
      mail,
      box,
      entries.filter((entry) => entry !== gone),
    );
    release(mail, gone);
  }
}
