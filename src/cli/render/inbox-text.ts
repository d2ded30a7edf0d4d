import type { InboxItem } from '../../domain/views.ts';
import type { View } from './view.ts';
import { relativeTime } from './time-text.ts';

/** Everything that waits on a person: what is asked, who may answer, until when, and what silence means. */
export function inboxLines(items: readonly InboxItem[], view: Pick<View, 'paint' | 'now'>): readonly string[] {
  return items.flatMap((item) => itemLines(item, view));
}

export function itemLines(item: InboxItem, view: Pick<View, 'paint' | 'now'>): readonly string[] {
  const { paint, now } = view;
  const details = [
    ...(item.question === '' || item.question === item.title ? [] : item.question.split('\n')),
    `for ${peopleText(item.people)}; ${item.options.length === 0 ? 'a free answer' : `answers: ${item.options.join(', ')}`}`,
    ...dataLines(item),
    ...(item.measures ?? []).map((measure) => `measure: ${measure}`),
    paint.dim(
      `asked ${relativeTime(item.since, now)}, due ${relativeTime(item.deadline, now)}; without an answer: ${item.otherwise}`,
    ),
  ];
  return [`${paint.bold(item.itemId)}  ${item.title}`, ...details.map((line) => `  ${line}`)];
}

/** What decisions need as `--data`, by example. */
function dataLines({ takes = {} }: InboxItem): readonly string[] {
  const amounts: Readonly<Record<string, unknown>> = { time: '30m', attempts: 1, tokens: 50_000, cost: 2.5 };
  const values: Readonly<Record<string, unknown>> = {
    description: '…',
    input: {},
    estimate: '1h',
    priority: 'high',
    stallAfter: '10m',
  };
  const example = (names: readonly string[], of: Readonly<Record<string, unknown>>): string =>
    JSON.stringify(Object.fromEntries(names.map((name) => [name, of[name]])));
  const { reassign, extend, change, topUp } = takes;
  const lines = [
    ...(reassign ? [`reassign --data '{"agent":"${reassign.join('" or "')}"}'`] : []),
    ...(extend ? [`extend --data '${example(extend, amounts)}'`] : []),
    ...(topUp ? [`topUp --data '${example(topUp, amounts)}'`] : []),
    ...(change ? [`change --data '${example(change, values)}'`] : []),
  ];
  return lines.length === 0 ? [] : [`with data, some of it: ${lines.join('; ')}`];
}

export const peopleText = (people: InboxItem['people']): string =>
  typeof people === 'string' ? 'anyone' : people.length === 0 ? 'nobody' : people.join(', ');

/** May this person answer the item? */
export const isAllowed = (item: InboxItem, name: string): boolean =>
  typeof item.people === 'string' || item.people.includes(name);

/** Words with which a person agrees, compared without case and punctuation. */
const POSITIVE =
  /^(approved?|accept(ed)?|agreed?|allow(ed)?|confirm(ed)?|continue|done|finished|completed?|ok(ay)?|pass(ed)?|publish|release|ship( it)?|sign(ed)?( ?off)?|yes|go)\b/i;

/** The first option that agrees; null when there is none, so that nothing is agreed to by accident. */
export const firstPositiveOption = (options: readonly string[]): string | null =>
  options.find((option) => POSITIVE.test(option.trim().replaceAll(/[_-]/g, ' '))) ?? null;
