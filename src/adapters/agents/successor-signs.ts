import type { HandoverSigns } from '../../domain/reallocation/handover.ts';
import type { RunnerReport } from './agent-runner.ts';
import type { ProtocolLine } from './protocol.ts';
import type { Transcript } from './transcript.ts';

/** Whether an agent that was given a handover goes on from there; of others nothing is noted. */
export interface SuccessorSigns {
  /** Answers whether there is something new to tell. */
  note(transcript: Transcript, moves: boolean): boolean;
  told(): Pick<RunnerReport, 'handover'>;
}

export function createSuccessorSigns(isSuccessor: boolean): SuccessorSigns {
  let signs: HandoverSigns = { acknowledged: false, moving: false };
  return {
    note({ acknowledged }, moves) {
      const moving = signs.moving || moves;
      if (!isSuccessor || (signs.acknowledged === acknowledged && signs.moving === moving)) return false;
      signs = { acknowledged, moving };
      return true;
    },
    told: () => (isSuccessor ? { handover: signs } : {}),
  };
}

/** To have got the handover is not yet to go on from there. */
export const isAcknowledgement = (line: ProtocolLine): boolean =>
  line.kind === 'status' && line.fields.handover !== undefined && !line.fields.progress_percentage;
