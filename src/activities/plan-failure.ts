import { ApplicationFailure } from '@temporalio/activity';
import { formatProblems, type Problem } from '../domain/source/problem.ts';

const LONGEST_MESSAGE = 16_000;

/** `InvalidPlan` with every mistake in the message and, as its only detail, as data. Not retried. */
export function invalidPlan(problems: readonly Problem[]): ApplicationFailure {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const message = `The plan has ${count}:\n${formatProblems(problems)}`;
  const cut = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
  return ApplicationFailure.create({ message: cut, type: 'InvalidPlan', nonRetryable: true, details: [problems] });
}

/** A mistake in the input of the workflow, at its field `path`. */
export const invalidInput = (path: string, message: string, hint: string | null): ApplicationFailure =>
  invalidPlan([{ file: null, line: null, column: null, path, expected: null, got: null, message, hint }]);

export const tooLarge = (message: string): ApplicationFailure =>
  ApplicationFailure.create({ type: 'TooLarge', nonRetryable: true, message });
