// Reports the licence of the library, of what it needs at run time and of all that its build installs, as installed here.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { AgentError, perform } from './agent.mjs';
import { cloneLibrary } from './library.mjs';
import { manifestOf, packageFolder } from './programs.mjs';

/** Everything that `names` install, by id `name@version`; optional packages of other platforms are not here and left out. */
function installedClosure(names, from, found = new Map()) {
  for (const { name, optional } of names) {
    const folder = packageFolder(name, from);
    if (folder === null && optional) continue;
    if (folder === null) throw new AgentError(`the package ${name} is not installed: run npm ci in the repository`);
    const { version, license, dependencies, optionalDependencies } = manifestOf(folder);
    const id = `${name}@${version}`;
    if (found.has(id)) continue;
    const hasText = readdirSync(folder).some((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    found.set(id, { id, license: typeof license === 'string' ? license : 'UNKNOWN', hasText });
    installedClosure(toNames(dependencies, optionalDependencies), folder, found);
  }
  return found;
}

/** npm lists an optional dependency under `dependencies` as well; the optional one counts. */
function toNames(dependencies = {}, optional = {}) {
  const required = Object.keys(dependencies).filter((name) => !Object.hasOwn(optional, name));
  return [
    ...required.map((name) => ({ name, optional: false })),
    ...Object.keys(optional).map((name) => ({ name, optional: true })),
  ];
}

const byId = (a, b) => (a.id < b.id ? -1 : 1);

function toTable(title, packages) {
  const rows = packages.map((each) => `| ${each.id} | ${each.license} | ${each.hasText ? 'yes' : 'no'} |`);
  const body = rows.length === 0 ? ['None.'] : ['| package | licence | text included |', '|---|---|---|', ...rows];
  return [`## ${title}`, '', ...body, ''].join('\n');
}

async function licences(job) {
  const step = job.steps(3);
  step('clone the library');
  const folder = await cloneLibrary(job);
  const manifest = manifestOf(folder);
  step('read the licences of what is installed');
  if (!existsSync(`${folder}/LICENSE`)) throw new AgentError('the library has no LICENSE file');
  const runtime = [...installedClosure(toNames(manifest.dependencies, manifest.optionalDependencies)).values()].toSorted(byId);
  const build = [...installedClosure(toNames(manifest.devDependencies)).values()].toSorted(byId);
  step('hold them against the policy');
  const own = { id: manifest.name, license: manifest.license };
  const refused = [own, ...runtime, ...build].filter((each) => !job.input.allowed.includes(each.license));
  if (refused.length > 0) {
    const list = refused.map((each) => `${each.id} (${each.license})`).join(', ');
    throw new AgentError(`not among the allowed licences ${job.input.allowed.join(', ')}: ${list}`);
  }
  const head = `# Licences\n\n${manifest.name} is published under ${manifest.license}.\n\n`;
  writeFileSync(
    job.delivers('licence-report'),
    head + [toTable('Needed at run time', runtime), toTable('Used to build', build)].join('\n'),
  );
  return `${runtime.length} packages at run time, ${build.length} to build, all under allowed licences`;
}

await perform({ licences });
