import type { StatusReport } from '../domain/agent-status.ts';

/** Payloads of signals stay below 256 KiB; the rest is room for the converter's envelope. */
const PAYLOAD_BYTES = 240 * 1024;
/** The sprint takes at most 2,000 reports in one message. */
const MOST_REPORTS = 1_000;
/** A change of progress below this many points can wait when nothing else has changed. */
const NOTABLE_POINTS = 5;
/** Limits of a question in a report, as the sprint accepts them. */
const QUESTION = { id: 128, text: 4_000, options: 20, option: 256 } as const;

/** Reports of one owner that are still to be sent, the newest of each attempt. */
export interface ReportQueue {
  put(report: StatusReport, isUrgent: boolean, now: number): void;
  /** The next payload: at most 240 KiB less what else goes with it, urgent ones first. What it holds counts as sent. */
  take(what: 'all' | 'urgent', otherBytes?: number): ReportBatch;
  /** Undoes a `take` whose payload was not sent. A newer report of the same attempt stays in force. */
  putBack(batch: ReportBatch): void;
  drop(taskId: string, attempt: number): void;
  /** Unix ms of the oldest report that is urgent, or null. */
  readonly urgentSince: number | null;
  /** How many attempts have something new to say. */
  readonly changes: number;
  hasNotableChanges(): boolean;
  isEmpty(): boolean;
}

export interface ReportBatch {
  readonly reports: readonly StatusReport[];
  readonly taken: readonly { readonly entry: Entry; readonly before: Entry }[];
}

interface Entry {
  readonly key: string;
  readonly latest: StatusReport;
  /** Unsent questions of the attempt, oldest first. */
  readonly questions: readonly StatusReport[];
  /** Ids of questions that are sent or waiting here. */
  readonly asked: ReadonlySet<string>;
  readonly sent: StatusReport | null;
  readonly urgentSince: number | null;
}

/** How much an entry differs from what was sent. */
type Change = 'none' | 'slight' | 'notable';

/** Costs O(1) for a report: a thousand agents may report every second. */
export function createReportQueue(): ReportQueue {
  const entries = new Map<string, Entry>();
  const urgent = new Map<string, Entry>();
  const slight = new Map<string, Entry>();
  const notable = new Map<string, Entry>();
  const remove = (key: string): void => {
    for (const map of [entries, urgent, slight, notable]) map.delete(key);
  };
  const set = (entry: Entry): void => {
    const { key } = entry;
    const change = changeOf(entry);
    entries.set(key, entry);
    place(urgent, entry, entry.urgentSince !== null);
    place(slight, entry, change === 'slight');
    place(notable, entry, change === 'notable');
  };
  return {
    put(report, isUrgent, now) {
      const key = keyOf(report.task_id ?? report.agent_id, report.attempt ?? 0);
      set(toEntry(entries.get(key), key, report, isUrgent, now));
    },
    take(what, otherBytes = 0) {
      const oldestFirst = [...urgent.values()].toSorted((a, b) => (a.urgentSince ?? 0) - (b.urgentSince ?? 0));
      const routine = what === 'urgent' ? [] : [...notable.values(), ...slight.values()].filter(({ key }) => !urgent.has(key));
      const batch = fill([...oldestFirst, ...routine], PAYLOAD_BYTES - otherBytes);
      for (const { entry } of batch.taken) set(entry);
      return batch;
    },
    putBack(batch) {
      for (const { before } of batch.taken) {
        const now = entries.get(before.key);
        if (now !== undefined) set(merge(before, now));
      }
    },
    drop: (taskId, attempt) => remove(keyOf(taskId, attempt)),
    get urgentSince() {
      const times = [...urgent.values()].flatMap(({ urgentSince }) => (urgentSince === null ? [] : [urgentSince]));
      return times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b));
    },
    get changes() {
      return slight.size + notable.size;
    },
    hasNotableChanges: () => notable.size > 0,
    isEmpty: () => entries.size === 0,
  };
}

