import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { outsideMessageSchema } from '../../src/domain/agent-message.ts';
import { FAILURE_TYPES } from '../../src/domain/failure.ts';
import { CHANGE_KINDS } from '../../src/domain/plan/amendment/amendment-schema.ts';
import { checkShape } from '../../src/domain/message-shape.ts';
import {
  agentAvailabilitySchema,
  amendPlanSchema,
  agentStatusSchema,
  authorizeSchema,
  COMMANDS,
  controlSchema,
  emergencyStopSchema,
  respondSchema,
  reassignTaskSchema,
  rollbackSchema,
  setPrioritySchema,
  statusReportSchema,
  type CommandName,
} from '../../src/domain/messages.ts';
import { searchAttributeTypes } from '../../src/server/search-attributes.ts';
import { AGENT_STATUS, MESSAGE, QUERY_DESCRIPTIONS, SPRINT_PROGRESS } from '../../src/workflows/messages.ts';
import { labelledJson, namesOf, readPage, sectionOf } from './doc-page.ts';
import { fieldsOf } from './schema-field.ts';

const page = readPage('messages.md');
const examples = labelledJson(page);
const payloads: Readonly<Record<CommandName, z.ZodType>> = {
  authorize: authorizeSchema,
  emergencyStop: emergencyStopSchema,
  pause: controlSchema,
  resume: controlSchema,
  agentAvailability: agentAvailabilitySchema,
  respond: respondSchema,
  setPriority: setPrioritySchema,
  rollback: rollbackSchema,
  amendPlan: amendPlanSchema,
  reassignTask: reassignTaskSchema,
};

/** Fields of a payload that its section does not name, and words that one takes and the section does not. */
function undocumented(schema: z.ZodType, section: string): string[] {
  const fields = fieldsOf(z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' }));
  return [...fields].flatMap(([path, words]) => {
    const names = [path.split('.')[0] ?? '', ...words];
    return names.filter((name) => !section.includes(`\`${name}\``));
  });
}

describe('docs/messages.md', () => {
  test.each(COMMANDS)('the command %s has a section with every field, and an example that is well-formed', (name) => {
    const section = sectionOf(page, `### \`${name}\``);
    expect(undocumented(payloads[name], section)).toEqual([]);
    const example = examples.get(name);
    expect(section).toContain(`\`\`\`json ${name}`);
    expect(checkShape(name, example)).toBeNull();
    expect(payloads[name].parse(example)).toEqual(example);
  });

  test('every kind of change of an amendment is described', () => {
    for (const kind of CHANGE_KINDS) expect(sectionOf(page, '### `amendPlan`')).toMatch(new RegExp(`\\| .*\`${kind}\`.* \\|`));
  });

  test('the signals have their sections; a report of a status has every field', () => {
    expect(undocumented(statusReportSchema, sectionOf(page, `### \`${AGENT_STATUS}\``))).toEqual([]);
    const { reports } = agentStatusSchema.parse(examples.get(AGENT_STATUS));
    expect(reports.map((report) => statusReportSchema.safeParse(report).success)).toEqual([true]);
    expect(undocumented(outsideMessageSchema, sectionOf(page, `### \`${MESSAGE}\``))).toEqual([]);
    expect(outsideMessageSchema.parse(examples.get(MESSAGE))).toMatchObject(examples.get(MESSAGE) as object);
    expect(sectionOf(page, `### \`${SPRINT_PROGRESS}\``)).toContain('progress');
  });

  test('every query has a row, and no other', () => {
    const [table = ''] = sectionOf(page, '## Queries').split('\n### ');
    expect(namesOf(table).toSorted()).toEqual(Object.keys(QUERY_DESCRIPTIONS).toSorted());
  });

  test('every type of failure has a row, and no other', () => {
    expect(namesOf(sectionOf(page, '## Failure types')).toSorted()).toEqual([...FAILURE_TYPES].toSorted());
  });

  test('every search attribute has a row with its type', () => {
    const section = sectionOf(page, '## Workflows, activities and their ids');
    for (const [name, type] of Object.entries(searchAttributeTypes)) expect(section).toContain(`| \`${name}\` | ${type} |`);
  });

  test('every event that the engine logs has a row in the ledger, and no other', () => {
    expect(namesOf(sectionOf(page, '### `ledger.jsonl`')).toSorted()).toEqual(loggedEvents());
  });
});

/** Names of the events in the calls of `decide` in the state machines. */
function loggedEvents(): string[] {
  const folders = ['sprint', 'execution'].map((name) => fileURLToPath(new URL(`../../src/domain/${name}`, import.meta.url)));
  const sources = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(`${parentPath}/${name}`, 'utf8')),
  );
  const events = sources.flatMap((source) =>
    [...source.matchAll(/\bdecide\(\s*turn,\s*'(\w+)'/g)].map(([, event]) => event ?? ''),
  );
  return [...new Set(events)].toSorted();
}
