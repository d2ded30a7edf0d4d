import { ActivityFailure } from '@temporalio/workflow';

/** Why an activity has failed, without what Temporal wraps it in; any other error as it is. */
export const causeOf = (error: unknown): unknown => (error instanceof ActivityFailure ? (error.cause ?? error) : error);
