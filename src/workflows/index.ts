/** The workflow types that people and programs start. */
import { ApplicationFailure, CancellationScope, workflowInfo } from '@temporalio/workflow';
import type { SprintOutcome } from '../domain/execution/state.ts';
import { isPacked, type Packable } from '../domain/packed.ts';
import type { ProcedureKind } from '../domain/procedures/procedure.ts';
import type { ExecutionResult } from '../domain/views.ts';
import { runEscalation } from './escalation.ts';
import { runExecution } from './execution.ts';
import type { ExecutionInput } from './execution-parts.ts';
import { runLane } from './lane.ts';
import type { LaneInput } from './lane-messages.ts';
import { isContinuation } from './next-run.ts';
import { unstow } from './packing.ts';
import type { ProcedureStart } from './procedure-messages.ts';
import { runReallocation } from './reallocation.ts';
import { runRollback } from './rollback.ts';
import { runSprint } from './sprint.ts';
import type { NextSprintInput, SprintInput } from './sprint-input.ts';
import { runTether, type TetherInput } from './tether.ts';

/** `{plan}` → the result of the whole plan. */
export async function execution(input: unknown): Promise<ExecutionResult> {
  if (isContinuation()) return runExecution(await unstow(input as Packable<ExecutionInput>));
  const { plan, planRef } = toRecord(input);
  return runExecution({ plan, planRef });
}

/** `{plan, sprintId}` → the result of one sprint alone, with its own authorization. The other form of input is its execution's. */
export async function sprint(input: unknown): Promise<ExecutionResult | Packable<SprintOutcome>> {
  const record = toRecord(input);
  if (workflowInfo().parent && 'first' in record) {
    const { first, carried } = input as NextSprintInput;
    return runSprint({ ...(await unpackInput(first)), carried: await unstow(carried) }, first);
  }
  if (workflowInfo().parent && isPacked(record)) return runSprint(await unpackInput(record), record);
  if (workflowInfo().parent && 'definition' in record) return runSprint(input as SprintInput, input as SprintInput);
  if (isContinuation()) return runExecution(await unstow(input as Packable<ExecutionInput>));
  const { plan, planRef, sprintId } = record;
  if (typeof sprintId !== 'string') {
    throw ApplicationFailure.nonRetryable(
      'sprintId: expected the id of a sprint of the plan: start with {"plan": {…}, "sprintId": "…"}',
      'InvalidPlan',
    );
  }
  return runExecution({ plan, planRef, sprintId });
}

const unpackInput = (packed: Packable<SprintInput>): Promise<SprintInput> =>
  CancellationScope.nonCancellable(() => unstow(packed));

/** Attempts for a sprint that continues as new; nobody else can start one. */
export async function lane(input: unknown): Promise<void> {
  if (!workflowInfo().parent) {
    throw ApplicationFailure.nonRetryable('a lane is started by its sprint: start "execution" with {"plan": {…}}', 'InvalidPlan');
  }
  return runLane(input as LaneInput);
}

/** Asks a chain of people and agents; its owner starts it. */
export const escalation = async (input: unknown): Promise<unknown> =>
  runEscalation(await openProcedure<'escalation'>('escalation', input));

/** Undoes what has been done, newest first; its owner starts it. */
export const rollback = async (input: unknown): Promise<unknown> =>
  runRollback(await openProcedure<'rollback'>('rollback', input));
/** Moves a task to another agent; its sprint starts it. */
export const reallocation = async (input: unknown): Promise<unknown> =>
  runReallocation(await openProcedure<'reallocation'>('reallocation', input));

async function openProcedure<K extends ProcedureKind>(kind: K, input: unknown): Promise<ProcedureStart<K>> {
  if (workflowInfo().parent) return unstow(input as Packable<ProcedureStart<K>>);
  throw ApplicationFailure.nonRetryable(
    `${kind} is started by a sprint or an execution, never by hand: start "execution" with {"plan": {…}}`,
    'InvalidPlan',
  );
}

/** Tells what outlives a run of its owner when that run ends. */
export const tether = (input: unknown): Promise<void> => runTether(input as TetherInput);

const toRecord = (input: unknown): Record<string, unknown> =>
  typeof input === 'object' && input !== null && !Array.isArray(input) ? (input as Record<string, unknown>) : {};
