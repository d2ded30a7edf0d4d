import { CancellationScope } from '@temporalio/workflow';
import type { ProcedureKind, ProcedureNews, ProcedureOutcome } from '../domain/procedures/procedure.ts';
import { createAlarmClock } from './alarm-clock.ts';
import type { OwnerLine } from './owner-line.ts';
import { createDetailsPublisher } from './procedure-details.ts';

/** What comes to every procedure with a clock, beside the events of its kind. */
type LoopEvent<K extends ProcedureKind> = { readonly at: number } & (
  | { readonly type: 'started' }
  | { readonly type: 'timePassed' }
  | { readonly type: 'heard'; readonly news: ProcedureNews<K> | { readonly type: 'withdrawn'; readonly reason: string } }
);

export interface ProcedureLoopOptions<K extends ProcedureKind, Event> {
  readonly line: OwnerLine<K>;
  /** Who withdraws it by being gone, in words. */
  readonly owner: string;
  /** With `timeline` the current details in the Temporal UI. */
  readonly title: string;
  readonly timeline: () => readonly { readonly at: string; readonly text: string }[];
  /** One step of its state machine, with what follows from it. */
  readonly take: (event: Event | LoopEvent<K>) => void;
  /** null while it goes on. */
  readonly outcome: () => ProcedureOutcome<K> | null;
  /** When it must look at the clock (Unix ms); null: not before something comes. */
  readonly nextMoment: () => number | null;
}

/**
 * The life of a procedure that asks and waits: it takes what has happened, then what its owner says, else the time. A cancel, and an owner
 * that is gone, withdraw it. `happen` puts in what activities have answered; `run` resolves with the outcome.
 */
export function createProcedureLoop<K extends ProcedureKind, Event>(options: ProcedureLoopOptions<K, Event>) {
  const { line, owner, title, timeline, take, outcome, nextMoment } = options;
  const happened: (Event | LoopEvent<K>)[] = [{ type: 'started', at: Date.now() }];
  const clock = createAlarmClock();
  const publish = createDetailsPublisher();
  const withdraw = (reason: string): void =>
    void happened.push({ type: 'heard', at: Date.now(), news: { type: 'withdrawn', reason } });
  CancellationScope.current().cancelRequested.catch(() => withdraw('cancelled'));
  return {
    happen: (event: Event): void => void happened.push(event),
    async run(): Promise<ProcedureOutcome<K>> {
      for (;;) {
        if (line.isOwnerGone) withdraw(`${owner} is gone`);
        for (const news of line.take()) happened.push({ type: 'heard', at: Date.now(), news });
        if (happened.length === 0) happened.push({ type: 'timePassed', at: Date.now() });
        for (const event of happened.splice(0)) take(event);
        publish(title, timeline());
        const end = outcome();
        if (end !== null) {
          clock.disarm();
          return end;
        }
        await clock.wait(() => happened.length > 0 || line.hasNews || line.isOwnerGone, nextMoment());
      }
    },
  };
}
