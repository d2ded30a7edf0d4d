import type { Amounts } from '../budget.ts';
import { parseDuration } from '../duration.ts';
import type { Path } from '../source/finding.ts';

/**
 * What a plan names and where, read from raw data without trusting any of it: whatever is not of the expected kind is left out,
 * since the schema reports it. So every rule can run, and all mistakes come at once, even when some fields are broken.
 */
export interface Outline {
  readonly objectives: readonly Mention[];
  readonly resources: readonly (Mention & { readonly capacity: number })[];
  readonly sprints: readonly OutlineSprint[];
  readonly triggers: readonly OutlineTrigger[];
  readonly contingencies: readonly OutlineContingency[];
  /** Levels of all escalations, of plan, sprints and tasks. */
  readonly escalationLevels: readonly { readonly to: readonly Mention[]; readonly via: readonly Mention[] }[];
  /** Channels that these escalations tell while somebody is asked. */
  readonly toldMeanwhile: readonly Mention[];
  /** Who decides conflicts. */
  readonly mediators: readonly Mention[];
  readonly budget: OutlineBudget | null;
}

/** What a budget limits, as far as it can be read; time in ms. */
export interface OutlineBudget {
  readonly at: Path;
  readonly amounts: Partial<Amounts>;
}

/** Ids that a contingency names. */
export interface OutlineContingency {
  readonly at: Path;
  /** Whatever it waits for: at most one of them is there. */
  readonly resource: Mention | null;
  readonly dependency: Mention | null;
  readonly agent: Mention | null;
  readonly sprint: Mention | null;
  readonly task: Mention | null;
  readonly tasks: readonly Mention[];
  readonly useAgents: readonly Mention[];
  readonly useResources: readonly Mention[];
  readonly channels: readonly Mention[];
  /** Where what is held, or skipped, is said to be; null: nothing is. */
  readonly hold: Path | null;
  readonly skip: Path | null;
}

/** An id and where it stands. */
export interface Mention {
  readonly id: string;
  readonly at: Path;
}

export interface OutlineSprint {
  /** Empty when the source gives none that is text. */
  readonly id: string;
  readonly at: Path;
  /** null when not given: the sprint before. */
  readonly dependsOn: readonly Mention[] | null;
  /** null when not given: all of the roster. */
  readonly agents: readonly Mention[] | null;
  readonly tasks: readonly OutlineTask[];
  readonly budget: OutlineBudget | null;
  readonly checkpoints: readonly {
    readonly id: string;
    readonly at: Path;
    readonly after: readonly Mention[];
    readonly agents: readonly Mention[];
  }[];
}

export interface OutlineTask {
  readonly id: string;
  readonly at: Path;
  /** Index of its sprint. */
  readonly sprint: number;
  readonly agent: Mention | null;
  readonly skills: readonly Mention[];
  readonly dependsOn: readonly Mention[];
  readonly deliverables: readonly (Mention & { readonly path: Mention | null })[];
  readonly paths: readonly Mention[];
  readonly resources: readonly Mention[];
  readonly needs: readonly Mention[];
  readonly checks: readonly Mention[];
  /** The check that undoes it. */
  readonly compensation: Mention | null;
  /** Something that is declared of it, its sprint or the plan may put it before people. */
  readonly mayEscalate: boolean;
  readonly budget: OutlineBudget | null;
  readonly input: unknown;
}

export interface OutlineTrigger {
  readonly at: Path;
  readonly agent: Mention | null;
  readonly when: OutlineCondition;
}

export interface ConditionGroup {
  readonly kind: 'all' | 'any';
  readonly parts: readonly OutlineCondition[];
}

