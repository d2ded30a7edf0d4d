import type { FailureType } from '../domain/failure.ts';

/** The engine understood the message and refused it; `type` is from the closed list that programs may rely on. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly type: FailureType | (string & {});
  /** Details as the engine gave them, for example every problem of a plan. */
  readonly details: readonly unknown[];

  constructor(type: string, message: string, details: readonly unknown[] = []) {
    super(message);
    this.type = type;
    this.details = details;
  }
}

/** No Temporal server answers at the address. */
export class NoServerError extends Error {
  override readonly name = 'NoServerError';
}

/** The server is there, but no worker took the request in time. */
export class NoWorkerError extends Error {
  override readonly name = 'NoWorkerError';
}

/** The server has no such execution. */
export class UnknownExecutionError extends Error {
  override readonly name = 'UnknownExecutionError';
}

/** An execution with this id exists already. */
export class ExecutionExistsError extends Error {
  override readonly name = 'ExecutionExistsError';
}
