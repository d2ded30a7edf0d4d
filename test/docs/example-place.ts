import { parse } from 'yaml';
import type { FieldRow } from './doc-page.ts';

type Fields = Readonly<Record<string, unknown>>;

const sprint: Fields = { id: 'core', tasks: [{ id: 'lexer', agent: 'builder' }] };
export const leastPlan: Fields = { pact: 1, project: { name: 'Parser' }, sprints: [sprint] };
const chain: Fields = { levels: [{ to: ['ann'], within: '10m' }], otherwise: 'stop' };
const agent: Fields = { id: 'builder', adapter: { kind: 'human' } };
export const leastConfig: Fields = { agents: [agent] };

/** A whole file of one part, by the section that describes it. */
const files: Readonly<Record<string, (example: object) => Fields>> = {
  project: (example) => ({ ...leastPlan, project: example }),
  'sprints[]': (example) => ({ ...leastPlan, sprints: [example] }),
  'sprints[].tasks[]': (example) => ({ ...leastPlan, sprints: [{ ...sprint, tasks: [example] }] }),
  escalation: (escalation) => ({ ...leastPlan, escalation }),
  mediation: (mediation) => ({ ...leastPlan, mediation }),
  reallocation: (reallocation) => ({ ...leastPlan, reallocation }),
  'contingencies[]': (contingency) => ({ ...leastPlan, escalation: chain, contingencies: [contingency] }),
  'triggers[].when': (when) => ({ ...leastPlan, triggers: [{ agent: 'builder', when }] }),
  'agents[]': (example) => ({ agents: [example] }),
  'agents[].adapter': (adapter) => ({ agents: [{ ...agent, adapter }] }),
  'channels[]': (channel) => ({ ...leastConfig, channels: [channel] }),
};
const least: Readonly<Record<string, Fields>> = {
  project: { name: 'Parser' },
  escalation: chain,
  'sprints[]': sprint,
  'sprints[].tasks[]': { id: 'lexer', agent: 'builder' },
  'agents[]': agent,
  'contingencies[]': { when: { resource: 'bench-machine' }, do: [{ pause: true }] },
};

/** The row's example as a whole file. One in braces stands for the whole part, any other is merged into the least that is valid there. */
export function placeExample({ section, example: text }: FieldRow, whole: Fields): Fields {
  const example = parse(text) as object;
  if (section === '') return { ...whole, ...example };
  const toFile = files[section];
  if (toFile === undefined) throw new Error(`expected one of the sections ${Object.keys(files).join(', ')}; got ${section}`);
  return toFile(text.startsWith('{') ? example : { ...least[section], ...example });
}
