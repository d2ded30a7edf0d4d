import { createHash } from 'node:crypto';
import { ArtifactError, OversizeError } from '../adapters/store/artifact-error.ts';
import type { ArtifactStore } from '../adapters/store/artifact-store.ts';
import { readBelow } from '../adapters/store/folder-file.ts';
import { toPlanReference, type PlanReference } from '../domain/plan/plan-reference.ts';
import { MAX_PLAN_BYTES } from '../domain/plan/rules/limits.ts';
import { toProblems } from '../domain/source/problem.ts';
import { dataSource, type Source } from '../domain/source/source.ts';
import { readYaml } from '../domain/source/yaml-source.ts';
import { invalidInput, invalidPlan, tooLarge } from './plan-failure.ts';

export interface PlanSourceDeps {
  readonly store: Pick<ArtifactStore, 'readBlob'>;
  /** Folder of the worker's config. */
  readonly baseDir: string;
}

const HOW_TO_START = 'start with {"plan": {…}} or {"planRef": {"uri": "file:plans/big.yaml", "sha256": "…"}}';

/**
 * The plan of a workflow input, wherever it lies. What is referred to is parsed only when it has the hash, so that of a file
 * that the sender does not know nothing comes out, not even in errors. Throws `InvalidPlan` or `TooLarge`; neither is retried.
 */
export async function readPlanSource(
  deps: PlanSourceDeps,
  { plan, planRef }: { readonly plan?: unknown; readonly planRef?: unknown },
): Promise<Source> {
  const isGiven = (value: unknown): boolean => value !== undefined && value !== null;
  if (isGiven(plan) && isGiven(planRef)) throw invalidInput('planRef', 'both "plan" and "planRef" are given', 'give one of them');
  if (isGiven(plan)) return dataSource(plan);
  if (!isGiven(planRef)) throw invalidInput('plan', 'no plan in the workflow input', HOW_TO_START);
  const reference = toPlanReference(planRef);
  if (!reference.ok) throw invalidInput('planRef', reference.error, HOW_TO_START);
  return parse(await readReferenced(deps, reference.value), reference.value.name);
}

async function readReferenced({ store, baseDir }: PlanSourceDeps, { path, name, sha256 }: PlanReference): Promise<Buffer> {
  let content: Buffer;
  try {
    content = path === null ? await store.readBlob(sha256, MAX_PLAN_BYTES) : await readBelow(baseDir, path, MAX_PLAN_BYTES);
  } catch (error) {
    if (error instanceof OversizeError) throw tooLarge(`planRef: ${error.message}`);
    if (!(error instanceof ArtifactError)) throw error;
    throw invalidInput('planRef', error.message, 'the worker that prepares the plan must have it');
  }
  if (createHash('sha256').update(content).digest('hex') === sha256) return content;
  const hint = `it has changed since, or another file is meant: compare with sha256sum`;
  throw invalidInput('planRef', `the content of "${name}" does not have the given sha256`, hint);
}

function parse(content: Buffer, name: string): Source {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw invalidInput('planRef', `"${name}" is no UTF-8 text`, 'expected a plan in YAML or JSON');
  }
  const { source, findings } = readYaml(text, name);
  if (findings.length > 0) throw invalidPlan(toProblems(source, findings));
  return source;
}
