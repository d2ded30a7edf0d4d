import { expect, test } from 'vitest';
import { acknowledge, alertOf, checkAcknowledgement, raiseAlert } from '../../src/domain/alerts.ts';
import type { AlertView } from '../../src/domain/views.ts';

const slip = { id: 'slip/a', kind: 'timeline', text: 'late', since: '2026-12-01T09:00:00.000Z' } as const;
const answer = { by: 'ann', itemId: 'alert/slip/a', decision: 'acknowledge' };

test('alerts: one that is open already counts, with its newest words; the oldest of too many goes', () => {
  const once = raiseAlert([], slip);
  expect(once).toEqual([slip]);
  const twice = raiseAlert(once, { ...slip, text: 'later', since: 'now' });
  expect(twice).toEqual([{ ...slip, text: 'later', count: 2 }]);
  expect(raiseAlert(twice, slip)[0]?.count).toBe(3);
  const many = Array.from({ length: 120 }).reduce<AlertView[]>((all, _, n) => raiseAlert(all, { ...slip, id: `${n}` }), once);
  expect(many).toHaveLength(100);
  expect(many[0]?.id).toBe('20');
});

test('alerts: whoever may answer for the plan acknowledges one that is open, and the first stays named', () => {
  expect(alertOf(answer)).toBe('slip/a');
  expect(alertOf({ itemId: 'a#1' })).toBeNull();
  expect(checkAcknowledgement([slip], 'anyone', answer, 'slip/a').ok).toBe(true);
  expect(checkAcknowledgement([slip], ['ann'], answer, 'slip/a').ok).toBe(true);
  const refusals = [
    checkAcknowledgement([slip], ['bo'], answer, 'slip/a'),
    checkAcknowledgement([slip], 'anyone', { ...answer, decision: 'ignore' }, 'slip/a'),
    checkAcknowledgement([slip], 'anyone', answer, 'slip/b'),
    checkAcknowledgement([], 'anyone', answer, 'slip/a'),
  ];
  expect(refusals.map((refused) => (refused.ok ? null : refused.error.type))).toEqual([
    'NotAnApprover',
    'InvalidMessage',
    'UnknownItem',
    'UnknownItem',
  ]);
  const seen = acknowledge([slip, { ...slip, id: 'other' }], 'slip/a', 'ann', 'then');
  expect(seen.map(({ acknowledged }) => acknowledged)).toEqual([{ by: 'ann', at: 'then' }, undefined]);
  expect(acknowledge(seen, 'slip/a', 'bo', 'later')[0]?.acknowledged?.by).toBe('ann');
});
