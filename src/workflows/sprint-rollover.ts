import type { Packable } from '../domain/packed.ts';
import { toCarriedState } from '../domain/sprint/carried-state.ts';
import { isFinal } from '../domain/sprint/state.ts';
import { continueRun, toNextInput } from './next-run.ts';
import type { NextSprintInput, SprintCarried, SprintInput } from './sprint-input.ts';
import type { OpenSprint } from './sprint-parts.ts';

/** From one run of a sprint to the next. */
export interface SprintRollover {
  /** At the first moment with nothing of its own at work: from then on nothing is begun that the end of the run would cut off. */
  prepare(): void;
  /** Nothing is under way any more. */
  readonly isDue: boolean;
  /** Everything that has come must have been taken. Comes back only when the state is too large to go on with. */
  leave(): Promise<void>;
}

export function createSprintRollover(first: Packable<SprintInput>, parts: OpenSprint): SprintRollover {
  const { sprint, attempts, direct, lanes, ledger, limits, parent, searches } = parts;
  let isPrepared = false;
  const hold = (isHeld: boolean): void => {
    isPrepared = isHeld;
    for (const part of [attempts, lanes]) part.hold(isHeld);
  };
  const isOver = (): boolean => isFinal(sprint.state.phase);
  return {
    prepare() {
      if (!isPrepared && limits.isLong && direct.count === 0 && !isOver()) hold(true);
    },
    get isDue() {
      return isPrepared && lanes.isSettled && !parent.isBusy && !isOver();
    },
    async leave() {
      const carried = toNextInput<SprintCarried>({
        state: toCarriedState(sprint),
        waiting: attempts.carry(),
        lanes: lanes.carry(),
        ledger: ledger.carry(),
        news: parent.carry(),
        searches: searches.carry(),
      });
      if (carried) await continueRun({ first, carried } satisfies NextSprintInput);
      limits.postpone();
      hold(false);
    },
  };
}
