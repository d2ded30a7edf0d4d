import { uuid4 } from '@temporalio/workflow';
import { attemptActivityId, childWorkflowId } from '../domain/ids.ts';
import type { AttemptEvent } from '../domain/sprint/events.ts';
import { toLostAttempt } from './attempt-activity.ts';
import { createLaneLine, type CarriedLane, type LaneLine } from './lane-line.ts';
import type { LaneResults } from './lane-messages.ts';
import type { RunningAttempts } from './running-attempts.ts';
import { createSilence, type Silence } from './silence.ts';
import { tie } from './tether.ts';

/** Lanes as one run of their sprint hands them to the next. */
export interface CarriedLanes {
  readonly opened: number;
  readonly lanes: readonly CarriedLane[];
}

/** Attempts in lanes: the same as directly, but they outlive the run. */
export interface Lanes extends RunningAttempts {
  /** No order is on its way: the run may end without losing one. */
  readonly isSettled: boolean;
  /** Every lane that was told to keep its results has said that it does. */
  readonly isQuiet: boolean;
  /** When a lane that has been silent for too long must be asked (Unix ms). */
  readonly dueAt: number | null;
  /** Whether lanes keep their results; the next run releases them. */
  hold(isHeld: boolean): void;
  /** The signal `laneResults`; false when it is from no lane of this sprint. */
  takeResults(raw: unknown): boolean;
  /** Asks silent lanes, lets go of those that are not needed any more. */
  tend(now: number, areWanted: boolean): void;
  /** Everything is over: the lanes end. */
  close(): void;
  carry(): CarriedLanes;
}

export interface LanesOptions {
  readonly ownerId: string;
  readonly heartbeatTimeoutMs: number;
  /** See `sign-of-life.ts`. */
  readonly isShortRun: boolean;
  /** A lane gets so many attempts in all, then a fresh one is opened beside it. */
  readonly capacity: number;
  readonly carried: CarriedLanes | null;
}

/** How each attempt ends goes to `happened` as an event; those of a lane that is gone are lost, and with it fenced. */
export function createLanes({ carried, capacity, ...options }: LanesOptions, happened: Happened): Lanes {
  const { lines, silence, unconfirmed, add, drop } = createLaneBook(options, happened);
  let opened = carried?.opened ?? 0;
  const all = (): LaneLine[] => [...lines.values()];
  const open = (): LaneLine[] => all().filter(({ isClosed }) => !isClosed);
  const openNew = (): LaneLine =>
    add({ id: childWorkflowId(options.ownerId, 'lane', ++opened), key: uuid4(), attempts: [], given: 0 }, false);
  // What the run before has told them to keep is wanted again.
  for (const lane of carried?.lanes ?? []) {
    add(lane, true).ping();
    tie(lane.id);
  }

  return {
    get count() {
      return all().reduce((sum, { attempts }) => sum + attempts.size, 0);
    },
    get isSettled() {
      return all().every(({ isBusy }) => !isBusy);
    },
    get isQuiet() {
      return unconfirmed.size === 0;
    },
    get dueAt() {
      return silence.dueAt(all().flatMap((line) => (mustSpeak(line) ? [line.id] : [])));
    },
    start: (effect) => (open().find(({ given }) => given < capacity) ?? openNew()).perform(effect),
    cancel(taskId, attempt) {
      const id = attemptActivityId(taskId, attempt);
      for (const line of all()) if (line.attempts.has(id)) line.cancel({ taskId, attempt });
    },
    hold(isHeld) {
      unconfirmed.clear();
      for (const line of all()) {
        if (line.attempts.size === 0) continue;
        line.hold(isHeld);
        if (isHeld) unconfirmed.add(line.id);
      }
    },
    takeResults(raw) {
      const line = senderOf(lines, raw);
      if (!line) return false;
      silence.hear(line.id);
      if ((raw as LaneResults).isHeld) unconfirmed.delete(line.id);
      for (const event of takeEnded(line, raw)) happened(event);
      return true;
    },
    tend(now, areWanted) {
      for (const line of all()) {
        if (line.attempts.size > 0) askIfSilent(line, silence, now);
        else if (!line.isBusy && line.isClosed) drop(line.id);
        else if (!line.isClosed && (!areWanted || line.given >= capacity)) line.close();
      }
    },
    close: () => open().forEach((line) => line.close()),
    carry: () => ({ opened, lanes: open().map(toCarried) }),
  };
}

type Happened = (event: AttemptEvent) => void;

/** The lines to all lanes; what was at work in one that is gone is lost. */
function createLaneBook(options: Omit<LanesOptions, 'carried' | 'capacity'>, happened: Happened) {
  const lines = new Map<string, LaneLine>();
  const silence = createSilence(() => options.isShortRun);
  /** Lanes that have not said yet that they keep their results, as they were told. */
  const unconfirmed = new Set<string>();
  const drop = (id: string): void => {
    const line = lines.get(id);
    lines.delete(id);
    silence.forget(id);
    unconfirmed.delete(id);
    for (const ref of line?.attempts.values() ?? []) happened(toLostAttempt(ref, 'its lane has ended without it'));
  };
  const add = (lane: CarriedLane, isOpen: boolean): LaneLine => {
    const events = { onTaken: () => silence.hear(lane.id), onEnded: () => drop(lane.id) };
    const line = createLaneLine({ ...options, ...events, lane, isOpen });
    lines.set(lane.id, line);
    silence.hear(lane.id);
    return line;
  };
  return { lines, silence, unconfirmed, add, drop };
}

/** The end of a lane that this run has opened is told by the server. */
const mustSpeak = ({ attempts, isWatched }: LaneLine): boolean => attempts.size > 0 && !isWatched;

function askIfSilent(line: LaneLine, silence: Silence, now: number): void {
  if (!mustSpeak(line) || !silence.isDue(line.id, now)) return;
  silence.hear(line.id);
  line.ping();
}

function senderOf(lines: ReadonlyMap<string, LaneLine>, raw: unknown): LaneLine | null {
  const { key, lane, ended } = (raw ?? {}) as Partial<LaneResults>;
  const line = lines.get(String(lane));
  return line && line.key === key && Array.isArray(ended) ? line : null;
}

/** A batch that came twice, or an attempt that was given up, is not there any more. */
function takeEnded(line: LaneLine, raw: unknown): readonly AttemptEvent[] {
  const { ended } = raw as LaneResults;
  const known = ended.filter(({ taskId, attempt }) => line.attempts.delete(attemptActivityId(taskId, attempt)));
  return known.map((event) => ({ ...event, at: Date.now() }));
}

const toCarried = ({ id, key, given, attempts }: LaneLine): CarriedLane => ({
  id,
  key,
  given,
  attempts: [...attempts.values()],
});
