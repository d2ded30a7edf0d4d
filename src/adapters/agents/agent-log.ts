import { openOutputLog, type OutputLog } from '../processes/output-log.ts';

const MAX_NOTES = 50;

/** The log of one attempt: its output, and notes of what the engine could not take over, as many as a person would read. */
export interface AgentLog extends OutputLog {
  /** How many notes there were, written or not. */
  readonly notes: () => number;
}

/** Throws when the file cannot be created. */
export function openAgentLog(path: string): AgentLog {
  const log = openOutputLog(path);
  let notes = 0;
  return {
    ...log,
    notes: () => notes,
    note: (text) => {
      notes += 1;
      if (notes <= MAX_NOTES) log.note(text);
    },
    close: () => {
      if (notes > MAX_NOTES) log.note(`${notes - MAX_NOTES} more notes like these were left out`);
      log.close();
    },
  };
}
