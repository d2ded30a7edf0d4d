/** Searches for a better order in one sprint, at most. */
export const MAX_SEARCHES = 10;
