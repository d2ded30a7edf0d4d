import { describe, expect, test } from 'vitest';
import { LATER_IN_CONFIGS, configSchema } from '../../src/domain/config/config-schema.ts';
import { parseConfig, type ConfigFolder } from '../../src/domain/config/config-reader.ts';
import { toRosterFacts } from '../../src/domain/config/agent-profile.ts';
import type { Config } from '../../src/domain/config/config.ts';
import { jsonSchemas } from '../../src/domain/plan/json-schema.ts';
import { parsePlan } from '../../src/domain/plan/plan-reader.ts';
import { LATER_IN_PLANS, planSchema } from '../../src/domain/plan/plan-schema.ts';
import { formatProblems } from '../../src/domain/source/problem.ts';
import { readShape } from '../../src/domain/source/shape.ts';
import { readYaml } from '../../src/domain/source/yaml-source.ts';
import { blocksOf, fieldRowsOf, readPage, sectionOf } from './doc-page.ts';
import { leastConfig, leastPlan, placeExample } from './example-place.ts';
import { fieldsOf } from './schema-field.ts';

const page = readPage('plan.md');
const schemas = jsonSchemas();
const parts = [
  {
    heading: '## plan.yaml, field by field',
    json: schemas['plan.json'],
    zod: planSchema,
    later: LATER_IN_PLANS,
    least: leastPlan,
  },
  {
    heading: '## pact.config.yaml, field by field',
    json: schemas['config.json'],
    zod: configSchema,
    later: LATER_IN_CONFIGS,
    least: leastConfig,
  },
];
const folder: ConfigFolder = { baseDir: '/team', fileAt: () => null, absolute: (path) => `/team/${path}` };

function exampleConfig(): Config {
  const [text = ''] = blocksOf(page, 'yaml').filter((block) => block.startsWith('# pact.config.yaml'));
  const config = parseConfig(readYaml(text, 'pact.config.yaml').source, folder);
  if (!config.ok) throw new Error(formatProblems(config.error));
  return config.value;
}

describe.each(parts)('docs/plan.md: $heading', ({ heading, json, zod, later, least }) => {
  const rows = fieldRowsOf(sectionOf(page, heading));
  const pathOf = ({ section, field }: { section: string; field: string }): string =>
    section === '' ? field : `${section}.${field}`;

  test('has a row for every field that the schema knows, and for none that it does not know', () => {
    expect([...new Set(rows.map(pathOf))].toSorted()).toEqual([...fieldsOf(json).keys()].toSorted());
  });

  test('names every word that a field takes', () => {
    const missing = [...fieldsOf(json)].flatMap(([path, words]) => {
      const text = rows.flatMap((row) => (pathOf(row) === path ? row.text : [])).join('\n');
      return [...words].flatMap((word) => (text.includes(`\`${word}\``) ? [] : `${path}: ${word}`));
    });
    expect(missing).toEqual([]);
  });

  test.each(rows.map((row) => [pathOf(row), row] as const))('the example of %s is valid and shows it', (_path, row) => {
    expect(row.example.split(/\W+/)).toContain(row.field.split(/\W+/).findLast((name) => name !== ''));
    const data = placeExample(row, least);
    expect(readShape<unknown>(zod, data, later).findings).toEqual([]);
  });

  test('names everything that is reserved for later', () => {
    const reserved = sectionOf(page, '## Not supported yet');
    const missing = later.flatMap(({ names }) => names).filter((name) => !new RegExp(`[\`: ]${name}\``).test(reserved));
    expect(missing).toEqual([]);
  });
});

describe('docs/plan.md: whole files', () => {
  const plans = blocksOf(page, 'yaml').filter((block) => block.startsWith('# plan.yaml'));

  test('the config is valid', () => {
    expect(exampleConfig().agents.map(({ id }) => id)).toEqual(['builder', 'tester', 'ann']);
  });

  test('the plan is valid with that config', () => {
    expect(plans).toHaveLength(1);
    const plan = parsePlan(readYaml(plans[0] ?? '', 'plan.yaml').source, toRosterFacts(exampleConfig()));
    expect(plan.ok ? [] : formatProblems(plan.error)).toEqual([]);
  });

  test('mistakes look as they are printed', () => {
    const [plan = '', config = ''] = blocksOf(page, 'yaml').filter((block) => block.startsWith('# with mistakes'));
    const [ofPlan = '', ofConfig = ''] = blocksOf(sectionOf(page, '## How mistakes look'), 'text');
    const refusedPlan = parsePlan(readYaml(plan, 'plan.yaml').source, toRosterFacts(exampleConfig()));
    const refusedConfig = parseConfig(readYaml(config, 'pact.config.yaml').source, folder);
    expect(refusedPlan.ok ? '' : `${formatProblems(refusedPlan.error)}\n`).toBe(ofPlan);
    expect(refusedConfig.ok ? '' : `${formatProblems(refusedConfig.error)}\n`).toBe(ofConfig);
  });
});
