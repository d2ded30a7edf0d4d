import { CommanderError } from 'commander';
import { ExecutionExistsError, NoServerError, NoWorkerError, RefusedError, UnknownExecutionError } from '../client/errors.ts';
import { ServerFailure } from '../server/server-failure.ts';
import { EXIT } from './exit-code.ts';
import { toPlainText } from './render/plain-text.ts';

/** An error with the exit code it ends the command with; its message says what was expected, what came and what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

export interface CommandFailure {
  /** Empty when it has been printed already. */
  readonly message: string;
  readonly exitCode: number;
}

/** Any error as one message and an exit code. */
export function toCommandFailure(error: unknown): CommandFailure {
  if (error instanceof CommanderError) {
    return { message: '', exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.invalid };
  }
  if (!(error instanceof Error)) return { message: toPlainText(String(error)), exitCode: EXIT.internal };
  const message = toPlainText(error instanceof RefusedError ? `Refused (${error.type}): ${error.message}` : error.message);
  return { message, exitCode: exitCodeOf(error) };
}

function exitCodeOf(error: Error): number {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof RefusedError) return EXIT.refused;
  if (error instanceof NoServerError || error instanceof NoWorkerError) return EXIT.noServer;
  if (error instanceof UnknownExecutionError || error instanceof ExecutionExistsError) return EXIT.invalid;
  if (error instanceof ServerFailure) return error.kind === 'Interrupted' ? EXIT.interrupted : EXIT.noServer;
  return EXIT.internal;
}
