import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Config } from './domain/config/config.ts';
import { parseConfig } from './domain/config/config-reader.ts';
import type { Plan } from './domain/plan/plan.ts';
import { parsePlan } from './domain/plan/plan-reader.ts';
import type { RosterFacts } from './domain/plan/roster-facts.ts';
import { err, ok, type Result } from './domain/result.ts';
import { type Problem, toProblems } from './domain/source/problem.ts';
import { dataSource, type Source } from './domain/source/source.ts';
import { readYaml } from './domain/source/yaml-source.ts';
import { messageOf } from './domain/error-message.ts';

/** Names of a config within a folder, in the order in which they are looked for. */
export const CONFIG_NAMES = ['pact.config.yaml', 'pact.config.yml', 'pact.config.json'] as const;

/** A plan as read: the source for places in messages, the data to start a workflow with, the normalised plan. */
export interface LoadedPlan {
  readonly source: Source;
  readonly data: unknown;
  readonly plan: Plan;
}

/**
 * Reads a config file, or the one in a folder. Relative programs and folders in it are seen from its own folder.
 * @returns The config with defaults and absolute paths, or every mistake with file, line and column; throws nothing.
 */
export function loadConfig(path: string): Result<Config, Problem[]> {
  const file = configFile(resolve(path));
  if (file === null) {
    return err([noFile(path, `no config in ${path}`, `expected ${CONFIG_NAMES.join(' or ')}; "pact init" writes one`)]);
  }
  const read = loadSource(file);
  if (!read.ok) return read;
  const baseDir = dirname(file);
  const absolute = (name: string): string => resolve(baseDir, name);
  return parseConfig(read.value, { baseDir, absolute, fileAt: (name) => (isFile(absolute(name)) ? absolute(name) : null) });
}

/**
 * Reads a plan file.
 * @param facts The roster to check it against, of `toRosterFacts(config)`; without one only the plan itself is checked.
 */
export function loadPlan(path: string, facts: RosterFacts | null = null): Result<LoadedPlan, Problem[]> {
  const read = loadSource(path);
  if (!read.ok) return read;
  const plan = parsePlan(read.value, facts);
  return plan.ok ? ok({ source: read.value, data: read.value.data, plan: plan.value }) : plan;
}

function loadSource(path: string): Result<Source, Problem[]> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const reason = messageOf(error);
    return err([noFile(path, `cannot read ${path}: ${reason}`, 'expected a UTF-8 text file of YAML or JSON')]);
  }
  const { source, findings } = readYaml(text, path);
  return findings.length > 0 ? err(toProblems(source, findings)) : ok(source);
}

function configFile(path: string): string | null {
  if (!existsSync(path) || !statSync(path).isDirectory()) return path;
  return CONFIG_NAMES.map((name) => join(path, name)).find(isFile) ?? null;
}

/** A name that is too long or lies behind a closed folder is no file of ours either. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function noFile(path: string, message: string, hint: string): Problem {
  const [problem] = toProblems({ ...dataSource(null), file: path }, [{ at: [], message, hint }]);
  return problem as Problem;
}
