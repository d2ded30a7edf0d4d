/** What went wrong, in words. Several addresses that all failed come as an AggregateError without words of its own. */
export function causeOf(error: unknown): string {
  const cause = error instanceof AggregateError ? (error.errors as unknown[])[0] : error;
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
}
