import { dirname, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { CONFIG_NAMES, loadConfig, loadPlan } from '../config.ts';
import type { LoadedPlan } from '../config.ts';
import type { Config } from '../domain/config/config.ts';
import { toRosterFacts } from '../domain/config/agent-profile.ts';
import type { Result } from '../domain/result.ts';
import { formatProblems } from '../domain/source/problem.ts';
import type { Problem } from '../domain/source/problem.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import { toPlainText } from './render/plain-text.ts';

/**
 * Reads a plan and checks it, against the roster of the config where there is one.
 * @throws CliError with every problem
 */
export const readPlan = (path: string, config: Config | null): LoadedPlan =>
  unwrap(loadPlan(path, config === null ? null : toRosterFacts(config)), 'plan');

/**
 * The config that was named, else the one beside the plan, else the one in the current folder; null when there is none.
 * @throws CliError with every problem
 */
export function readConfig(named: string | undefined, folders: readonly string[]): Config | null {
  const path = named ?? findConfig(folders);
  return path === null ? null : unwrap(loadConfig(path), 'config');
}

/** @throws CliError when there is no config either */
export function requireConfig(named: string | undefined, folders: readonly string[]): Config {
  const config = readConfig(named, folders);
  if (config !== null) return config;
  throw new CliError(
    EXIT.invalid,
    `No config: expected ${CONFIG_NAMES.join(', ')} in ${[...new Set(folders)].join(' or ')}. ` +
      'Name one with --config, or write one with: pact init',
  );
}

export const foldersFor = (planPath: string, cwd: string): readonly string[] => [dirname(resolve(cwd, planPath)), cwd];

function findConfig(folders: readonly string[]): string | null {
  const paths = folders.flatMap((folder) => CONFIG_NAMES.map((name) => resolve(folder, name)));
  return paths.find((path) => existsSync(path)) ?? null;
}

/** A plan or config that cannot be used, with every problem. */
export class ProblemsError extends CliError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], what: string) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super(EXIT.invalid, `${toPlainText(formatProblems(problems))}\n${count} in the ${what}.`);
    this.problems = problems;
  }
}

function unwrap<T>(result: Result<T, readonly Problem[]>, what: string): T {
  if (result.ok) return result.value;
  throw new ProblemsError(result.error, what);
}
