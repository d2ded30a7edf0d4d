import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig, loadPlan } from '../../../src/config.ts';
import { formatProblems, type Problem } from '../../../src/domain/source/problem.ts';

describe('loading files', () => {
  const base = mkdtempSync(join(tmpdir(), 'pact-config-'));
  afterAll(() => rmSync(base, { recursive: true }));
  const write = (name: string, text: string | Uint8Array): string => {
    writeFileSync(join(base, name), text);
    return join(base, name);
  };
  const said = (result: { ok: boolean; error?: Problem[] }): string => (result.ok ? '' : formatProblems(result.error ?? []));

  test('a folder without a config says what was looked for', () => {
    expect(said(loadConfig(base))).toMatch(
      /no config in .*pact\.config\.yaml or pact\.config\.yml or pact\.config\.json; "pact init"/s,
    );
  });

  test('programs are made absolute from the folder of the config, arguments that are folders are not', () => {
    mkdirSync(join(base, 'agents/test'), { recursive: true });
    write('agents/a.mjs', '');
    write(
      'pact.config.json',
      JSON.stringify({
        agents: [{ id: 'a', adapter: { kind: 'command', run: ['node', 'agents/a.mjs', 'agents/test', 'x'.repeat(5_000)] } }],
      }),
    );
    const config = loadConfig(base);
    expect(config.ok && config.value.baseDir).toBe(base);
    expect(config.ok && config.value.artifacts.dir).toBe(join(base, '.pact/artifacts'));
    expect(config.ok && config.value.agents[0]?.adapter).toMatchObject({
      run: ['node', join(base, 'agents/a.mjs'), 'agents/test', 'x'.repeat(5_000)],
    });
  });

  test('mistakes carry file, line and column', () => {
    const path = write('bad.yaml', 'agents:\n  - id: a\n    adapter: { kind: human }\nkillGrace: soon\n');
    expect(said(loadConfig(path))).toMatch(new RegExp(`^${path}:4:12: killGrace: expected a duration`));
    expect(said(loadConfig(write('worse.yaml', 'a: [')))).toMatch(/worse\.yaml:\d+:\d+: not valid YAML/);
    expect(said(loadPlan(write('plan.yaml', 'pact: 1\n')))).toMatch(/plan\.yaml:1:1: project: "project" is missing/);
  });

  test('files that cannot be read say why', () => {
    expect(said(loadPlan(join(base, 'none.yaml')))).toMatch(/cannot read .*none\.yaml: ENOENT/);
    expect(said(loadConfig(join(base, 'none.yaml')))).toMatch(/cannot read .*none\.yaml: ENOENT/);
    expect(said(loadPlan(base))).toMatch(/EISDIR/);
    expect(said(loadPlan(write('latin.yaml', new Uint8Array([0x61, 0x3a, 0x20, 0xe4]))))).toMatch(/UTF-8/);
  });

  test('a plan comes with its data as written', () => {
    const path = write('good.yaml', 'pact: 1\nproject: { name: x }\nsprints: [{ id: s, tasks: [{ id: t }] }]\n');
    const plan = loadPlan(path);
    expect(plan.ok && plan.value.data).toEqual({ pact: 1, project: { name: 'x' }, sprints: [{ id: 's', tasks: [{ id: 't' }] }] });
    expect(plan.ok && plan.value.source.file).toBe(path);
  });
});
