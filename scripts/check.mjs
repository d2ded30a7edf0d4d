// Every check but the tests themselves: format, lint with the walls between folders, types, dead code, complete coverage of the domain.
// Runs all of them, then says which failed; exit status 1 if any did. With names as arguments it runs those only.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Branches below 100: some are reached by random plans only, so that a seed may leave one out. */
const thresholds = { lines: 100, functions: 100, statements: 100, branches: 98.5 };
const coverage = [
  '--coverage',
  '--coverage.include=src/domain/**/*.ts',
  ...Object.entries(thresholds).map(([kind, percent]) => `--coverage.thresholds.${kind}=${percent}`),
];
const checks = {
  format: ['npx', 'oxfmt', '--check'],
  lint: ['npx', 'oxlint', '--deny-warnings'],
  build: ['node', 'scripts/build.mjs'],
  types: ['npx', 'tsc', '--noEmit'],
  'dead code': ['npx', 'knip'],
  'coverage of src/domain': ['npx', 'vitest', 'run', '--config', 'vitest.domain.config.ts', ...coverage],
};

const wanted = process.argv.slice(2);
const results = Object.entries(checks)
  .filter(([name]) => wanted.length === 0 || wanted.includes(name))
  .map(([name, [program, ...args]]) => {
    process.stdout.write(`\n=== ${name}\n`);
    const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
    return { name, ok: status === 0 };
  });
process.stdout.write(`\n${results.map(({ name, ok }) => `${ok ? 'ok    ' : 'FAILED'} ${name}`).join('\n')}\n`);
const failed = results.filter(({ ok }) => !ok).length;
process.stdout.write(`checks: ${results.length - failed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