export type OutlineCondition =
  | ConditionGroup
  | { readonly kind: 'task'; readonly task: Mention }
  | { readonly kind: 'deliverable'; readonly deliverable: Mention; readonly task: Mention }
  | { readonly kind: 'checkpoint'; readonly checkpoint: Mention }
  | { readonly kind: 'message'; readonly from: Mention | null }
  | { readonly kind: 'other' };

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export function readOutline(data: unknown): Outline {
  const plan = fieldsOf(data);
  const chains = escalationsIn(plan);
  return {
    objectives: named(plan['objectives'], ['objectives']),
    resources: itemsOf(plan['resources']).flatMap((item, index) => {
      const capacity = fieldsOf(item)['capacity'];
      const known = typeof capacity === 'number' ? capacity : 1;
      return named([item], ['resources'], index).map((mention) => ({ ...mention, capacity: known }));
    }),
    sprints: itemsOf(plan['sprints']).map((sprint, index) => readSprint(fieldsOf(sprint), index, mayEscalate(plan))),
    triggers: itemsOf(plan['triggers']).map((trigger, index) => {
      const at = ['triggers', index];
      return {
        at,
        agent: mention(fieldsOf(trigger)['agent'], [...at, 'agent']),
        when: readCondition(fieldsOf(trigger)['when'], [...at, 'when']),
      };
    }),
    contingencies: itemsOf(plan['contingencies']).map((item, index) => readContingency(fieldsOf(item), ['contingencies', index])),
    mediators: mentions(fieldsOf(plan['mediation'])['to'], ['mediation', 'to']),
    budget: readBudget(plan, []),
    escalationLevels: chains.flatMap(readLevels),
    toldMeanwhile: chains.flatMap(({ chain, at }) => readChannels(chain['meanwhile'], [...at, 'meanwhile'])),
  };
}

interface OutlineChain {
  readonly chain: Fields;
  readonly at: Path;
}

/** Of the plan, its sprints and their tasks. */
function escalationsIn(plan: Fields): OutlineChain[] {
  const chainOf = (owner: unknown, ...at: Path): readonly OutlineChain[] => {
    const chain = fieldsOf(owner)['escalation'];
    return isFields(chain) ? [{ chain, at: [...at, 'escalation'] }] : [];
  };
  return [
    ...chainOf(plan),
    ...itemsOf(plan['sprints']).flatMap((sprint, index) => [
      ...chainOf(sprint, 'sprints', index),
      ...itemsOf(fieldsOf(sprint)['tasks']).flatMap((task, place) => chainOf(task, 'sprints', index, 'tasks', place)),
    ]),
  ];
}

/** Tasks that fail are put before people, and so are those that nobody takes over and conflicts. */
const mayEscalate = (owner: Fields): boolean =>
  isFields(owner['escalation']) || isFields(owner['reallocation']) || isFields(owner['mediation']);

function readContingency(contingency: Fields, at: Path): OutlineContingency {
  const when = fieldsOf(contingency['when']);
  const cause = (kind: string): Mention | null => mention(when[kind], [...at, 'when', kind]);
  const actions = itemsOf(contingency['do']).map(fieldsOf);
  const named = (name: string): Mention[] =>
    actions.flatMap((action, place) => mention(action[name], [...at, 'do', place, name]) ?? []);
  const placeOf = (name: string): Path | null => {
    const place = actions.findIndex((action) => action[name] === true);
    return place < 0 ? null : [...at, 'do', place, name];
  };
  return {
    at,
    resource: cause('resource'),
    dependency: cause('dependency'),
    agent: cause('agent'),
    sprint: cause('sprint'),
    task: cause('task'),
    tasks: mentions(contingency['tasks'], [...at, 'tasks']),
    useAgents: named('useAgent'),
    useResources: named('useResource'),
    channels: readChannels(contingency['do'], [...at, 'do']),
    hold: placeOf('hold'),
    skip: placeOf('skip'),
  };
}

/** That actions tell. */
const readChannels = (actions: unknown, at: Path): Mention[] =>
  itemsOf(actions).flatMap((action, place) => mentions(fieldsOf(action)['notify'], [...at, place, 'notify']));

function readLevels({ chain, at }: OutlineChain): Outline['escalationLevels'] {
  return itemsOf(chain['levels']).map((item, index) => {
    const here = [...at, 'levels', index];
    const level = fieldsOf(item);
    return { to: mentions(level['to'], [...here, 'to']), via: mentions(level['via'], [...here, 'via']) };
  });
}

