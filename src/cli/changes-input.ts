import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf } from '../domain/error-message.ts';
import { changesSchema, type PlanChange } from '../domain/plan/amendment/amendment-schema.ts';
import { toProblems } from '../domain/source/problem.ts';
import { readShape } from '../domain/source/shape.ts';
import { readYaml } from '../domain/source/yaml-source.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import { ProblemsError } from './plan-input.ts';

/**
 * Reads a file with `changes` of a plan, YAML or JSON. Whether they fit the plan, the engine says.
 * @throws CliError with every mistake of form, by line and column
 */
export function readChanges(path: string, cwd: string): readonly PlanChange[] {
  const { source, findings } = readYaml(readText(path, cwd), path);
  if (findings.length > 0) throw new ProblemsError(toProblems(source, findings), 'changes');
  const shape = readShape(changesSchema, source.data, []);
  if (shape.value === null) throw new ProblemsError(toProblems(source, shape.findings), 'changes');
  return shape.value.changes;
}

function readText(path: string, cwd: string): string {
  try {
    return readFileSync(resolve(cwd, path), 'utf8');
  } catch (error) {
    throw new CliError(EXIT.invalid, `Cannot read ${path}: ${messageOf(error)}`);
  }
}
