/** The workflow types that people and programs start. */
import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import type { SprintOutcome } from '../domain/execution/state.ts';
import type { ExecutionResult } from '../domain/views.ts';
import { runExecution } from './execution.ts';
import { runSprint, type SprintInput } from './sprint.ts';

/** `{plan}` → the result of the whole plan. */
export async function execution(input: unknown): Promise<ExecutionResult> {
  const { plan, planRef } = toRecord(input);
  return runExecution({ plan, planRef });
}

/** `{plan, sprintId}` → the result of one sprint alone, with its own authorization. The other form of input is its execution's. */
export async function sprint(input: unknown): Promise<ExecutionResult | SprintOutcome> {
  if (workflowInfo().parent && 'definition' in toRecord(input)) return runSprint(input as SprintInput);
  const { plan, planRef, sprintId } = toRecord(input);
  if (typeof sprintId !== 'string') {
    throw ApplicationFailure.nonRetryable(
      'sprintId: expected the id of a sprint of the plan: start with {"plan": {…}, "sprintId": "…"}',
      'InvalidPlan',
    );
  }
  return runExecution({ plan, planRef, sprintId });
}

const toRecord = (input: unknown): Record<string, unknown> =>
  typeof input === 'object' && input !== null && !Array.isArray(input) ? (input as Record<string, unknown>) : {};
