import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ArtifactError } from '../adapters/store/artifact-error.ts';
import type { ArtifactStore } from '../adapters/store/artifact-store.ts';
import type { RolledBack } from '../adapters/store/rolled-back.ts';
import type { Workspaces } from '../adapters/workspaces/directory-workspaces.ts';
import type { AuthorizedCheck } from '../domain/attempt.ts';
import { attemptMarker } from '../domain/ids.ts';
import { elementAt } from '../domain/lookup.ts';
import type { UndoResult, UndoStep } from '../domain/rollback/undo-step.ts';
import { findChecks, requirePassed, runCheck, type AttemptChecksDeps } from './attempt-checks.ts';
import { AttemptError } from './attempt-failure.ts';
import { whileBeating } from './heartbeat.ts';

export interface UndoStepsInput {
  readonly executionId: string;
  /** Name of the rollback: see `RolledBack`. */
  readonly folder: string;
  readonly steps: readonly UndoStep[];
}

export interface UndoStepsDeps extends AttemptChecksDeps {
  readonly store: Pick<ArtifactStore, 'materialise' | 'openRolledBack'>;
  readonly workspaces: Workspaces;
}

/**
 * The activity `undoSteps`: undoes one step after the other, up to the first that fails, which its result says. A step that a note on disk
 * says is over is not done again; one during which the worker died is, so a compensation must bear to be begun twice. Throws system
 * errors (disk full), which Temporal retries.
 */
export function createUndoSteps(
  deps: UndoStepsDeps,
): (input: UndoStepsInput) => Promise<{ readonly results: readonly UndoResult[] }> {
  return async ({ executionId, folder, steps }) =>
    await whileBeating(async (signal) => {
      const place = deps.store.openRolledBack(executionId, folder);
      const results: UndoResult[] = [];
      for (const step of steps) {
        signal.throwIfAborted();
        const noted = await place.readNote(step.id);
        const result =
          noted === null ? await undo(deps, { executionId, step, place, signal }) : (JSON.parse(noted) as UndoResult);
        results.push(result);
        if (!result.ok) break;
        if (noted === null) await place.writeNote(step.id, JSON.stringify(result));
      }
      return { results };
    });
}

interface Undoing {
  readonly executionId: string;
  readonly step: UndoStep;
  readonly place: RolledBack;
  readonly signal: AbortSignal;
}

async function undo(deps: UndoStepsDeps, undoing: Undoing): Promise<UndoResult> {
  const { step, signal } = undoing;
  const startedAt = Date.now();
  const end = (ok: boolean, detail: string): UndoResult => ({ id: step.id, ok, detail, startedAt, endedAt: Date.now() });
  try {
    const parts = step.kind === 'restore' ? await restore(undoing) : await takeBack(deps, undoing);
    return end(true, parts.join('; ') || 'nothing was there to be undone');
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AttemptError) return end(false, `${error.message} ${error.failure.tail}`.trim());
    if (error instanceof ArtifactError) return end(false, error.message);
    throw error;
  }
}

async function restore({ step, place }: Undoing): Promise<string[]> {
  const restored = await place.restore(step.task, step.deliverables);
  return [restored.length === 0 ? 'everything is as it was delivered' : `restored ${restored.join(', ')}`];
}

async function takeBack(deps: UndoStepsDeps, undoing: Undoing): Promise<string[]> {
  const { step, place } = undoing;
  const parts = step.compensation ? [await compensate(deps, undoing, step.compensation)] : [];
  if (await place.setAside(step.task)) parts.push(`set aside ${step.deliverables.map(({ id }) => id).join(', ')}`);
  return parts;
}

/** Runs the check as the undo, in a fresh workspace with what the task has delivered. Throws an AttemptError when it does not pass. */
async function compensate(
  deps: UndoStepsDeps,
  { executionId, step, signal }: Undoing,
  authorized: AuthorizedCheck,
): Promise<string> {
  const { task, attempt, deliverables } = step;
  const check = elementAt(await findChecks(deps, { id: task, checks: [authorized] }), 0);
  // The folder of the attempt itself may be there still, for whoever looks into why it failed.
  const taskId = `undo.${task}`;
  const workspace = await deps.workspaces.create({ executionId, taskId, attempt });
  for (const deliverable of deliverables) {
    const path = join(workspace.work, deliverable.path);
    await mkdir(dirname(path), { recursive: true });
    await deps.store.materialise(deliverable, path);
  }
  const marker = attemptMarker(executionId, taskId, attempt);
  const evidence = await runCheck(deps, check, { workspace, marker, signal, env: { PACT_UNDO: `${task}/${attempt}` } });
  signal.throwIfAborted();
  requirePassed([evidence], null);
  await deps.workspaces.remove(workspace);
  return `${authorized.id} passed in ${evidence.durationMs} ms`;
}
