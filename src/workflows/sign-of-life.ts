import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';

/**
 * Parents and children that have outlived the run that joined them notice each other's end by signals that fail: whoever is below says
 * something every five minutes while it has work, whoever is above asks when it has heard nothing for six.
 */
const MINUTE_MS = 60_000;
const SPEAK_EVERY = 5;
const ASK_AFTER = 6;
/** Where runs are made short for a test, these are seconds. */
const SECOND_MS = 1_000;
/** In a run that grows old over one long attempt: seldom, so that its history lasts for months. */
const SELDOM = 12;
const OLD_EVENTS = 8_000;

const unitMs = (isShortRun: boolean): number => {
  if (isShortRun) return SECOND_MS;
  return workflowInfo().historyLength < OLD_EVENTS ? MINUTE_MS : SELDOM * MINUTE_MS;
};

export const speakEveryMs = (isShortRun: boolean): number => SPEAK_EVERY * unitMs(isShortRun);
export const askAfterMs = (isShortRun: boolean): number => ASK_AFTER * unitMs(isShortRun);

/** Whether a signal or cancel failed because there is no such open workflow, and not because it has had too many. */
export const isGone = (error: unknown): boolean =>
  error instanceof ApplicationFailure && /not ?found/i.test(`${error.type} ${error.message}`);
