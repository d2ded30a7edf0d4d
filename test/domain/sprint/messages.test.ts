import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { toIso } from '../../../src/domain/iso-time.ts';
import { isBoundedJson } from '../../../src/domain/bounded-json.ts';
import { clip } from '../../../src/domain/clip.ts';
import {
  agentStatusSchema,
  COMMANDS,
  emergencyStopSchema,
  pageSchema,
  statusReportSchema,
} from '../../../src/domain/messages.ts';
import { ownValue } from '../../../src/domain/own-value.ts';
import { parseMessage } from '../../../src/domain/parse-message.ts';
import { assertNever, err, ok } from '../../../src/domain/result.ts';
import { toSprintEvent } from '../../../src/domain/sprint/commands.ts';
import { agent, START, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

const started = (tasks = [task('a')]) => {
  const sprint = runSprint({ tasks, agents: [agent('al')] });
  sprint.start();
  return sprint;
};

/** Arrays in arrays, far deeper than a recursive reader could go. */
function nest(levels: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

describe('messages to a sprint', () => {
  it('nothing that anyone may send throws: it is taken or refused with a reason', () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    const known = fc.dictionary(
      fc.constantFrom(
        'by',
        'reason',
        'mode',
        'agent_id',
        'available',
        'capacity',
        'until',
        'taskId',
        'priority',
        'itemId',
        'decision',
        'note',
        'data',
      ),
      fc.oneof(
        value,
        fc.constantFrom('ann', 'al', 'a', 'urgent', 'halt', true, '2026-12-01T10:00:00Z', 'a#1', '__proto__', 'constructor'),
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...COMMANDS), fc.oneof(value, known)), { maxLength: 12 }), (messages) => {
        const sprint = started();
        for (const [name, body] of messages) expect(sprint.send(name, body)).toMatch(/^(accepted|[A-Z][A-Za-z]+: .+)/s);
      }),
      { numRuns: 500 },
    );
  });

  it.each([undefined, null, 7, 'stop', [], [1], {}, { by: 7, reason: [], mode: 'gently' }, { by: ' ' }, nest(100_000)])(
    'an emergency stop stops, whatever its payload is (%#)',
    (body) => {
      const sprint = started();
      expect(sprint.send('emergencyStop', body)).toBe('accepted');
      expect(sprint.state).toMatchObject({ phase: 'stopping', reason: 'stopped by unknown: no reason given' });
      expect(sprint.cancelled()).toEqual(['a#1']);
    },
  );

  it.each<[(typeof COMMANDS)[number], unknown, string]>([
    ['authorize', { by: 'ann' }, 'AlreadyDecided: this sprint has been authorized and is under way'],
    ['pause', {}, 'InvalidMessage: by: Invalid input: expected string, received undefined'],
    ['pause', { by: '  ' }, 'InvalidMessage: by: expected a name'],
    ['pause', 'now', 'InvalidMessage: body: Invalid input: expected object, received string'],
    ['agentAvailability', { agent_id: 'zed', available: true }, 'UnknownAgent: "zed" is not in this sprint; it has al'],
    [
      'setPriority',
      { by: 'ann', taskId: 'toString', priority: 'low' },
      'UnknownTask: "toString" is not in this sprint; it has a',
    ],
  ])('%s %j is refused: %s', (name, body, refusal) => {
    expect(started().send(name, body)).toBe(refusal);
  });

  it('a refusal names at most twenty of many tasks', () => {
    const sprint = started(Array.from({ length: 30 }, (_, number) => task(`t${number}`)));
    expect(sprint.send('setPriority', { by: 'ann', taskId: 'x', priority: 'low' })).toMatch(/t18, t19, …$/);
  });

  it('after the end every command is refused', () => {
    const sprint = started();
    sprint.finish('a');
    for (const name of COMMANDS)
      expect(sprint.send(name, { by: 'ann' })).toBe(
        `NotAllowedInPhase: ${name} is not possible while completed: the sprint has ended`,
      );
  });

  it('a refused message is logged with who sent it; its body goes to the ledger only', () => {
    const sprint = started();
    const refusal = { type: 'InvalidMessage', message: 'by: expected a name' } as const;
    const body = { excerpt: '{}', sha256: '0', characters: 2 };
    sprint.happen({ type: 'messageRefused', name: 'pause', by: null, refusal, body });
    sprint.finish('a');
    sprint.happen({ type: 'messageRefused', name: 'pause', by: 'ann', refusal, body });
    expect(sprint.textsOf('messageRefused')).toEqual([
      'pause of somebody was refused: InvalidMessage: by: expected a name',
      'pause of ann was refused: InvalidMessage: by: expected a name',
    ]);
    expect(sprint.effects().findLast((effect) => effect.type === 'journal')).toMatchObject({ data: { body } });
    expect(sprint.state.decisions.at(-1)?.data).toEqual({ name: 'pause', by: 'ann', type: 'InvalidMessage' });
  });

  it('an accepted message becomes an event at the time it came', () => {
    const { sprint } = started();
    expect(toSprintEvent(sprint, 'pause', { by: ' ann ', extra: 1 }, START + 5)).toEqual(
      ok({ type: 'paused', at: START + 5, by: 'ann' }),
    );
  });
});

