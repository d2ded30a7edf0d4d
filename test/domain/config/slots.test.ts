import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/domain/config/config-reader.ts';
import { dataSource } from '../../../src/domain/source/source.ts';

const agents = [{ id: 'ann', adapter: { kind: 'human' } }];
const folder = { baseDir: '/base', absolute: (path: string) => path, fileAt: () => null };
const parse = (slots: object) => {
  const parsed = parseConfig(dataSource({ agents, slots }), folder);
  return parsed.ok ? parsed.value.slots : parsed.error.map(({ path, message }) => [path, message]);
};

test('slots: a fixed number, or as many as the machine has room for', () => {
  expect(parse({ maximum: 7 })).toEqual({ minimum: 1, maximum: 7, memory: null, cpu: null });
  expect(parse({ minimum: 4, memory: '80%', cpu: '100%' })).toEqual({ minimum: 4, maximum: 1_000, memory: 0.8, cpu: 1 });
});

test('slots: what cannot be meant is refused', () => {
  expect(parse({ minimum: 9, maximum: 8, memory: '80%' })).toEqual([['slots.minimum', 'the minimum is above the maximum']]);
  expect(parse({ minimum: 2 })).toEqual([['slots.minimum', 'a minimum without memory or cpu changes nothing']]);
  expect(parse({ cpu: '0%' })).toMatchObject([['slots.cpu', expect.stringContaining('a percentage from "1%" to "100%"')]]);
});
