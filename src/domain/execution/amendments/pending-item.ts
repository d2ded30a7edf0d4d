import { answerersOf } from '../../answerers.ts';
import { clip } from '../../clip.ts';
import { toIso } from '../../iso-time.ts';
import { escapeMarkdown } from '../../markdown.ts';
import { reviewDocument } from '../../plan/review-document.ts';
import type { Prepared } from '../../prepared.ts';
import type { InboxItem } from '../../views.ts';
import type { ExecutionState } from '../state.ts';
import { mergeReadiness } from './additions.ts';
import type { PendingRevision, Revision } from './revision.ts';

const MAX_TITLE = 300;
const MAX_LINES = 300;

/** What waits on a person while a revision waits for its authorization. */
export function toPendingItem({ authorization, prepared }: ExecutionState, pending: PendingRevision): InboxItem {
  const { revision, since, expiresAtMs } = pending;
  return {
    itemId: 'authorization',
    kind: 'authorization',
    title: clip(`Authorize revision ${revision.revision} of ${(prepared as Prepared).resolved.plan.project.name}`, MAX_TITLE),
    question: clip(
      `${revision.voids.join('; ')}. Review it (query authorization) and answer with the message authorize and the hash ${revision.planHash}`,
      2_000,
    ),
    options: ['authorize'],
    people: answerersOf(authorization.policy),
    since,
    deadline: toIso(expiresAtMs),
    otherwise: 'the amendment is dropped, the plan stays as it is',
    sprint: null,
    task: null,
  };
}

/** What a person reviews: what has changed and why that needs them, then the whole amended plan. */
export function toPendingReview({ executionId, prepared }: ExecutionState, revision: Revision): string {
  const { differences, voids, by, reason } = revision;
  const lines = differences.slice(0, MAX_LINES).map(({ text }) => `- ${escapeMarkdown(text)}`);
  return [
    `# Revision ${revision.revision}, by ${escapeMarkdown(by)}${reason === null ? '' : `: ${escapeMarkdown(reason)}`}`,
    'What it does not touch goes on meanwhile.',
    '## Why it needs an authorization',
    voids.map((text) => `- ${escapeMarkdown(text)}`).join('\n'),
    '## What changes',
    [...lines, ...(differences.length > lines.length ? [`- and ${differences.length - lines.length} more`] : [])].join('\n'),
    reviewDocument(
      revision.resolved,
      revision.planHash,
      mergeReadiness((prepared as Prepared).readiness, revision.readiness),
      executionId,
    ),
  ].join('\n\n');
}

/** Whether the sprint is one that must not begin before a revision is decided on. */
export const awaitsAmendment = ({ amendments }: ExecutionState, sprintId: string): boolean =>
  amendments?.pending?.revision.touchedSprints.includes(sprintId) ?? false;
