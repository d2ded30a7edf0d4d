// node probe.mjs NAME…: exit 0 only when every named program starts: packages of this repository, or git and npm of PATH.
import { program, run } from './programs.mjs';

const PROGRAMS = {
  git: () => ['git', '--version'],
  npm: () => ['npm', '--version'],
  oxfmt: () => [...program('oxfmt'), '--version'],
  oxlint: () => [...program('oxlint'), '--version'],
  tsc: () => [...program('typescript', 'tsc'), '--version'],
};

for (const name of process.argv.slice(2)) {
  if (!Object.hasOwn(PROGRAMS, name)) throw new Error(`no probe for ${name}; there is ${Object.keys(PROGRAMS).join(', ')}`);
  await run(PROGRAMS[name]());
}
