import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';

/**
 * Parents and children that have outlived the run that joined them notice each other's end by signals that fail: whoever is below says
 * something every five minutes while it has work, whoever is above asks when it has heard nothing for six.
 */
const SPEAK_EVERY_MS = 300_000;
const ASK_AFTER_MS = 360_000;
/** In a run that grows old over one long attempt: seldom, so that its history lasts for months. */
const SELDOM = 12;
const OLD_EVENTS = 8_000;

const pace = (): number => (workflowInfo().historyLength < OLD_EVENTS ? 1 : SELDOM);

export const speakEveryMs = (): number => SPEAK_EVERY_MS * pace();
export const askAfterMs = (): number => ASK_AFTER_MS * pace();

/** Whether a signal or cancel failed because there is no such open workflow, and not because it has had too many. */
export const isGone = (error: unknown): boolean =>
  error instanceof ApplicationFailure && /not ?found/i.test(`${error.type} ${error.message}`);