function place(map: Map<string, Entry>, entry: Entry, belongs: boolean): void {
  if (belongs) map.set(entry.key, entry);
  else map.delete(entry.key);
}

const keyOf = (taskId: string, attempt: number): string => `${taskId}#${attempt}`;

function toEntry(known: Entry | undefined, key: string, report: StatusReport, isUrgent: boolean, now: number): Entry {
  const { question, ...latest } = report;
  const asked = known?.asked ?? new Set<string>();
  const isNewQuestion = question !== undefined && !asked.has(question.id);
  const urgentSince = known?.urgentSince ?? null;
  return {
    key,
    latest,
    questions: [...(known?.questions ?? []), ...(isNewQuestion ? [{ ...latest, question: toBounded(question) }] : [])],
    asked: isNewQuestion ? new Set([...asked, question.id]) : asked,
    sent: known?.sent ?? null,
    urgentSince: urgentSince ?? (isUrgent || isNewQuestion ? now : null),
  };
}

function fill(chosen: readonly Entry[], maxBytes: number): ReportBatch {
  const reports: StatusReport[] = [];
  const taken: { entry: Entry; before: Entry }[] = [];
  let bytes = 0;
  for (const before of chosen) {
    const own = reportsOf(before);
    const ownBytes = own.reduce((sum, report) => sum + Buffer.byteLength(JSON.stringify(report)) + 1, 0);
    const isFull = bytes + ownBytes > maxBytes || reports.length + own.length > MOST_REPORTS;
    // A first entry always goes, so that an oversized one cannot block the queue.
    if (isFull && reports.length > 0) break;
    bytes += ownBytes;
    reports.push(...own);
    taken.push({ before, entry: { ...before, questions: [], sent: before.latest, urgentSince: null } });
  }
  return { reports, taken };
}

/** Questions in their order, then the latest status unless the last question carries the same. */
function reportsOf(entry: Entry): readonly StatusReport[] {
  const last = entry.questions.at(-1);
  const isCarried = last !== undefined && fingerprint(last) === fingerprint(entry.latest);
  return isCarried ? entry.questions : [...entry.questions, entry.latest];
}

/** `before` was not sent after all; `now` is what has come since. */
function merge(before: Entry, now: Entry): Entry {
  return {
    ...now,
    questions: [...before.questions, ...now.questions],
    sent: before.sent,
    urgentSince: before.urgentSince ?? now.urgentSince,
  };
}

function changeOf({ questions, sent, latest }: Entry): Change {
  if (questions.length > 0 || sent === null) return 'notable';
  if (fingerprint(sent) === fingerprint(latest)) return isSameUsage(sent, latest) ? 'none' : 'slight';
  if (Math.abs(sent.progress_percentage - latest.progress_percentage) >= NOTABLE_POINTS) return 'notable';
  const progress_percentage = latest.progress_percentage;
  return fingerprint({ ...sent, progress_percentage }) === fingerprint(latest) ? 'slight' : 'notable';
}

const isSameUsage = ({ usage: a }: StatusReport, { usage: b }: StatusReport): boolean =>
  a?.tokens === b?.tokens && a?.cost === b?.cost;

/** What counts as a change: not the times, which move by themselves, nor fractions of a point of progress. */
function fingerprint({ status, current_task, progress_percentage, blocking_issues, outputs_ready }: StatusReport): string {
  return JSON.stringify([status, current_task, Math.round(progress_percentage), blocking_issues, outputs_ready]);
}

type Question = NonNullable<StatusReport['question']>;

function toBounded({ id, text, options }: Question): Question {
  const cut = (given: string, length: number): string => (given.length > length ? `${given.slice(0, length - 1)}…` : given);
  return {
    id: id.slice(0, QUESTION.id),
    text: cut(text, QUESTION.text),
    options: options.slice(0, QUESTION.options).map((option) => cut(option, QUESTION.option)),
  };
}
