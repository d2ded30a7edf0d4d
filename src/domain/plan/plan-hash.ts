import { canonicalJson, sha256Hex } from '../canonical-hash.ts';
import type { ResolvedPlan } from '../prepared.ts';
import { oncePerTask } from './once-per-task.ts';

const textOf = oncePerTask(canonicalJson);

/** SHA-256 (hex) over the RFC 8785 JSON of the resolved plan: what an approval names. */
export function planHash({ plan: { sprints, ...plan }, ...resolved }: ResolvedPlan): string {
  const ofSprints = sprints.map(({ tasks, ...sprint }) => toObject({ ...toTexts(sprint), tasks: toList(tasks.map(textOf)) }));
  const ofPlan = toObject({ ...toTexts(plan), sprints: toList(ofSprints) });
  return sha256Hex(toObject({ ...toTexts(resolved), plan: ofPlan }));
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
