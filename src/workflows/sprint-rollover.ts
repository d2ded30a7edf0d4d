import type { Packable } from '../domain/packed.ts';
import { toAmendment } from '../domain/sprint/amended-definition.ts';
import { toCarriedState } from '../domain/sprint/carried-state.ts';
import { isFinal } from '../domain/sprint/state.ts';
import { continueRun, toNextInput } from './next-run.ts';
import type { NextSprintInput, SprintCarried, SprintInput } from './sprint-input.ts';
import type { OpenSprint } from './sprint-parts.ts';

/**
 * What comes while a run ends undoes that: the server has the last step done again, and the worker goes through the whole history for it. So
 * everything that sends is asked to be quiet first, for at most this long.
 */
const QUIET_WITHIN_MS = 10_000;

/** From one run of a sprint to the next. */
export interface SprintRollover {
  /** At the first moment with nothing of its own at work: from then on nothing is begun that the end of the run would cut off. */
  prepare(): void;
  /** Nothing is under way any more. */
  readonly isDue: boolean;
  /** When it is due although not all are quiet (Unix ms); null while there is nothing to wait for. */
  readonly quietBy: number | null;
  /** Everything that has come must have been taken. Comes back only when the state is too large to go on with. */
  leave(): Promise<void>;
}

export function createSprintRollover(first: Packable<SprintInput>, parts: OpenSprint): SprintRollover {
  const { sprint, attempts, clock, direct, lanes, ledger, limits, parent, procedures, searches } = parts;
  let isPrepared = false;
  let quietBy = 0;
  const hold = (isHeld: boolean): void => {
    isPrepared = isHeld;
    for (const part of [attempts, lanes, ledger]) part.hold(isHeld);
  };
  const isOver = (): boolean => isFinal(sprint.state.phase);
  return {
    prepare() {
      // A sprint that has ended meanwhile still waits for the last word of its lanes.
      if (isPrepared && isOver()) hold(false);
      if (!isPrepared && limits.isLong && direct.count === 0 && !isOver()) {
        quietBy = Date.now() + QUIET_WITHIN_MS;
        clock.disarm();
        hold(true);
      }
    },
    get isDue() {
      const isQuiet = (lanes.isQuiet && !ledger.isBusy) || Date.now() >= quietBy;
      return isPrepared && isQuiet && lanes.isSettled && !parent.isBusy && !procedures.isBusy && !isOver();
    },
    get quietBy() {
      return isPrepared && Date.now() < quietBy ? quietBy : null;
    },
    async leave() {
      const amendment = toAmendment(parts.given, sprint.definition);
      const carried = toNextInput<SprintCarried>({
        state: toCarriedState(sprint),
        ...(amendment ? { amendment } : {}),
        waiting: attempts.carry(),
        lanes: lanes.carry(),
        ledger: ledger.carry(),
        news: parent.carry(),
        searches: searches.carry(),
        procedures: procedures.carry(),
      });
      if (carried) await continueRun({ first, carried } satisfies NextSprintInput);
      limits.postpone();
      hold(false);
    },
  };
}
