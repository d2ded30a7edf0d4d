// node package-contents.mjs TARBALL
// Exit status 0 only when the package holds what its manifest promises and nothing that belongs to development.
import { list } from 'tar';

const files = new Map();
await list({
  file: process.argv[2],
  onReadEntry: (entry) => {
    const chunks = [];
    entry
      .on('data', (chunk) => chunks.push(chunk))
      .on('end', () => files.set(entry.path.replace(/^package\//, ''), Buffer.concat(chunks).toString()));
  },
});

const problems = [];
const expectFile = (path, why) => files.has(path) || problems.push(`${path} is missing: ${why}`);
expectFile('package.json', 'npm needs it');
const manifest = JSON.parse(files.get('package.json') ?? '{}');
const targets = [...Object.values(manifest.bin ?? {}), ...Object.values(manifest.exports?.['.'] ?? {})];
if (targets.length === 0) problems.push('package.json names neither bin nor exports');
for (const target of targets) expectFile(target.replace(/^\.\//, ''), 'package.json points to it');
for (const path of ['README.md', 'LICENSE', 'CHANGELOG.md', 'LICENCES.md']) expectFile(path, 'every release has it');
for (const path of files.keys()) {
  if (/^(src|test|bench)\/|\.lock$|\.test\.|^\.|tsconfig/.test(path)) problems.push(`${path} belongs to development`);
}
if (!files.get('CHANGELOG.md')?.includes(`## ${manifest.version} (`))
  problems.push(`CHANGELOG.md has no section for ${manifest.version}`);

console.log(`${files.size} files in ${manifest.name}@${manifest.version}:\n${[...files.keys()].toSorted().join('\n')}`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
