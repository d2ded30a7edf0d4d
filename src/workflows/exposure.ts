import { upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Phase } from '../domain/views.ts';

const PHASE = defineSearchAttributeKey('PactPhase', 'KEYWORD');
const SPRINT = defineSearchAttributeKey('PactSprint', 'KEYWORD');
const PROJECT = defineSearchAttributeKey('PactProject', 'KEYWORD');
const NEEDS_PERSON = defineSearchAttributeKey('PactNeedsPerson', 'BOOL');

export interface Exposed {
  readonly phase: Phase;
  readonly needsPerson: boolean;
  readonly project: string | null;
  readonly sprint: string | null;
  readonly planHash: string | null;
}

/**
 * Keeps the search attributes and the memo as they should be: the UI's list is a dashboard, and a client without a worker still learns
 * the phase. Only changes cost an event. Search attributes are left alone on a server that does not know them.
 */
export function createExposure(): (now: Exposed, hasSearchAttributes: boolean) => void {
  let last = '';
  return (now, hasSearchAttributes) => {
    const text = JSON.stringify(now);
    if (text === last) return;
    last = text;
    const { phase, needsPerson, project, sprint, planHash } = now;
    upsertMemo({ pact: { phase, needsPerson, project, sprint, planHash } });
    if (!hasSearchAttributes) return;
    upsertSearchAttributes([
      { key: PHASE, value: phase },
      { key: NEEDS_PERSON, value: needsPerson },
      { key: PROJECT, value: project },
      { key: SPRINT, value: sprint },
    ]);
  };
}
