/** An artifact that cannot be collected, stored or handed on. The message is for the people who run the plan. */
export class ArtifactError extends Error {
  override readonly name = 'ArtifactError';
}

/** The `code` of a system error such as `ENOENT`, or null. */
export function errorCode(error: unknown): string | null {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : null;
}

/** It is there, and larger than may be read. */
export class OversizeError extends ArtifactError {}