function readSprint(sprint: Fields, index: number, isEscalated: boolean): OutlineSprint {
  const at = ['sprints', index];
  const isAsked = isEscalated || mayEscalate(sprint);
  return {
    id: textOf(sprint['id']),
    at,
    // A list of the wrong kind counts as given: the schema reports it, and no default should add follow-up mistakes.
    dependsOn: sprint['dependsOn'] === undefined ? null : mentions(sprint['dependsOn'], [...at, 'dependsOn']),
    agents: sprint['agents'] === undefined ? null : mentions(sprint['agents'], [...at, 'agents']),
    tasks: itemsOf(sprint['tasks']).map((task, place) => readTask(fieldsOf(task), index, [...at, 'tasks', place], isAsked)),
    budget: readBudget(sprint, at),
    checkpoints: itemsOf(sprint['checkpoints']).map((item, place) => {
      const checkpoint = fieldsOf(item);
      const here = [...at, 'checkpoints', place];
      const after = mentions(checkpoint['after'], [...here, 'after']);
      return { id: textOf(checkpoint['id']), at: here, after, agents: mentions(checkpoint['agents'], [...here, 'agents']) };
    }),
  };
}

function readTask(task: Fields, sprint: number, at: Path, isAsked: boolean): OutlineTask {
  return {
    id: textOf(task['id']),
    at,
    sprint,
    agent: mention(task['agent'], [...at, 'agent']),
    skills: mentions(task['skills'], [...at, 'skills']),
    dependsOn: mentionsOrFields(task['dependsOn'], 'task', [...at, 'dependsOn']),
    deliverables: named(task['deliverables'], [...at, 'deliverables']).map((item) => {
      const path = fieldsOf(itemsOf(task['deliverables'])[Number(item.at.at(-2))])['path'];
      return { ...item, path: mention(path, [...item.at.slice(0, -1), 'path']) };
    }),
    paths: mentions(task['paths'], [...at, 'paths']),
    resources: mentionsOrFields(task['resources'], 'id', [...at, 'resources']),
    needs: mentions(task['needs'], [...at, 'needs']),
    checks: mentions(task['checks'], [...at, 'checks']),
    compensation: mention(fieldsOf(task['compensation'])['check'], [...at, 'compensation', 'check']),
    mayEscalate: isAsked || mayEscalate(task),
    budget: readBudget(task, at),
    input: task['input'],
  };
}

function readBudget(owner: Fields, at: Path): OutlineBudget | null {
  if (!isFields(owner['budget'])) return null;
  const { tokens, cost, time, attempts } = owner['budget'];
  const timeMs = typeof time === 'string' ? parseDuration(time) : null;
  const amounts = {
    ...(typeof tokens === 'number' ? { tokens } : {}),
    ...(typeof cost === 'number' ? { cost } : {}),
    ...(timeMs?.ok ? { time: timeMs.value } : {}),
    ...(typeof attempts === 'number' ? { attempts } : {}),
  };
  return { at: [...at, 'budget'], amounts };
}

function readCondition(value: unknown, at: Path): OutlineCondition {
  const when = fieldsOf(value);
  for (const kind of ['all', 'any'] as const) {
    if (Array.isArray(when[kind]))
      return { kind, parts: when[kind].map((part, index) => readCondition(part, [...at, kind, index])) };
  }
  const deliverable = mention(when['deliverable'], [...at, 'deliverable']);
  const of = mention(when['of'], [...at, 'of']);
  if (deliverable !== null && of !== null) return { kind: 'deliverable', deliverable, task: of };
  const task = mention(when['task'], [...at, 'task']);
  if (task !== null) return { kind: 'task', task };
  const checkpoint = mention(when['checkpoint'], [...at, 'checkpoint']);
  if (checkpoint !== null) return { kind: 'checkpoint', checkpoint };
  return when['message'] === undefined ? { kind: 'other' } : { kind: 'message', from: mention(when['from'], [...at, 'from']) };
}

const mention = (value: unknown, at: Path): Mention | null =>
  typeof value === 'string' && value !== '' ? { id: value, at } : null;

const mentions = (value: unknown, at: Path): Mention[] =>
  itemsOf(value).flatMap((item, index) => mention(item, [...at, index]) ?? []);

/** Items that are an id themselves or hold it in a field. */
const mentionsOrFields = (value: unknown, field: string, at: Path): Mention[] =>
  itemsOf(value).flatMap(
    (item, index) => mention(item, [...at, index]) ?? mention(fieldsOf(item)[field], [...at, index, field]) ?? [],
  );

/** Ids of a list of things that have one. */
const named = (value: unknown, at: Path, from = 0): Mention[] =>
  itemsOf(value).flatMap((item, index) => mention(fieldsOf(item)['id'], [...at, from + index, 'id']) ?? []);
