import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { expect, test } from 'vitest';
import { dist } from '../support/engine.ts';

/** Modules in the bundle, on their own or joined into another: webpack names each, relative to where it was built. */
const modules = [
  ...readFileSync(dist('workflow-bundle.js'), 'utf8').matchAll(/^(?:\/\*\*\*\/ "|;\/\/ (?:EXTERNAL MODULE: )?)([^"\n]+)/gm),
].map(([, name]) => name ?? '');
const own = modules.flatMap((name) =>
  name.includes('node_modules') ? [] : (/(?:^|\/)(?:dist|\.dist-\d+)\/(.+)$/.exec(name)?.[1] ?? []),
);

test('bundle: it holds the workflows and the domain and nothing else of ours', () => {
  expect(own).toEqual(
    expect.arrayContaining(['workflows/index.js', 'workflows/payload-converter.js', 'domain/sprint/evolve.js']),
  );
  expect(own.filter((name) => !/^(workflows|domain)\//.test(name))).toEqual([]);
});

test('bundle: calls from one module of ours to another go through no getter', () => {
  const code = readFileSync(dist('workflow-bundle.js'), 'utf8');
  expect(code).toMatch(/^function evolve\(/m);
  expect(code).not.toMatch(/_evolve_js__WEBPACK_IMPORTED_MODULE/);
});

test('bundle: it holds no module of Node and none of the SDK outside the sandbox', () => {
  const packages = modules.flatMap((name) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []);
  expect(new Set(packages)).toContain('@temporalio/workflow');
  const forbidden = new Set(['@temporalio/client', '@temporalio/worker', '@temporalio/activity', '@grpc/grpc-js', 'pino']);
  expect(packages.filter((name) => forbidden.has(name))).toEqual([]);
  const builtin = new Set(builtinModules);
  // The SDK puts its own stand-ins in place of `assert`, `url` and the like: files of @temporalio/worker/… would show above.
  expect(modules.filter((name) => name.startsWith('node:') || builtin.has(name))).toEqual([]);
});