describe('bodies of messages', () => {
  it('at most five faults are named, each with its place', () => {
    const schema = z.object({ list: z.array(z.number()) });
    const parsed = parseMessage(schema, { list: ['a', 'b', 'c', 'd', 'e', 'f'] });
    expect(parsed.ok ? '' : parsed.error.message.split('; ')).toHaveLength(5);
    expect(parsed.ok ? '' : parsed.error.message).toMatch(/^list\.0: /);
    expect(parseMessage(schema, { list: [1] })).toEqual(ok({ list: [1] }));
  });

  it('an emergency stop has a default for everything', () => {
    expect(emergencyStopSchema.parse({ mode: 'drain', by: 'ann' })).toEqual({
      by: 'ann',
      reason: 'no reason given',
      mode: 'drain',
    });
  });

  it('a page is what was asked for, within bounds, or the first', () => {
    expect(pageSchema.parse({ offset: -1, limit: 1_000 })).toEqual({ offset: 0, limit: 100 });
    expect(pageSchema.parse({ offset: 5, limit: 7 })).toEqual({ offset: 5, limit: 7 });
  });

  it('one bad report does not spoil its batch, and an impossible progress counts as none', () => {
    expect(agentStatusSchema.safeParse({ reports: [7, null] }).success).toBe(true);
    expect(statusReportSchema.safeParse(7).success).toBe(false);
    expect(statusReportSchema.parse({ agent_id: 'al', status: 'working', progress_percentage: 400 })).toMatchObject({
      progress_percentage: 0,
    });
  });

  it.each([
    { what: 'nothing', value: null, fits: true },
    { what: 'a small object', value: { a: [1, true, 'x', null] }, fits: true },
    { what: '32 levels', value: nest(31), fits: true },
    { what: '33 levels', value: nest(32), fits: false },
    { what: '100,000 levels', value: nest(100_000), fits: false },
    { what: '1,001 values', value: Array.from({ length: 1_000 }, () => 0), fits: false },
    { what: 'very many values', value: Array.from({ length: 5_000 }, () => 0), fits: false },
    {
      what: 'a list of lists that adds up',
      value: Array.from({ length: 40 }, () => Array.from({ length: 40 }, () => 0)),
      fits: false,
    },
    { what: 'a long text', value: 'x'.repeat(16_385), fits: false },
    { what: 'a long key', value: { ['x'.repeat(16_385)]: 1 }, fits: false },
    { what: 'a number that JSON does not have', value: Number.NaN, fits: false },
    { what: 'a function', value: () => 1, fits: false },
    { what: 'nothing at all', value: [undefined], fits: false },
  ])('data of an answer: $what, fits: $fits', ({ value, fits }) => {
    expect(isBoundedJson(value)).toBe(fits);
  });

  it('an answer with too much data is refused, without exhausting the stack', () => {
    const answer = { by: 'ann', itemId: 'a#1', decision: 'yes', data: nest(100_000) };
    expect(started().send('respond', answer)).toBe(
      'InvalidMessage: data: expected JSON of at most 1000 values, 16384 characters and 32 levels',
    );
  });
});

describe('small things that the rest relies on', () => {
  it('a result is a value or an error', () => {
    expect([ok(1), err('no')]).toEqual([
      { ok: true, value: 1 },
      { ok: false, error: 'no' },
    ]);
  });

  it('an unhandled case is named', () => {
    expect(() => assertNever('odd' as never)).toThrow('Unhandled case: "odd"');
  });

  it('a text is cut at its length, marked, and never within a character', () => {
    expect([clip('abc', 3), clip('abcd', 3), clip('a😀b', 3)]).toEqual(['abc', 'ab…', 'a…']);
  });

  it('a time as text is what the calendar says, for any time, and none for what is none', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -62_135_596_800_000, max: 8_640_000_000_000_000 }),
        (ms) => toIso(ms) === new Date(ms).toISOString(),
      ),
    );
    expect(() => toIso(Number.NaN)).toThrow(RangeError);
  });

  it('a record answers with its own values only', () => {
    expect([ownValue({ a: 1 }, 'a'), ownValue({ a: 1 }, 'constructor')]).toEqual([1, undefined]);
  });
});
