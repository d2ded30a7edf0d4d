/** What kept a server from being opened. */
export type ServerFailureKind =
  | 'BadConfiguration' // temporal.toml, TEMPORAL_* or an option cannot be used as written
  | 'Unreachable' // a configured server does not answer
  | 'BadBinary' // the binary that was asked for by name does not run
  | 'NoBinary' // every road to a `temporal` binary failed
  | 'PortTaken'
  | 'FolderBusy' // another process holds this folder's server and it neither answers nor ends
  | 'ServerDied' // our server ended before it served
  | 'NotServing' // our server lives but did not serve in time
  | 'NoNamespace'
  | 'Interrupted';

/** The only error `openServer` rejects with; its message says what was tried and what to do. */
export class ServerFailure extends Error {
  readonly kind: ServerFailureKind;

  constructor(kind: ServerFailureKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ServerFailure';
    this.kind = kind;
  }
}

/** One line from any thrown value; a "fetch failed" or a gRPC wrapper is followed by, or gives way to, what it hides. */
export function toReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error.cause;
  if (inner instanceof Error) return [error.message, toReason(inner)].filter((text) => text !== '').join(': ');
  const details = (error as { details?: unknown }).details;
  return typeof details === 'string' && details !== '' ? details : error.message.split('\n')[0] || error.name;
}
