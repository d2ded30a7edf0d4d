import { formatDuration } from '../duration.ts';
import type { Condition } from './plan.ts';

/** A condition in words, for people who review a plan and for the decision log. */
export function describeCondition(when: Condition): string {
  if ('all' in when) return `(${when.all.map(describeCondition).join(' and ')})`;
  if ('any' in when) return `(${when.any.map(describeCondition).join(' or ')})`;
  if ('task' in when) return `task ${when.task} has ${when.reached}`;
  if ('deliverable' in when) return `deliverable ${when.deliverable} of ${when.of} is there`;
  if ('checkpoint' in when) return `checkpoint ${when.checkpoint} is passed`;
  if ('message' in when)
    return `${when.from ?? 'somebody'} has sent ${when.message === 'announcement' ? 'an' : 'a'} ${when.message}`;
  if ('afterMs' in when) return `${formatDuration(when.afterMs)} have passed`;
  if ('at' in when) return `it is ${when.at}`;
  return `${when.metric} is ${[...limit('above', when.above), ...limit('below', when.below)].join(' or ')}`;
}

const limit = (side: string, value: number | undefined): string[] => (value === undefined ? [] : [`${side} ${value}`]);
