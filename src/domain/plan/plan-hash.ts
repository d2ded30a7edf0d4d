import { canonicalJson, sha256Hex } from '../canonical-hash.ts';
import type { ResolvedPlan } from '../prepared.ts';
import type { Task } from './plan.ts';

/** Revisions of a plan share the tasks that they do not change, and nobody changes a task in place: each is put into words once. */
const texts = new WeakMap<Task, string>();

/** SHA-256 (hex) over the RFC 8785 JSON of the resolved plan: what an approval names. */
export function planHash({ plan: { sprints, ...plan }, ...resolved }: ResolvedPlan): string {
  const ofSprints = sprints.map(({ tasks, ...sprint }) => toObject({ ...toTexts(sprint), tasks: toList(tasks.map(textOf)) }));
  const ofPlan = toObject({ ...toTexts(plan), sprints: toList(ofSprints) });
  return sha256Hex(toObject({ ...toTexts(resolved), plan: ofPlan }));
}

function textOf(task: Task): string {
  const known = texts.get(task);
  if (known !== undefined) return known;
  const text = canonicalJson(task);
  texts.set(task, text);
  return text;
}

const toTexts = (fields: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, canonicalJson(value)]])),
  );

/** RFC 8785 sorts names by their UTF-16 code units, as `toSorted` does by itself. */
const toObject = (fields: Readonly<Record<string, string>>): string => {
  const members = Object.keys(fields)
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${fields[name]}`);
  return `{${members.join(',')}}`;
};

const toList = (items: readonly string[]): string => `[${items.join(',')}]`;
